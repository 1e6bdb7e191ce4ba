"""Statements that are said to the server past the cursor: in their transaction, and with their
errors.
"""

import pytest
from django.db import DatabaseError, DataError, OperationalError, connection, transaction

from archive.statements import Bare

pytestmark = pytest.mark.usefixtures("fresh_database")

BIT = Bare("test_bit", "SELECT set_config('test.bit', $1, false)", [0])
DIVISION = Bare("test_division", "SELECT 1 / $1::int", [0])


def bit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('test.bit', true)")
        return str(cursor.fetchone()[0])


def forget_prepared() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")


def test_a_value_is_answered_each_time_also_when_the_server_has_forgotten_the_statement() -> None:
    assert [DIVISION.value([b"1"]), DIVISION.value([b"-1"])] == [b"1", b"-1"]
    forget_prepared()
    assert DIVISION.value([b"1"]) == b"1"


def test_it_is_part_of_the_transaction_that_is_open() -> None:
    BIT.value([b"before"])
    with transaction.atomic():
        BIT.value([b"within"])
        assert bit() == "within"
        transaction.set_rollback(True)
    assert bit() == "before"


def test_its_errors_are_the_databases() -> None:
    with pytest.raises(DataError, match="division by zero"):
        DIVISION.value([b"0"])
    assert DIVISION.value([b"1"]) == b"1"  # and nothing is left of it


def test_a_server_that_is_gone_is_told_so_and_the_next_connection_is_used() -> None:
    ended = Bare("test_end", "SELECT pg_terminate_backend(pg_backend_pid())", [])
    with pytest.raises(OperationalError):
        ended.value([])
    connection.close()
    assert DIVISION.value([b"1"]) == b"1"


def test_a_state_that_nobody_knows_is_an_error_of_the_database_too() -> None:
    raised = "DO $$ BEGIN RAISE 'strange' USING ERRCODE = 'XX9ZZ'; END $$"
    with pytest.raises(DatabaseError, match="strange"):
        Bare("test_strange", raised, []).value([])
