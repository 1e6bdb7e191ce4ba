"""A list of study codes as CSV, and what it changes in the codes that are there (AR-8).

Codes come and go inside one version of their code system, whose OID stays (THL's rule of versions).
Pure functions; nothing of a list is applied while one of its lines is faulty.
"""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from archive.rules import sheets
from archive.values import Oid, Period, StudyCode

DEMANDED = ("code", "system_oid", "name_fi", "valid_from")
COLUMNS = (*DEMANDED, "name_sv", "name_en", "valid_until")
CHANGEABLE = ("name_fi", "name_sv", "name_en", "valid_until")
MOST_NAME = 200

Key = tuple[str, str]  # code system, code


class Problem(StrEnum):
    """Why a line is faulty."""

    CODE = "code"
    SYSTEM = "system_oid"
    NAME = "name"
    DAY = "day"
    ENDS_FIRST = "ends_first"
    REPEATED = "repeated"
    OVERLAPS = "overlaps"
    COLUMNS = "columns"


class Kind(StrEnum):
    """What a line does; the first that applies counts."""

    ADDED = "added"
    CLOSED = "closed"
    REOPENED = "reopened"
    RENAMED = "renamed"
    MOVED = "moved"  # another last day, closed before and after
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Entry:
    """A code's validity: a row of the nomenclature or a line of a list."""

    code: str
    system_oid: str
    name_fi: str
    name_sv: str
    name_en: str
    valid_from: date
    valid_until: date | None

    @property
    def key(self) -> Key:
        return self.system_oid, self.code

    @property
    def names(self) -> tuple[str, str, str]:
        return self.name_fi, self.name_sv, self.name_en

    @property
    def period(self) -> Period:
        return Period(self.valid_from, self.valid_until)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a row has in a column, before and after; None is no day."""

    column: str
    before: str | date | None
    after: str | date | None


@dataclass(frozen=True, slots=True)
class Fault:
    line: int
    problem: Problem
    code: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """`before` is the row it changes; None when a new one is made."""

    kind: Kind
    entry: Entry
    before: Entry | None = None
    line: int = 0  # 0: of no line, but missing from a list that is whole

    @property
    def differences(self) -> list[Difference]:
        """By column, of a row that was there."""
        found = (
            Difference(each, getattr(self.before, each), getattr(self.entry, each))
            for each in CHANGEABLE
            if self.before is not None
        )
        return [each for each in found if each.before != each.after]

    @property
    def ends_earlier(self) -> bool:
        """It takes away days on which a row held."""
        if self.before is None or self.entry.valid_until is None:
            return False
        held = self.before.valid_until
        return held is None or held > self.entry.valid_until


@dataclass(slots=True)
class Plan:
    changes: list[Change] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def of(self, kind: Kind) -> list[Change]:
        return [each for each in self.changes if each.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        return {kind.value: len(self.of(kind)) for kind in Kind}

    @property
    def does_nothing(self) -> bool:
        return all(each.kind == Kind.UNCHANGED for each in self.changes)

    @property
    def digest(self) -> str:
        """Of what it changes and of what it finds; another when the codes are others."""
        told = [
            [each.kind, _plain(each.entry), _plain(each.before) if each.before else None]
            for each in self.changes
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _plain(entry: Entry) -> list[str]:
    until = entry.valid_until.isoformat() if entry.valid_until else ""
    return [*entry.key, *entry.names, entry.valid_from.isoformat(), until]


# --- reading --------------------------------------------------------------------------------------


def read(text: str) -> tuple[list[tuple[int, Entry]], list[Fault]]:
    """The entries with their line numbers, and the faulty lines. Raises ListUnreadable."""
    entries: list[tuple[int, Entry]] = []
    faults: list[Fault] = []
    lines = io.StringIO(text.removeprefix("\ufeff"))
    for number, row in sheets.rows(lines, [(name,) for name in DEMANDED]):
        try:
            entries.append((number, _entry(row)))
        except _Faulty as fault:
            faults.append(Fault(number, fault.problem, (row.get("code") or "")[:5]))
    return entries, faults


class _Faulty(ValueError):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def _entry(row: Mapping[str, str]) -> Entry:
    """Raises _Faulty."""
    if sheets.REST in row:
        raise _Faulty(Problem.COLUMNS)
    first, last = _day(row.get("valid_from", "")), None
    if row.get("valid_until"):
        last = _day(row["valid_until"])
    names = [row.get(name, "") for name in ("name_fi", "name_sv", "name_en")]
    if not names[0] or any(len(name) > MOST_NAME for name in names):
        raise _Faulty(Problem.NAME)
    if last is not None and last < first:
        raise _Faulty(Problem.ENDS_FIRST)
    return Entry(
        _checked(StudyCode, row.get("code", ""), Problem.CODE),
        _checked(Oid, row.get("system_oid", ""), Problem.SYSTEM),
        names[0],
        names[1],
        names[2],
        first,
        last,
    )


def _checked(kind: type[StudyCode] | type[Oid], text: str, problem: Problem) -> str:
    try:
        return str(kind(text))
    except ValueError:
        raise _Faulty(problem) from None


def _day(text: str) -> date:
    try:
        return sheets.day(text)
    except ValueError:
        raise _Faulty(Problem.DAY) from None


# --- planning -------------------------------------------------------------------------------------


def plan(text: str, known: Iterable[Entry], *, closes_missing: date | None) -> Plan:
    """What a list does to the known codes. With `closes_missing` the list is the whole of its code
    systems: codes that it does not name hold until that day at the latest. Raises ListUnreadable.
    """
    entries, faults = read(text)
    held, listed = _by_key(known), _by_key(entry for _line, entry in entries)
    made = Plan(faults=faults)
    seen: dict[Key, list[Entry]] = {}
    for line, entry in entries:
        earlier, there = seen.setdefault(entry.key, []), held.get(entry.key, [])
        problem = _problem(entry, earlier, _kept(there, listed[entry.key]))
        if problem is not None:
            made.faults.append(Fault(line, problem, entry.code))
            continue
        earlier.append(entry)
        made.changes.append(_change(line, entry, there))
    if closes_missing is not None:
        systems = {entry.system_oid for _line, entry in entries}
        made.changes += _missing(held, listed, systems, closes_missing)
    made.faults.sort(key=lambda fault: fault.line)
    return made


def _by_key(entries: Iterable[Entry]) -> dict[Key, list[Entry]]:
    found: dict[Key, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.key, []).append(entry)
    return found


def _kept(held: Sequence[Entry], listed: Sequence[Entry]) -> list[Entry]:
    """The rows of a code that no line of the list speaks of: they stay as they are."""
    told = {each.valid_from for each in listed}
    return [each for each in held if each.valid_from not in told]


def _problem(entry: Entry, earlier: Sequence[Entry], kept: Sequence[Entry]) -> Problem | None:
    """Two rows of a code never hold on one day."""
    if any(each.valid_from == entry.valid_from for each in earlier):
        return Problem.REPEATED
    if any(_overlap(entry.period, each.period) for each in (*earlier, *kept)):
        return Problem.OVERLAPS
    return None


def _change(line: int, entry: Entry, held: Sequence[Entry]) -> Change:
    before = next((each for each in held if each.valid_from == entry.valid_from), None)
    if before is None:
        return Change(Kind.REOPENED if held else Kind.ADDED, entry, None, line)
    # A list in one language takes no names of another away.
    after = replace(
        entry,
        name_sv=entry.name_sv or before.name_sv,
        name_en=entry.name_en or before.name_en,
    )
    return Change(_kind(before, after), after, before, line)


def _kind(before: Entry, after: Entry) -> Kind:
    if before.valid_until != after.valid_until:
        if before.valid_until is None:
            return Kind.CLOSED
        return Kind.REOPENED if after.valid_until is None else Kind.MOVED
    return Kind.UNCHANGED if before.names == after.names else Kind.RENAMED


def _overlap(one: Period, other: Period) -> bool:
    return one.covers(other.start) or other.covers(one.start)


def _missing(
    held: Mapping[Key, Sequence[Entry]],
    listed: Mapping[Key, Sequence[Entry]],
    systems: set[str],
    last_day: date,
) -> Iterator[Change]:
    for key in sorted(held.keys() - listed.keys()):
        for before in held[key]:
            after = replace(before, valid_until=last_day)
            change = Change(_kind(before, after), after, before)
            # What begins later still cannot end on that day, and is left.
            if key[0] in systems and change.ends_earlier and before.valid_from <= last_day:
                yield change
