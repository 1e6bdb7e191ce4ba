"""Statements that are said to the server past the cursor: in their transaction, and with their
errors.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import DatabaseError, DataError, OperationalError, connection, transaction

from archive.statements import Bare, Connection
from tests.edges.dicom.listening import PATIENCE, eventually

pytestmark = pytest.mark.usefixtures("fresh_database")

BIT = Bare("test_bit", "SELECT set_config('test.bit', $1, false)", [0])
LOCKED = Bare("test_locked", "SELECT pg_advisory_xact_lock(77)::text", [])
DIVISION = Bare("test_division", "SELECT 1 / $1::int", [0])


@contextmanager
def held() -> Iterator[Connection]:
    """Another connection that has the lock."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(77)")
        yield other


def let_go(other: Connection) -> None:
    other.execute("SELECT pg_advisory_unlock(77)")


def is_waited_for(other: Connection) -> bool:
    waiting = """
        SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
        WHERE datname = current_database() AND locktype = 'advisory' AND objid = 77 AND NOT granted)
    """
    return bool(other.execute(waiting).fetchone() == (True,))


def pid() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end(other: Connection, backend: int) -> None:
    other.execute("SELECT pg_terminate_backend(%s)", [backend])
    gone = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)"
    eventually(lambda: other.execute(gone, [backend]).fetchone() == (False,))


def bit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('test.bit', true)")
        return str(cursor.fetchone()[0])


def forget_prepared() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")


def test_a_value_is_answered_each_time_also_when_the_server_has_forgotten_the_statement() -> None:
    assert [DIVISION.say([b"1"]).value(), DIVISION.say([b"-1"]).value()] == [b"1", b"-1"]
    forget_prepared()
    assert DIVISION.say([b"1"]).value() == b"1"


def test_the_server_works_while_its_answer_is_not_asked_for() -> None:
    LOCKED.say([]).value()  # prepared from now on
    with held() as other:
        awaited = LOCKED.say([])
        eventually(lambda: is_waited_for(other))
        let_go(other)
        assert awaited.value() == b""


def test_other_threads_run_while_an_answer_is_awaited() -> None:
    LOCKED.say([]).value()
    with held() as other:
        awaited = LOCKED.say([])
        eventually(lambda: is_waited_for(other))
        asking = threading.Event()

        def help_out() -> None:
            asking.wait(PATIENCE)
            let_go(other)

        helper = threading.Thread(target=help_out)
        helper.start()
        asking.set()
        assert awaited.value() == b""
        helper.join()


def test_it_is_part_of_the_transaction_that_is_open() -> None:
    BIT.say([b"before"]).value()
    with transaction.atomic():
        BIT.say([b"within"]).value()
        assert bit() == "within"
        transaction.set_rollback(True)
    assert bit() == "before"


def test_its_errors_are_the_databases() -> None:
    assert DIVISION.say([b"1"]).value() == b"1"
    with pytest.raises(DataError, match="division by zero"):
        DIVISION.say([b"0"]).value()
    assert DIVISION.say([b"1"]).value() == b"1"  # and nothing is left of it


def test_a_server_that_is_gone_is_told_so_and_the_next_connection_is_used() -> None:
    for is_told_before in (True, False):
        LOCKED.say([]).value()
        backend = pid()
        with held() as other:
            if is_told_before:
                end(other, backend)
            awaited = LOCKED.say([])
            if not is_told_before:
                end(other, backend)
            with pytest.raises(OperationalError):
                awaited.value()
        connection.close()
        assert DIVISION.say([b"1"]).value() == b"1"


def test_nothing_is_said_on_a_connection_that_is_not_open() -> None:
    LOCKED.say([]).value()
    connection.close()
    awaited = LOCKED.say([])
    assert awaited.value_of_sent() is None and connection.connection is None
    assert awaited.value() == b"" and LOCKED.say([]).value_of_sent() == b""


def test_of_what_the_server_has_forgotten_nothing_was_sent() -> None:
    BIT.say([b"before"]).value()
    forget_prepared()
    assert BIT.say([b"after"]).value_of_sent() is None and bit() == "before"


def test_a_state_that_nobody_knows_is_an_error_of_the_database_too() -> None:
    raised = "DO $$ BEGIN RAISE 'strange' USING ERRCODE = 'XX9ZZ'; END $$"
    with pytest.raises(DatabaseError, match="strange"):
        Bare("test_strange", raised, []).say([]).value()
