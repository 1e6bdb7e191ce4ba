"""Each index is written at each row: none is there twice."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

TWICE = """
SELECT one.indexrelid::regclass::text, other.indexrelid::regclass::text
FROM pg_index one JOIN pg_index other USING (indrelid, indkey, indclass, indoption, indcollation)
WHERE one.indexrelid > other.indexrelid AND NOT one.indisunique AND NOT other.indisunique
    AND pg_get_expr(one.indpred, indrelid) IS NOT DISTINCT FROM pg_get_expr(other.indpred, indrelid)
    AND pg_get_expr(one.indexprs, indrelid) IS NOT DISTINCT FROM
        pg_get_expr(other.indexprs, indrelid)
"""


def test_no_index_is_there_twice() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TWICE)
        assert cursor.fetchall() == []
