"""The ledger takes events, refuses changes, and shows one that was forced on it (LG-4)."""

from threading import Event
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction

from archive import ledger
from archive.ledger import About, Kind
from archive.models import LedgerEvent, LedgerSeal
from archive.values import today


def record(**facts: object) -> UUID:
    return ledger.record(Kind.STUDY_VIEWED, About(environment="test"), {"reason": "x", **facts})


def seal_all() -> None:
    """Seal until nothing is left; transactions of other databases in the cluster hold it up."""
    for _ in range(600):
        ledger.seal()
        if not ledger.verify().unsealed:
            return
        Event().wait(0.05)
    pytest.fail("events stay unsealed")


def test_an_event_must_carry_the_facts_of_its_kind(db: None) -> None:
    with pytest.raises(ValueError, match=r"study\.viewed must carry reason"):
        ledger.record(Kind.STUDY_VIEWED, About(), {})


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE archive_ledgerevent SET kind = 'x'",
        "DELETE FROM archive_ledgerevent",
        "TRUNCATE archive_ledgerevent",
        "UPDATE archive_ledgerseal SET digest = ''",
        "DELETE FROM archive_ledgerseal",
        "TRUNCATE archive_ledgerseal",
        "DO $$ BEGIN EXECUTE 'DELETE FROM archive_ledgerevent_'"
        " || to_char(now(), 'YYYYMM'); END $$",
        "DO $$ BEGIN EXECUTE 'TRUNCATE archive_ledgerevent_' || to_char(now(), 'YYYYMM'); END $$",
    ],
)
@pytest.mark.parametrize("alias", ["default", "owner"])
def test_nobody_changes_or_removes_an_event(
    fresh_database: str, statement: str, alias: str
) -> None:
    record()
    seal_all()
    with pytest.raises(DatabaseError), connections[alias].cursor() as cursor:
        cursor.execute(statement)


def test_the_application_owns_no_table_and_is_no_superuser(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)


def test_the_chain_covers_every_committed_event_and_holds(fresh_database: str) -> None:
    for number in range(3):
        record(number=number)
    assert ledger.verify().unsealed >= 3
    seal_all()
    after = ledger.verify()
    assert (after.holds, after.unsealed) == (True, 0)
    assert after.sealed == LedgerEvent.objects.count()


def test_an_event_of_a_running_transaction_is_sealed_later_and_not_passed_over(
    fresh_database: str,
) -> None:
    seal_all()
    other = connections["owner"]  # a second session
    with transaction.atomic(using="owner"):
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
        record()
        assert ledger.seal() == 0
        assert ledger.verify().unsealed == 1
    seal_all()
    assert ledger.verify().holds


def tamper(statement: str) -> None:
    """What a person with the owner's password and bad intentions can do."""
    with psycopg.connect(settings_url(), autocommit=True) as session:
        session.execute("ALTER TABLE archive_ledgerevent DISABLE TRIGGER USER")
        session.execute(statement)


def settings_url() -> str:
    values = connections["owner"].settings_dict
    return psycopg.conninfo.make_conninfo(
        host=values["HOST"],
        port=values["PORT"],
        user=values["USER"],
        password=values["PASSWORD"],
        dbname=values["NAME"],
    )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE archive_ledgerevent SET facts = '{\"reason\": \"other\"}' WHERE id = '{id}'",
        "UPDATE archive_ledgerevent SET actor_name = 'nobody' WHERE id = '{id}'",
        "DELETE FROM archive_ledgerevent WHERE id = '{id}'",
    ],
)
def test_a_forced_change_is_found_and_named(fresh_database: str, statement: str) -> None:
    record()
    changed = record()
    record()
    seal_all()
    assert ledger.verify().holds
    tamper(statement.replace("{id}", str(changed)))
    verdict = ledger.verify()
    assert not verdict.holds
    assert verdict.broken_event == changed


def test_partitions_are_made_ahead_by_a_role_that_owns_none(db: None) -> None:
    later = today().replace(year=today().year + 2)
    assert ledger.make_partitions(later, months_ahead=1) == 2
    assert ledger.make_partitions(later, months_ahead=1) == 0


AHEAD = 1_000_000_000


def put_into_another_cluster() -> None:
    """As `pg_dump` and `pg_restore` leave it: the rows tell of transactions whose numbers the new
    cluster has not come to.
    """
    with connections["owner"].cursor() as cursor:
        for table, column, trigger in (
            ("archive_ledgerevent", "txid", "ledger_append_only"),
            ("archive_ledgerseal", "upto", "seal_append_only"),
        ):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {trigger}")
            cursor.execute(
                f"UPDATE {table} SET {column} = ({column}::text::bigint + {AHEAD})::text::xid8"
            )
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {trigger}")


def test_a_restored_ledger_is_sealed_on_in_its_new_cluster(fresh_database: str) -> None:
    record(number=1)
    seal_all()
    before = record(number=2)  # not sealed when the dump was taken
    put_into_another_cluster()
    after = record(number=3)
    found = ledger.verify()
    assert (found.holds, found.unsealed) == (True, 2)
    seal_all()
    sealed = set(LedgerSeal.objects.values_list("event_id", flat=True))
    assert {before, after} <= sealed
    later = record(number=4)
    seal_all()
    found = ledger.verify()
    assert found.holds, found.why
    assert found.sealed == LedgerEvent.objects.count() == LedgerSeal.objects.count()
    assert LedgerSeal.objects.filter(event_id=later).exists()
