"""PostgreSQL's advisory locks, by name or number; each lasts until the caller's transaction ends.

A study's lock has its id for a name. It keeps storing and registering apart: who stores an object
takes it shared in the statement that inserts the row (`services.rows`), who moves the study alone.
"""

from django.db import connection, transaction


def hold(*names: object) -> None:
    """Alone. Several are taken in one order, so that two who ask never wait for each other."""
    for name in sorted({str(each) for each in names}):
        _ask("pg_advisory_xact_lock(hashtextextended(%s, 0))", name)


def share(name: object) -> None:
    """Together with others who share it; whoever holds it alone waits, or is waited for."""
    _ask("pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", str(name))


def try_hold(name: object) -> bool:
    """Alone if nobody else has it now."""
    return bool(_ask("pg_try_advisory_xact_lock(hashtextextended(%s, 0))", str(name)))


def is_alone(number: int) -> bool:
    """Whether no other process does the work that goes by this number."""
    return bool(_ask("pg_try_advisory_xact_lock(%s)", number))


def _ask(function: str, value: str | int) -> object:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("the lock would end with its statement")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}", [value])
        return cursor.fetchone()[0]
