"""Statements that are worded once and planned once, for the few paths where wording them anew costs
more than running them: receiving an object, finding one study, writing to the ledger.

Bound and prepared on the server; PostgreSQL's prepared statements live as long as the connection.
What a statement says stays where it is said, in a queryset: `Worded` has the ORM word it for
stand-ins, and puts the real values in their places.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet

_thread = threading.local()


def execute(
    statement: str, values: Sequence[Any], using: str = DEFAULT_DB_ALIAS
) -> psycopg.Cursor[Any]:
    """On the thread's one cursor of the connection, in its transaction if it has one: making a
    cursor costs as much as a small statement. To be read before the next.
    """
    connection = connections[using]
    connection.ensure_connection()
    raw = cast("psycopg.Connection[Any]", connection.connection)
    cursors: dict[str, psycopg.Cursor[Any]] = _thread.__dict__.setdefault("cursors", {})
    cursor = cursors.get(using)
    if cursor is None or cursor.connection is not raw:
        cursor = cursors[using] = psycopg.Cursor(raw)
    if connection.queries_logged:
        connection.queries_log.append({"sql": statement, "time": ""})
    with connection.wrap_database_errors:
        return cursor.execute(statement, values, prepare=True)


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
