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
    waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
    return bool(other.execute(waiting).fetchone() == (True,))


def bit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('test.bit', true)")
        return str(cursor.fetchone()[0])


def forget_prepared() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")


def test_a_value_is_answered_each_time_also_when_the_server_has_forgotten_the_statement() -> None:
    assert [DIVISION.say([b"1"])(), DIVISION.say([b"-1"])()] == [b"1", b"-1"]
    forget_prepared()
    assert DIVISION.say([b"1"])() == b"1"


def test_the_server_works_while_its_answer_is_not_asked_for() -> None:
    LOCKED.say([])()  # prepared from now on
    with held() as other:
        awaited = LOCKED.say([])
        eventually(lambda: is_waited_for(other))
        let_go(other)
        assert awaited() == b""


def test_other_threads_run_while_an_answer_is_awaited() -> None:
    LOCKED.say([])()
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
        assert awaited() == b""
        helper.join()


def test_it_is_part_of_the_transaction_that_is_open() -> None:
    BIT.say([b"before"])()
    with transaction.atomic():
        BIT.say([b"within"])()
        assert bit() == "within"
        transaction.set_rollback(True)
    assert bit() == "before"


def test_its_errors_are_the_databases() -> None:
    with pytest.raises(DataError, match="division by zero"):
        DIVISION.say([b"0"])()
    assert DIVISION.say([b"1"])() == b"1"  # and nothing is left of it


def test_a_server_that_is_gone_is_told_so_and_the_next_connection_is_used() -> None:
    ended = Bare("test_end", "SELECT pg_terminate_backend(pg_backend_pid())", [])
    with pytest.raises(OperationalError):
        ended.say([])()
    connection.close()
    assert DIVISION.say([b"1"])() == b"1"


def test_a_state_that_nobody_knows_is_an_error_of_the_database_too() -> None:
    raised = "DO $$ BEGIN RAISE 'strange' USING ERRCODE = 'XX9ZZ'; END $$"
    with pytest.raises(DatabaseError, match="strange"):
        Bare("test_strange", raised, []).say([])()
