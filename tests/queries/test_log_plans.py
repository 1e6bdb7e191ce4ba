"""Every search of the logs goes through an index, whatever they have grown to (LG-5)."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from archive.queries import disclosures, review_facts, use_log
from archive.queries.disclosures import Filters
from archive.services import health_counts
from archive.values import now
from tests import logs

MANY = 20_000
ANY = UUID("cfcd2084-95d5-65ef-66e7-dff9f98764da")  # md5 of 0: a person, and an organisation
HOUR_AGO = now() - timedelta(hours=1)


def scans(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Scan" in plan["Node Type"]:
        yield plan
    for part in plan.get("Plans", ()):
        yield from scans(part)


def read_by(rows: Any) -> set[tuple[str, str]]:
    return indexes_of(json.loads(rows.explain(format="json"))[0]["Plan"])


def indexes_of(plan: dict[str, Any]) -> set[tuple[str, str]]:
    """Kind of scan and index of the parts that hold anything."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > 0"
            " AND relname LIKE 'archive_ledgerevent%%'"
        )
        filled = {row[0] for row in cursor.fetchall()}
    indexes = []
    for scan in scans(plan):
        if scan["Node Type"] == "Bitmap Index Scan" or scan.get("Relation Name") in filled:
            indexes.append((scan["Node Type"], scan.get("Index Name", "")))
    assert indexes
    return set(indexes)


SEARCHES = {
    "newest": {},
    "person": {"patient_id": ANY},
    "receiver": {"receiver_id": ANY},
    "controller": {"controller": "1.2.246.10.7"},
    "user": {"user": "77"},
    "ground": {"ground": "emergency"},
    "period": {"since": now() - timedelta(hours=2), "until": now() - timedelta(hours=1)},
    "receiver and ground": {"receiver_id": ANY, "ground": "emergency"},
}


USE = {
    "kind": {"kind": "data.used"},
    "person": {"patient_id": ANY},
    "organisation": {"organisation_id": ANY},
    "staff": {"person_id": ANY},
    "newest": {},
}


def test_every_search_goes_through_an_index(fresh_database: str) -> None:
    logs.fill(MANY)
    searches = {
        **{name: disclosures.narrowed(Filters(**each)) for name, each in SEARCHES.items()},
        "review, a professional": review_facts.given_to("production", ANY, "77", HOUR_AGO, now()),
        "review, one of the staff": review_facts.looked_by(
            ANY, use_log.STAFF_LOOKS, HOUR_AGO, now()
        ),
        **{f"use, {name}": use_log.narrowed(use_log.Filters(**each)) for name, each in USE.items()},
    }
    for name, rows in searches.items():
        for kind, index in read_by(rows.order_by("-at", "-id")[:51]):
            assert kind != "Seq Scan", name
            assert index or kind == "Bitmap Heap Scan", name
    # What went through the interfaces is counted every minute (NF-6).
    with connection.cursor() as cursor:
        times = {"start": HOUR_AGO, "end": now()}
        cursor.execute(f"EXPLAIN (FORMAT json) {health_counts.COUNT}", times)
        plan = cursor.fetchone()[0][0]["Plan"]
    assert "Seq Scan" not in {kind for kind, _index in indexes_of(plan)}
