"""Each index is written at each row: none is there twice."""

import pytest
from django.apps import apps
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


BEGINS_AS_ANOTHER = """
SELECT one.indexrelid::regclass::text, other.indexrelid::regclass::text
FROM pg_index one JOIN pg_index other USING (indrelid)
WHERE indrelid = ANY(%s::regclass[]) AND one.indnkeyatts < other.indnkeyatts
    AND NOT one.indisunique AND one.indpred IS NULL AND other.indpred IS NULL
    AND one.indexprs IS NULL
    AND starts_with(other.indkey::text, one.indkey::text || ' ')
    AND starts_with(other.indclass::text, one.indclass::text || ' ')
"""


def test_no_index_is_the_beginning_of_another() -> None:
    """As that of a key to another table is, where a longer one begins with the key."""
    ours = [
        each._meta.db_table
        for label in ("archive", "onboarding")
        for each in apps.get_app_config(label).get_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute(BEGINS_AS_ANOTHER, [ours])
        assert cursor.fetchall() == []
