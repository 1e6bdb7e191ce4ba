"""The squashed migrations make what those make that they stand for, and only where none is done."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from django.apps import apps
from django.db import connection, connections
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from archive.migrations.squashed_0220.rows import Tables
from archive.models import Organisation
from launch.plan import ROOT
from launch.postgres import Cluster
from onboarding.migrations.squashed_0051 import rows
from onboarding.models import Joining
from tests import dumps, environment, stage

MIGRATE = ("manage.py", "migrate", "--database", "owner", "--noinput", "--skip-checks")
SQUASHED = {
    ("archive", "0001_squashed_0220_destroyed_again"),
    ("onboarding", "0001_squashed_0051_planned_certificates_known"),
}
REPLACED = {each for key in SQUASHED for each in MigrationLoader(None).get_migration(*key).replaces}
APPS = {app for app, _name in SQUASHED}
AS_UNDONE = "DELETE FROM django_migrations WHERE name LIKE '%\\_squashed\\_%'"


@pytest.fixture
def cluster() -> Cluster:
    stage.start(environment.folder())
    return stage.cluster(environment.folder())


@pytest.fixture
def empty(cluster: Cluster) -> Iterator[str]:
    """A database in which nothing is."""
    name = f"idr_{environment.worker()}_earlier"
    cluster.create_database(name)
    yield name
    cluster.drop_database(name)


def run(cluster: Cluster, database: str, arguments: Sequence[str]) -> str:
    variables = {
        "DATABASE_URL": cluster.url("app", database),
        "DATABASE_OWNER_URL": cluster.url("owner", database),
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def applied(said: str) -> set[tuple[str, str]]:
    lines = [line.split() for line in said.splitlines() if line.startswith("  Applying")]
    names = [line[1].removesuffix("...").split(".") for line in lines]
    return {(app, name) for app, name in names if app in APPS}


def do(cluster: Cluster, database: str, statement: str) -> None:
    with psycopg.connect(cluster.url("owner", database)) as owner:
        owner.execute(statement)


def noted(cluster: Cluster, database: str) -> set[tuple[str, str]]:
    with psycopg.connect(cluster.url("owner", database)) as owner:
        return set(owner.execute("SELECT app, name FROM django_migrations").fetchall())


def planned() -> set[tuple[str, str]]:
    """What the next start would do, by what the database has noted."""
    executor = MigrationExecutor(connections["owner"])
    executor.loader.check_consistent_history(connections["owner"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {(migration.app_label, migration.name) for migration, _backwards in plan}


def test_who_has_done_all_the_earlier_ones_has_nothing_to_do(
    cluster: Cluster, fresh_database: str
) -> None:
    do(cluster, fresh_database, AS_UNDONE)
    assert planned() == set()


def test_who_has_done_some_of_the_earlier_ones_does_the_rest_of_them(
    cluster: Cluster, fresh_database: str
) -> None:
    """All of onboarding, whose last needs 0112 of the archive and nothing after it."""
    do(cluster, fresh_database, AS_UNDONE)
    do(
        cluster,
        fresh_database,
        "DELETE FROM django_migrations WHERE app = 'archive' AND name > '02'",
    )
    to_do = planned()
    assert not to_do & SQUASHED
    assert to_do & REPLACED == {
        ("archive", "0200_damaged_and_rejected_in_takeovers"),
        ("archive", "0210_destroyed_yet_live"),
        ("archive", "0220_destroyed_again"),
    }


def test_models_are_those_of_the_earlier_ones() -> None:
    earlier, squashed = MigrationLoader(None, replace_migrations=False), MigrationLoader(None)
    was = earlier.project_state([squashed.get_migration(*key).replaces[-1] for key in SQUASHED])
    seen = MigrationAutodetector(was, squashed.project_state(list(SQUASHED)))
    assert seen.changes(squashed.graph) == {}


@pytest.mark.journey
def test_schema_and_rows_are_those_of_the_earlier_ones(cluster: Cluster, empty: str) -> None:
    earlier, squashed = empty, stage.MIGRATED
    went_on = applied(run(cluster, earlier, ("-m", "tests.halfway")))
    began = applied((environment.folder() / stage.MIGRATIONS).read_text())
    assert SQUASHED <= began
    assert not began & REPLACED
    assert len(went_on & REPLACED) > 20
    assert not went_on & SQUASHED
    assert dumps.schema(cluster, earlier) == dumps.schema(cluster, squashed)
    made = dumps.rows(cluster, squashed)
    assert dumps.rows(cluster, earlier) == made

    # Who has done all the earlier ones has nothing to do, and keeps what it has.
    do(cluster, earlier, AS_UNDONE)
    assert "No migrations to apply" in run(cluster, earlier, MIGRATE)
    assert dumps.rows(cluster, earlier) == made
    assert SQUASHED <= noted(cluster, earlier)


PLANTED = (
    "ALTER TABLE archive_uselimit RENAME CONSTRAINT archive_uselimit_pkey TO another",
    "ALTER TABLE archive_study ALTER study_instance_uid DROP NOT NULL",
    "ALTER INDEX study_by_modality RESET (fastupdate)",
    "DROP TRIGGER seal_append_only ON archive_ledgerseal",
    "ALTER FUNCTION archive_ledger_partition(date) SECURITY INVOKER",
    "REVOKE DELETE ON archive_study FROM idr_app",
    "COMMENT ON TABLE archive_study IS 'another'",
    "DROP TABLE archive_ledgerevent_other",
)
PLANTED_ROWS = (
    "UPDATE archive_uselimit SET associations = associations + 1",
    "DELETE FROM archive_severitytime WHERE severity = 'low'",
    "SELECT setval('archive_review_number', 500)",
)


def test_a_planted_difference_is_seen(cluster: Cluster, fresh_database: str) -> None:
    before = dumps.schema(cluster, fresh_database)
    for statement in PLANTED:
        do(cluster, fresh_database, statement)
        after = dumps.schema(cluster, fresh_database)
        assert after != before, statement
        before = after
    held = dumps.rows(cluster, fresh_database)
    for statement in PLANTED_ROWS:
        do(cluster, fresh_database, statement)
        left = dumps.rows(cluster, fresh_database)
        assert left != held, statement
        held = left


@pytest.mark.django_db
def test_an_archive_older_than_onboarding_has_customers_whose_road_begins() -> None:
    customer = Organisation.objects.create(
        business_id="1234567-1", oid="1.2.3", name_fi="Vanha", sector="1", state="in_production"
    )
    for _again in range(2):
        rows.begin_roads(Tables(apps, connection.schema_editor()))
        assert Joining.objects.get(organisation=customer).state == "in_production"
