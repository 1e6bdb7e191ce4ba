"""What a timeline shows: one entry an event, waits as gaps between entries (NF-3)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from archive.values import civil_day

NOTABLE = timedelta(minutes=1)  # shorter pauses are no news


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in plain words. `shape` is done, wait, needs, stop or none; texts are translated
    already.
    """

    at: datetime
    interface: str  # DICOM, XDS, HL7, IAN, Registration, Portal, Job
    what: str
    answer: str = ""
    took: timedelta | None = None
    shape: str = "done"
    reason: str = ""  # why somebody did it
    cause: str = ""  # of a failure
    step: str = ""
    move: str = ""  # whose move it is
    case_number: str = ""
    case_url: str = ""
    raw: str = ""  # the message itself, folded away, for those who may
    kind: str = field(default="entry", init=False)


@dataclass(frozen=True, slots=True)
class Gap:
    """Time in which nothing came, with what was waited for."""

    length: timedelta
    waited_for: str = ""
    kind: str = field(default="gap", init=False)


@dataclass(frozen=True, slots=True)
class Day:
    """A line between entries of different days."""

    day: date
    kind: str = field(default="day", init=False)


def with_gaps(entries: Iterable[Entry], *, waited_for: str = "") -> Iterator[Entry | Gap | Day]:
    """Entries in time order, with a line for each day and a gap for each wait; `waited_for`
    follows a waiting entry.
    """
    before: Entry | None = None
    for entry in sorted(entries, key=lambda each: each.at):
        if before is None or _day(before) != _day(entry):
            if before is not None and entry.at - before.at >= NOTABLE:
                yield _gap(before, entry, waited_for)
            yield Day(_day(entry))
        elif entry.at - before.at >= NOTABLE:
            yield _gap(before, entry, waited_for)
        yield entry
        before = entry


def _gap(before: Entry, entry: Entry, waited_for: str) -> Gap:
    return Gap(entry.at - before.at, waited_for if before.shape == "wait" else "")


def _day(entry: Entry) -> date:
    return civil_day(entry.at)
