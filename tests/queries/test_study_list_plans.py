"""The study list narrowed by what is rare, and its count, read what they find and little more."""

import json
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from archive.queries import studies
from archive.queries.studies import Filters
from tests import builders
from tests.queries.test_search_plans import nodes

MANY = """
INSERT INTO archive_study (id, environment, register_id, patient_id, connection_id,
    study_instance_uid, service_event, accession_number, study_code, description, study_id,
    study_date, study_time, timezone_offset, modalities, state, waits_for, instance_count,
    byte_count, received_at)
SELECT gen_random_uuid(), environment, register_id, patient_id, connection_id, '1.2.99.' || n, '',
    'M' || n, 'AA1AD', '', '', '20261120', '', '', ARRAY['CT']::varchar(16)[], 'registered', '', 1,
    1, received_at - make_interval(secs => n)
FROM archive_study, generate_series(1, 20000) n WHERE study_instance_uid = '1.2.98'
"""
RARE = {
    "study_by_modality": (Filters(modality="XA"), Filters(modality="NM")),
    "study_by_code": (Filters(study_code="FPE20"),),
}
FEW = 100  # pages of 8 kB; the table has over 500


@pytest.fixture
def many(fresh_database: str) -> None:
    """Twenty thousand alike, and one that is not; statistics that say so."""
    builders.study(study_instance_uid="1.2.98")
    builders.study(study_code="FPE20", modalities=["XA", "OT"])
    with connection.cursor() as cursor:
        cursor.execute(MANY)
    with connections["owner"].cursor() as cursor:  # nobody else may
        cursor.execute("ANALYZE archive_study")


@pytest.mark.usefixtures("many")
def test_what_is_rare_is_counted_and_listed_by_an_index() -> None:
    for index, several in RARE.items():
        for filters in several:
            rows = studies.narrowed(filters)
            with CaptureQueriesContext(connection) as asked:
                assert studies.count(rows) == len(studies.page(rows).rows)
            assert len(asked) == 2
            for query in asked:
                plan = carried_out(query["sql"])
                used = {node.get("Index Name") for node in nodes(plan)}
                assert index in used, query["sql"]
                pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
                assert pages < FEW, (pages, query["sql"])


def carried_out(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
        told = cursor.fetchone()[0]
    found: dict[str, Any] = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    return found
