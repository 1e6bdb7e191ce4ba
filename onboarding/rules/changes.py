"""What a change was, for the log: the columns that differ, as they were and became. Pure."""

from collections.abc import Iterable
from typing import Any

Columns = dict[str, Any]


def columns_of(row: object, names: Iterable[str]) -> Columns:
    """Lists are copied: the row's own may be changed in place."""
    found = {name: getattr(row, name) for name in names}
    return {name: list(each) if isinstance(each, list) else each for name, each in found.items()}


def differences(was: Columns, became: Columns) -> dict[str, Columns]:
    """As facts of an entry; nothing when nothing has changed."""
    changed = [name for name in became if was.get(name) != became[name]]
    if not changed:
        return {}
    return {
        "was": {name: was.get(name) for name in changed},
        "became": {name: became[name] for name in changed},
    }
