"""The study list narrowed by what is rare, and its count, never read the whole table."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.queries import studies
from archive.queries.studies import Filters
from tests import builders
from tests.queries.test_search_plans import whole_tables

pytestmark = pytest.mark.django_db

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


@pytest.fixture
def many() -> None:
    """Twenty thousand alike, and one that is not. As many as make PostgreSQL prefer an index."""
    builders.study(study_instance_uid="1.2.98")
    builders.study(study_code="FPE20", modalities=["XA", "OT"])
    with connection.cursor() as cursor:
        cursor.execute(MANY)
        cursor.execute("ANALYZE archive_study")


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    "filters",
    [Filters(modality="XA"), Filters(study_code="FPE20"), Filters(modality="NM")],
    ids=["a modality", "a study code", "a modality that is not there"],
)
def test_what_is_rare_is_counted_and_listed_by_an_index(filters: Filters) -> None:
    rows = studies.narrowed(filters)
    with CaptureQueriesContext(connection) as asked:
        counted = studies.count(rows)
        found = studies.page(rows)
    assert counted == len(found.rows)
    assert len(asked) == 2
    for query in asked:
        assert "archive_study" not in whole_tables(query["sql"]), query["sql"]
