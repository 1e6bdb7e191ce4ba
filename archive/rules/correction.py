"""What a rejection note does, and which corrections of metadata are taken (AR-7).

Pure functions over what a note names and what is known of it; IHE RAD TF-3 4.66, and the statuses
of dcm4chee-arc where IHE leaves them open. A note acts on all that it names, or on nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from archive.errors import DatasetUnreadable
from archive.errors.corrections import (
    NothingToReject,
    RejectedAlready,
    RejectionClassConflict,
    RetentionNotEnded,
    RetentionRejectionUnauthorised,
)
from archive.models import RejectionTitle
from archive.objects.key_objects import Named
from archive.values import Uid

# What may follow what: a rejection becomes stricter, never milder.
OVERRIDES: Mapping[str, frozenset[str]] = {
    RejectionTitle.QUALITY: frozenset(),
    RejectionTitle.PATIENT_SAFETY: frozenset({RejectionTitle.QUALITY}),
    RejectionTitle.WORKLIST: frozenset({RejectionTitle.QUALITY}),
    RejectionTitle.RETENTION: frozenset(
        {RejectionTitle.QUALITY, RejectionTitle.PATIENT_SAFETY, RejectionTitle.WORKLIST}
    ),
}
TITLES = frozenset(OVERRIDES)


@dataclass(frozen=True, slots=True)
class Terms:
    """What one customer may correct by sending, on the day."""

    metadata: bool = False
    note_first: bool = True
    retention: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """An object of the asker's own register. What is another's is not known."""

    id: UUID
    study_uid: str
    series_uid: str
    class_uid: str
    rejection: str = ""
    keep_until: date | None = None  # none: not settled, so it is kept


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a note does: objects to hide now, and those it waits for."""

    hide: tuple[UUID, ...]
    awaited: tuple[Named, ...]


def judge(
    title: str,
    named: Iterable[Named],
    known: Mapping[str, Known],
    awaited: Mapping[str, str],
    terms: Terms,
    today: date,
) -> Verdict:
    """`awaited`: titles of earlier notes of the asker whose objects have not come, by UID.

    Raises the same whatever the order in which the objects are named.
    """
    objects = tuple(named)
    if not objects:
        raise DatasetUnreadable("rejection note names no object", tag=0x0040A375)
    if title == RejectionTitle.RETENTION and not terms.retention:
        raise RetentionRejectionUnauthorised()
    here = [(each, known[each.instance_uid]) for each in objects if each.instance_uid in known]
    absent = tuple(each for each in objects if each.instance_uid not in known)
    _require_named_rightly(here)
    _require_uids(absent)
    if absent and (not terms.note_first or title == RejectionTitle.RETENTION):
        raise NothingToReject()
    _require_overriding(title, [object.rejection for _, object in here])
    _require_overriding(title, [awaited.get(each.instance_uid, "") for each in absent])
    if title == RejectionTitle.RETENTION:
        _require_ended(here, today)
    return Verdict(tuple(object.id for _, object in here), absent)


def _require_named_rightly(here: Iterable[tuple[Named, Known]]) -> None:
    """Raises NothingToReject for another path to the object, RejectionClassConflict."""
    pairs = list(here)
    if any(
        (named.study_uid, named.series_uid) != (object.study_uid, object.series_uid)
        for named, object in pairs
    ):
        raise NothingToReject()
    if any(named.class_uid != object.class_uid for named, object in pairs):
        raise RejectionClassConflict()


def _require_uids(absent: Iterable[Named]) -> None:
    """What is no UID will never come, and has no room in a row. Raises DatasetUnreadable."""
    for each in absent:
        try:
            for uid in (each.study_uid, each.series_uid, each.class_uid, each.instance_uid):
                Uid(uid)
        except ValueError:
            said = "rejection note names what is no UID"
            raise DatasetUnreadable(said, tag=0x0040A375) from None


def _require_overriding(title: str, standing: Iterable[str]) -> None:
    if not all(may_follow(title, each) for each in standing):
        raise RejectedAlready()


def may_follow(title: str, standing: str) -> bool:
    """`standing`: how the object is rejected already; empty for one that is not."""
    return not standing or standing in OVERRIDES[title]


def _require_ended(here: Iterable[tuple[Named, Known]], today: date) -> None:
    if any(object.keep_until is None or object.keep_until >= today for _, object in here):
        raise RetentionNotEnded()


def is_refused_again(rejection: str) -> bool:
    """Whether a rejected object is refused when it is sent again (A771).

    One of poor quality is not: it is kept, and the same content is a success as of any object.
    """
    return rejection in OVERRIDES and rejection != RejectionTitle.QUALITY
