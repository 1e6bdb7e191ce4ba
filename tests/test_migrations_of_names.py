"""The index of patients' names: made and taken back over rows that are there (AR-6)."""

import psycopg

from launch.postgres import Cluster
from tests import builders, dumps, environment, stage
from tests.test_migrations_of_objects import has, migrate

BEFORE = "0250_physicians_and_body_parts"
# As a build of the index that was broken off leaves it: by its name, and nobody may use it.
HALF_BUILT = "CREATE INDEX patient_composed_name ON archive_patient (id)"


def of_patients(cluster: Cluster, database: str) -> set[str]:
    return {each for each in dumps.schema(cluster, database) if "archive_patient " in each}


def test_back_and_forth_over_rows_that_are_there(fresh_database: str) -> None:
    cluster = stage.cluster(environment.folder())
    builders.study()
    now = of_patients(cluster, fresh_database)
    assert has(now, "patient_composed_name") and not has(now, "patient_folded_name")
    migrate(BEFORE)
    earlier = of_patients(cluster, fresh_database)
    assert has(earlier, "patient_folded_name") and not has(earlier, "patient_composed_name")
    with psycopg.connect(cluster.url("owner", fresh_database)) as owner:
        owner.execute(HALF_BUILT)
    migrate()
    assert of_patients(cluster, fresh_database) == now
