"""Statements that are worded once and planned once, for the few paths where wording them anew costs
more than running them: receiving an object, finding one study, writing to the ledger.

Bound and prepared on the server; PostgreSQL's prepared statements live as long as the connection.
What a statement says stays where it is said, in a queryset: `Worded` has the ORM word it for
stand-ins, and puts the real values in their places.
"""

import select
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from psycopg import errors, pq

_thread = threading.local()
_ANSWERED, _FORGOTTEN = pq.ExecStatus.TUPLES_OK, errors.InvalidSqlStatementName.sqlstate

Connection = psycopg.Connection[Any]
Bound = Sequence[bytes]  # parameters as the server takes them


def execute(
    statement: str, values: Sequence[Any], using: str = DEFAULT_DB_ALIAS
) -> psycopg.Cursor[Any]:
    """On the thread's one cursor of the connection, in its transaction if it has one: making a
    cursor costs as much as a small statement. To be read before the next.
    """
    connection = connections[using]
    connection.ensure_connection()
    raw = cast(Connection, connection.connection)
    cursors: dict[str, psycopg.Cursor[Any]] = _thread.__dict__.setdefault("cursors", {})
    cursor = cursors.get(using)
    if cursor is None or cursor.connection is not raw:
        cursor = cursors[using] = psycopg.Cursor(raw)
    if connection.queries_logged:
        connection.queries_log.append({"sql": statement, "time": ""})
    with connection.wrap_database_errors:
        return cursor.execute(statement, values, prepare=True)


class Bare:
    """A statement that answers with one value, said to the server without a cursor or adapting, and
    without waiting for the answer: for the one that each object costs. `formats` are those of its
    parameters, 0 for text and 1 for binary.
    """

    def __init__(self, name: str, statement: str, formats: Sequence[int]) -> None:
        self.name = name.encode()
        self.statement = statement.encode()
        self.formats = formats

    def say(self, values: Bound, using: str = DEFAULT_DB_ALIAS) -> "Awaited":
        """Have the server begin; the value is to be awaited before anything else is said on the
        connection. In a transaction, and the first time on a connection, it is said only then.
        Raises nothing.
        """
        connection = connections[using]
        raw = cast(Connection, connection.connection)
        return Awaited(self, connection, values, raw if self._is_sent(raw, values) else None)

    def _is_sent(self, raw: Connection | None, values: Bound) -> bool:
        if raw is None or not raw.autocommit or _prepared().get(self.name) is not raw:
            return False
        try:
            raw.pgconn.send_query_prepared(self.name, values, self.formats)
            raw.pgconn.flush()
        except psycopg.Error:  # the server is gone: it is told when the value is awaited
            return False
        return True

    def at_once(self, raw: Connection, values: Bound) -> pq.abc.PGresult:
        return self._anew(raw, values) if raw.autocommit else self._within(raw, values)

    def _anew(self, raw: Connection, values: Bound) -> pq.abc.PGresult:
        _checked(raw.pgconn.prepare(self.name, self.statement))
        _prepared()[self.name] = raw
        return raw.pgconn.exec_prepared(self.name, values, self.formats)

    def _within(self, raw: Connection, values: Bound) -> pq.abc.PGresult:
        if raw.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            raw.execute("SELECT")  # psycopg begins a transaction with the first that it is told
        return raw.pgconn.exec_params(self.statement, values, param_formats=self.formats)


class Awaited:
    """A statement's value on its way, as text. Both raise what Django makes of the database's
    errors.
    """

    __slots__ = ("bare", "connection", "sent_on", "values")

    def __init__(
        self,
        bare: Bare,
        connection: BaseDatabaseWrapper,
        values: Bound,
        sent_on: Connection | None,
    ) -> None:
        self.bare = bare
        self.connection = connection
        self.values = values
        self.sent_on = sent_on

    def value(self) -> bytes | None:
        """Said now, if the server has not begun, or has forgotten what was prepared."""
        result = self._received()
        if result is None:
            self.connection.ensure_connection()
            with self.connection.wrap_database_errors:
                raw = cast(Connection, self.connection.connection)
                result = _checked(self.bare.at_once(raw, self.values))
        return result.get_value(0, 0)

    def value_of_sent(self) -> bytes | None:
        """The same of what the server has begun; None, and nothing is said, if it has not."""
        result = self._received()
        return None if result is None else result.get_value(0, 0)

    def _received(self) -> pq.abc.PGresult | None:
        if self.sent_on is None:
            return None
        with self.connection.wrap_database_errors:
            result = _received(self.sent_on.pgconn)
            if result.status != _ANSWERED and _state(result) == _FORGOTTEN:
                return None
            return _checked(result)


def _prepared() -> dict[bytes, Connection]:
    """By the name of a statement, the connection of this thread that knows it, as far as we know:
    psycopg forgets all that is prepared after a rollback.
    """
    known: dict[bytes, Connection] = _thread.__dict__.setdefault("prepared", {})
    return known


def _received(pgconn: pq.abc.PGconn) -> pq.abc.PGresult:
    """The answer to what was sent. libpq's own waiting would keep the other threads from running.

    Raises psycopg.OperationalError where the server is gone.
    """
    pgconn.consume_input()
    while pgconn.is_busy():
        left = select.POLLOUT if pgconn.flush() else 0
        poll = select.poll()
        poll.register(pgconn.socket, select.POLLIN | left)
        poll.poll()
        pgconn.consume_input()
    result = last = pgconn.get_result()
    while last is not None:  # the connection is free for the next after that
        last = pgconn.get_result()
    if result is None:
        raise psycopg.OperationalError("the server has not answered")
    return result


def _state(result: pq.abc.PGresult) -> str:
    """The SQLSTATE of a failure; empty for none, and where the server is gone."""
    return (result.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()


def _checked(result: pq.abc.PGresult) -> pq.abc.PGresult:
    """Raises the psycopg error of one that failed."""
    if result.status in (_ANSWERED, pq.ExecStatus.COMMAND_OK):
        return result
    state = _state(result)
    try:
        kind = errors.lookup(state) if state else psycopg.OperationalError
    except KeyError:  # of a newer server's, or of an extension
        kind = psycopg.DatabaseError
    raise kind(result.error_message.decode(errors="replace").strip())


class Worded:
    """A queryset's statement, with places for what varies between two of its kind."""

    def __init__(self, word: Callable[..., QuerySet[Any]], stand_ins: Mapping[str, Any]) -> None:
        """`word` makes the queryset of the stand-ins; each is unlike all else it says.

        Raises ValueError when one of them is not in the statement.
        """
        self.sql, parameters = word(**stand_ins).query.sql_with_params()
        self._places: list[tuple[str, Any]] = [
            (_named(value, stand_ins), value) for value in parameters
        ]
        if missing := stand_ins.keys() - {name for name, _ in self._places}:
            raise ValueError(f"the statement does not say {', '.join(sorted(missing))}")

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        placed = [values[name] if name else constant for name, constant in self._places]
        return execute(self.sql, placed).fetchall()


def _named(value: Any, stand_ins: Mapping[str, Any]) -> str:
    """Whose place a parameter is; empty for what is always the same."""
    for name, each in stand_ins.items():
        if type(value) is type(each) and value == each:
            return name
    return ""
