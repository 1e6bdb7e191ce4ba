"""Advisory locks: who keeps whom out, and for how long."""

import os

import psycopg
import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from archive import locks

pytestmark = pytest.mark.usefixtures("fresh_database")

ALONE = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
SHARED = "SELECT pg_try_advisory_xact_lock_shared(hashtextextended(%s, 0))"
OF_NUMBER = "SELECT pg_try_advisory_xact_lock(%s)"


def may(statement: str, value: str | int) -> bool:
    """Whether another process gets the lock; it gives it back at once."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        return other.execute(statement.encode(), [value]).fetchone() == (True,)


def test_who_holds_a_lock_keeps_everybody_out_until_the_transaction_ends() -> None:
    with transaction.atomic():
        locks.hold("b", "a", "a")
        assert not may(ALONE, "a") and not may(SHARED, "b") and may(ALONE, "c")
    assert may(ALONE, "a") and may(ALONE, "b")


def test_who_shares_a_lock_keeps_out_only_who_wants_it_alone() -> None:
    with transaction.atomic():
        locks.share("a")
        assert may(SHARED, "a") and not may(ALONE, "a")


def test_a_lock_that_somebody_has_is_not_waited_for_when_it_is_only_tried() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as other, transaction.atomic():
        other.execute(SHARED.encode(), ["a"])
        other.execute(OF_NUMBER.encode(), [77])
        assert not locks.try_hold("a") and not locks.is_alone(77)
        assert locks.try_hold("b") and locks.is_alone(78)
        assert not may(ALONE, "b") and not may(OF_NUMBER, 78)


def test_a_lock_without_a_transaction_would_hold_nothing() -> None:
    with pytest.raises(TransactionManagementError):
        locks.hold("a")
