"""The imaging rows of the database made again from the vault alone (AR-10).

May be run at any time and any number of times: what is there stays, what is missing is added. Files
first, then the versions among them and what was decided about them, in the order of time.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from archive import ledger, vault
from archive.errors import ArchiveError, ControllerUnauthorised, StorageGone
from archive.models import Environment, Series, Study, StudyState
from archive.rules.admission import Policy
from archive.services import (
    indexing,
    kept_records,
    policies,
    registration,
    set_aside,
    tombstones,
)
from archive.services.decisions import NoteLost
from archive.services.indexing import File, Indexed, Places
from archive.services.replaying import Course

NOT_AS_WRITTEN = (ArchiveError, KeyError, TypeError, ValueError)


@dataclass(slots=True)
class Progress:
    """What has been done, for whoever watches."""

    files: int = 0
    unreadable: int = 0
    versions: int = 0
    decisions: int = 0
    damaged_records: int = 0
    missing: int = 0  # set aside, and named by no row
    lost_notes: int = 0  # of rejection: what they hid is shown
    outcomes: Counter[Indexed] = field(default_factory=Counter)


Tell = Callable[[Progress], None]


def rebuild(tell: Tell, environments: Iterable[str] = tuple(Environment.values)) -> Progress:
    """`tell` hears of every file."""
    progress, places = Progress(), Places.read()
    for environment in environments:
        policy = policies.for_association(environment)
        others: dict[str, list[File]] = defaultdict(list)
        for file in _files(environment, progress):
            if _index(file, places, policy, progress) is Indexed.OTHER:
                others[file.meta.sop_instance_uid].append(file)
            tell(progress)
        course = _course(others, places)
        course.expect_awaited(environment)
        _replay_all(environment, course, progress)
        indexing.tie_to_authorisations(environment)
        progress.missing += set_aside.tell_missing(environment, places)
        set_aside.settle(environment)
        _wake(environment)
    facts = {"files": progress.files, "added": progress.outcomes[Indexed.ADDED]}
    ledger.record(ledger.Kind.INDEX_REBUILT, ledger.About(), facts)
    return progress


def _files(environment: str, progress: Progress) -> Iterator[File]:
    for digest, store in vault.every_object(environment):
        progress.files += 1
        try:
            yield indexing.open_file(environment, digest, store)
        except ArchiveError:
            progress.unreadable += 1


def _index(file: File, places: Places, policy: Policy, progress: Progress) -> Indexed | None:
    try:
        outcome = indexing.index(file, places, policy)
    except (ArchiveError, ValueError):  # ValueError: no patient's identifier
        progress.unreadable += 1
        return None
    if outcome is Indexed.DESTROYED:
        tombstones.remove(file.environment, {file.digest})
    progress.outcomes[outcome] += 1
    return outcome


def _course(others: dict[str, list[File]], places: Places) -> Course:
    course = Course(places)
    for files in others.values():
        course.expect(files)
    return course


def _replay_all(environment: str, course: Course, progress: Progress) -> None:
    """What the records hold, and what came meanwhile. A damaged one must not keep back the later
    ones: what they rejected for safety would be shown again.
    """
    damaged = {
        key
        for key in _in_turn(vault.record_keys(environment))
        if not _replay(environment, key, course, progress)
    }
    course.go_on()
    progress.versions += course.versions
    for key in sorted(damaged):
        kept_records.report_damaged(environment, key)
    kept_records.settle(environment, but=damaged)
    progress.damaged_records += len(damaged)


def _in_turn(keys: Iterable[str]) -> Iterator[str]:
    """Their names are in the order of milliseconds, and say no more: of several in one the records
    are asked.
    """
    for _, found in groupby(keys, key=vault.moment_of):
        together = list(found)
        yield from sorted(together, key=_told_at) if len(together) > 1 else together


def _told_at(key: str) -> datetime:
    try:
        return datetime.fromisoformat(vault.read_record(key)["at"]).astimezone(UTC)
    except StorageGone:
        raise
    except NOT_AS_WRITTEN:  # it is told of in its turn
        return datetime.min.replace(tzinfo=UTC)


def _replay(environment: str, key: str, course: Course, progress: Progress) -> bool:
    """Whether it is as it was written."""
    try:
        record = vault.read_record(key)
        at = datetime.fromisoformat(record["at"])
    except StorageGone:
        raise
    except NOT_AS_WRITTEN:
        return False
    course.go_on(until=at)
    try:
        with transaction.atomic():
            progress.decisions += course.decided(environment, record, at)
    except StorageGone:
        raise
    except ControllerUnauthorised:
        progress.outcomes[Indexed.UNPLACED] += 1
    except NoteLost:
        set_aside.tell_lost_note(environment, record)
        progress.lost_notes += 1
    except NOT_AS_WRITTEN:
        return False
    return True


def _wake(environment: str) -> None:
    """Counts, manifests, register entries and what series say are made by registration, as ever."""
    here = Study.objects.filter(environment=environment).exclude(state=StudyState.DESTROYED)
    unread = Series.objects.filter(study=OuterRef("pk"), requests__isnull=True)
    for study in here.filter(Q(state=StudyState.RECEIVING) | Exists(unread)).iterator():
        registration.owe(study)
