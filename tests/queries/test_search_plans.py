"""Everything the one search box asks goes by an index: as quick at a million studies as at one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.models import Study
from archive.queries import search
from archive.values import uuid7
from tests import builders

pytestmark = pytest.mark.django_db

TYPED = (
    "R-1",
    "1.2.246.10.77",
    "E-1042",
    "A900",
    "ESIM_PACS",
    "MSG-77",
    "hyvinvointialue",
    "begins with no known study code",
    str(uuid7()),
)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def whole_tables(sql: str) -> list[str]:
    """Tables that are read from end to end though the planner would rather not."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        plan = cursor.fetchone()[0]
    found = json.loads(plan) if isinstance(plan, str) else plan
    return [
        node["Relation Name"] for node in nodes(found[0]["Plan"]) if node["Node Type"] == "Seq Scan"
    ]


@pytest.mark.parametrize("text", TYPED[:-1])
def test_no_table_is_read_whole(text: str) -> None:
    builders.event(builders.case())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as asked:
        search.find(text, "production", Study.objects.all(), ["study-code-unknown"])
    assert len(asked) > 4
    for query in asked:
        assert whole_tables(query["sql"]) == [], query["sql"]


def test_a_reference_of_ours_is_found_by_an_index_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as asked:
        search.find(TYPED[-1], "production", Study.objects.all())
    assert asked
    for query in asked:
        assert whole_tables(query["sql"]) == [], query["sql"]


def test_the_answer_takes_as_many_queries_however_much_there_is() -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            search.find("known study code", "production", Study.objects.all())
        return len(asked)

    builders.event(builders.case())
    before = count()
    for _ in range(5):
        builders.event(builders.case())
    assert count() == before <= 14
