"""A slice of a round reads its own rows and no others, also where PostgreSQL has not yet counted
what is in its tables: a new archive, one that was put back (AR-10, NF-5).
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive.models import Instance
from archive.services import reconciliation, verification
from tests import cast
from tests.cast import dataset
from tests.queries.test_search_plans import nodes
from tests.queries.test_study_list_plans import carried_out

MANY = """
INSERT INTO archive_instance (id, environment, study_id, series_id, sop_instance_uid, sop_class_uid,
    transfer_syntax_uid, content_type, instance_number, digest, digest_algorithm, size, store,
    association_id, received_at, damaged_at, version, rejection)
SELECT gen_random_uuid(), environment, study_id, series_id, '1.2.99.' || n, sop_class_uid,
    transfer_syntax_uid, content_type, '', digest, digest_algorithm, size, store, association_id,
    received_at, now(), version, rejection
FROM archive_instance, generate_series(1, 80000) n
"""
PAGES_A_ROW = 6  # of 8 kB: keys, rows wherever they stand, their study


@pytest.mark.usefixtures("fresh_database", "own_vault")
def test_a_slice_reads_its_own_rows() -> None:
    cast.store(dataset())
    with connection.cursor() as cursor:
        cursor.execute(MANY)
        cursor.execute("UPDATE archive_study SET state = 'destroyed'")
    middle = Instance.objects.order_by("id").values_list("id", flat=True)[40_000]
    for walking in (reconciliation, verification):
        with CaptureQueriesContext(connection) as asked:
            done = walking.PARTS["instances"](str(middle))
        assert done.found == 0 and done.checked == walking.ROWS
        plans = [
            carried_out(each["sql"])
            for each in asked
            if each["sql"].startswith("SELECT") and 'FROM "archive_instance"' in each["sql"]
        ]
        assert plans
        for plan in plans:
            scans = [node for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
            assert all(node["Relation Name"] != "archive_instance" for node in scans)
        pages = sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in plans)
        assert pages < PAGES_A_ROW * walking.ROWS
