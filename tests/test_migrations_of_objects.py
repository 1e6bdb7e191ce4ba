"""One key of an object's study and series: made and taken back over rows that are there (AR-1)."""

import gc

import psycopg
import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, transaction

from archive.models import Instance
from launch.postgres import Cluster
from tests import builders, dumps, environment, stage

BEFORE = "0230_mails"
OF_BOTH = "FOREIGN KEY (study_id, series_id) REFERENCES public.archive_series(study_id, id)"
OF_ONE = (
    "ADD CONSTRAINT archive_instance_study_id_35f8aca4_fk_archive_study_id",
    "ADD CONSTRAINT archive_instance_series_id_d920b877_fk_archive_series_id",
    "CREATE INDEX archive_series_study_id_af9cd9e8",
)
# As a build of the index that was broken off leaves it: by its name, and nobody may use it.
HALF_BUILT = "CREATE INDEX series_of_study ON archive_series (id)"


def migrate(to: str = "") -> None:
    connections.close_all()
    gc.disable()  # as in tests.stage
    try:
        call_command("migrate", "archive", *([to] if to else []), database="owner", verbosity=0)
    finally:
        gc.enable()
        connections.close_all()


def of_objects(cluster: Cluster, database: str) -> set[str]:
    tables = ("archive_instance", "archive_series")
    return {
        each for each in dumps.schema(cluster, database) if any(name in each for name in tables)
    }


def has(said: set[str], part: str) -> bool:
    return any(part in each for each in said)


def test_back_and_forth_over_rows_that_are_there(fresh_database: str) -> None:
    """Rows that disagree are told and not gone over: the last step is not done and both keys of
    before stay, until they are put right.
    """
    cluster = stage.cluster(environment.folder())
    made, other = builders.series(builders.study(), 3), builders.study()
    now = of_objects(cluster, fresh_database)
    held = sorted(Instance.objects.values_list("id", "study_id", "series_id"))
    assert has(now, OF_BOTH) and not any(has(now, part) for part in OF_ONE)

    migrate(BEFORE)
    earlier = of_objects(cluster, fresh_database)
    assert all(has(earlier, part) for part in OF_ONE)
    assert not has(earlier, "series_of_study") and not has(earlier, OF_BOTH)

    with psycopg.connect(cluster.url("owner", fresh_database)) as owner:
        owner.execute(HALF_BUILT)
    Instance.objects.filter(series=made).update(study=other)
    with pytest.raises(IntegrityError, match="instance_in_series"):
        migrate()
    assert all(has(of_objects(cluster, fresh_database), part) for part in OF_ONE)
    Instance.objects.filter(series=made).update(study=made.study_id)
    migrate()
    assert of_objects(cluster, fresh_database) == now
    assert sorted(Instance.objects.values_list("id", "study_id", "series_id")) == held


@pytest.mark.django_db
def test_an_object_of_another_studys_series_is_refused_at_the_end_of_its_transaction() -> None:
    made, other = builders.series(builders.study(), 1), builders.study()
    with pytest.raises(IntegrityError, match="instance_in_series"), transaction.atomic():
        Instance.objects.filter(series=made).update(study=other)  # later, not here
        Instance.objects.filter(series=made).update(study=made.study_id)
        connection.check_constraints()
        Instance.objects.filter(series=made).update(study=other)
        connection.check_constraints()
