"""All that is stored read again, round after round; damage is dealt with where it shows (AR-10)."""

from collections import Counter
from collections.abc import Callable
from enum import Enum, auto
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from archive import vault
from archive.config import settings
from archive.errors import StorageGone
from archive.models import (
    DestructionItem,
    Document,
    DocumentKind,
    DocumentStatus,
    Environment,
    Instance,
    InstanceVersion,
    ItemState,
    PatientMerge,
    Rejection,
    RetentionHold,
    Round,
    RoundKind,
    Study,
    StudyState,
)
from archive.services import (
    destruction_records,
    error_desk,
    heads,
    hold_records,
    integrity,
    kept_records,
    merge_records,
    registration,
    rounds,
    set_aside,
    tombstones,
)
from archive.services.error_desk import What
from archive.services.rounds import VERIFY, Slice

M = TypeVar("M", bound=Model)

SLICE_SECONDS = 5  # of reading at the allowed rate
ROWS = 1_000  # of a slice at most
UNREAD = "unread"  # the fact by which such a case is found again


def step() -> bool:
    """One slice. For the beat, and for whoever cannot wait."""
    return rounds.step(RoundKind.VERIFICATION, PARTS, per_second=settings().verify_bytes_per_second)


def begin() -> Round | None:
    """A round before its time, when a person asks for it."""
    return rounds.begin(RoundKind.VERIFICATION, next(iter(PARTS)))


class Seen(Enum):
    """What became of the bytes of a row."""

    WHOLE = auto()
    DAMAGED = auto()
    DESTROYED = auto()  # with their study, whose record says so
    UNREAD = auto()  # their store answers, but not about them


def _walk(rows: QuerySet[M], position: str, check: Callable[[M], tuple[int, Seen]]) -> Slice:
    """Check rows behind a key until the slice is full: size and what was seen, of each."""
    budget = settings().verify_bytes_per_second * SLICE_SECONDS
    size, last, counts, unread = 0, "", Counter[Seen](), _unread()
    for row in rounds.behind(rows, position, ROWS):
        read, seen = _checked(row, check)
        if row.pk in unread and seen is Seen.WHOLE:
            error_desk.settle(row.pk, VERIFY.step)
        size, last = size + read, str(row.pk)
        counts[seen] += 1
        if size >= budget:
            break
    else:
        last = last if counts.total() == ROWS else ""
    return Slice(last, counts.total(), size, counts[Seen.DAMAGED], counts[Seen.DESTROYED])


def _checked(row: M, check: Callable[[M], tuple[int, Seen]]) -> tuple[int, Seen]:
    """What its store alone cannot give, while it gives others, is a case and holds up no round.
    Raises StorageGone when the store is away.
    """
    try:
        return check(row)
    except StorageGone:
        vault.require_stores(Environment.values, [getattr(row, "store", "")])
    try:
        return check(row)
    except StorageGone as error:
        what, facts = What(subject_id=row.pk), {UNREAD: type(row).__name__}
        place, of = VERIFY, _environment(row)
        error_desk.report(error, environment=of, place=place, what=what, facts=facts, once=True)
        return 0, Seen.UNREAD


def _environment(row: Model) -> str:
    if isinstance(row, InstanceVersion):
        return row.instance.environment
    return str(getattr(row, "environment", Environment.PRODUCTION))


def _unread() -> set[UUID | None]:
    """Rows of which a case says that they could not be read."""
    return {
        subject_id
        for environment in Environment.values
        for subject_id in error_desk.open_events(environment, VERIFY, UNREAD).values_list(
            "subject_id", flat=True
        )
    }


def _seen(study_id: UUID, *, whole: bool) -> Seen:
    if whole:
        return Seen.WHOLE
    gone = Study.objects.filter(id=study_id, state=StudyState.DESTROYED)
    return Seen.DESTROYED if gone.exists() else Seen.DAMAGED


def _instances(position: str) -> Slice:
    rows = Instance.objects.select_related("study__register", "study__connection")

    def check(row: Instance) -> tuple[int, Seen]:
        if row.study.state == StudyState.DESTROYED:
            return 0, Seen.WHOLE  # only the row is left
        whole = integrity.is_as_told(row)
        if whole and row.damaged_at is None:
            heads.keep(row)
        return row.size, _seen(row.study_id, whole=whole)

    return _walk(rows, position, check)


def _versions(position: str) -> Slice:
    """Bytes that are in force no more, or not yet."""
    related = ("instance__study__register", "instance__study__connection")
    rows = InstanceVersion.objects.select_related(*related)

    def check(row: InstanceVersion) -> tuple[int, Seen]:
        if row.instance.study.state == StudyState.DESTROYED:
            return 0, Seen.WHOLE
        is_in_force = bytes(row.instance.digest) == bytes(row.digest)
        if is_in_force and row.damaged_at is None:
            return 0, Seen.WHOLE  # seen among the objects
        whole = integrity.is_version_whole(row)
        if whole:
            heads.keep_version(row)
        whole = whole or row.damaged_at is not None  # told of already
        return row.size, _seen(row.instance.study_id, whole=whole)

    return _walk(rows, position, check)


def _notes(position: str) -> Slice:
    rows = integrity.notes_kept()

    def check(row: Rejection) -> tuple[int, Seen]:
        if not integrity.is_note_whole(row):
            return row.size, Seen.DAMAGED
        heads.keep_note(row)
        return row.size, Seen.WHOLE

    return _walk(rows, position, check)


def _manifests(position: str) -> Slice:
    """A damaged manifest is set aside, and registration makes another."""
    rows = Document.objects.filter(kind=DocumentKind.MANIFEST, status=DocumentStatus.APPROVED)

    def check(row: Document) -> tuple[int, Seen]:
        digest = bytes.fromhex(row.vault_key)
        if vault.is_whole(row.environment, digest):
            return row.size, Seen.WHOLE
        if row.study is not None and tombstones.put_in_force(row.study):
            return row.size, Seen.DESTROYED
        if row.study is not None:
            if not integrity.out_of_the_way(row.environment, digest):
                return row.size, Seen.WHOLE  # it was moved while it was read
            registration.owe(row.study)
        return row.size, Seen.DAMAGED

    return _walk(rows.exclude(vault_key="").select_related("study"), position, check)


def _destroyed(position: str) -> Slice:
    """Of each destroyed study the vault has a record, which is written anew where it is not."""
    rows = DestructionItem.objects.filter(state=ItemState.DESTROYED)

    def check(row: DestructionItem) -> tuple[int, Seen]:
        tombstones.keep_missing(row)
        return 0, Seen.WHOLE

    return _walk(rows.select_related("study", "list", "rule"), position, check)


def _merges(position: str) -> Slice:
    """The same of each merge."""

    def check(row: PatientMerge) -> tuple[int, Seen]:
        merge_records.keep(row.id)
        return 0, Seen.WHOLE

    return _walk(PatientMerge.objects.all(), position, check)


def _holds(position: str) -> Slice:
    """The same of each hold."""

    def check(row: RetentionHold) -> tuple[int, Seen]:
        hold_records.keep(row.id)
        return 0, Seen.WHOLE

    return _walk(RetentionHold.objects.all(), position, check)


def _records(position: str) -> Slice:
    """What was decided, as the vault has it. At their end, what came right meanwhile is settled."""
    seen = kept_records.look(position, settings().verify_bytes_per_second * SLICE_SECONDS)
    if not seen.position:
        destruction_records.keep_missing()
        for environment in Environment.values:
            kept_records.settle(environment)
            set_aside.settle(environment)
    return seen


PARTS = {
    "instances": _instances,
    "versions": _versions,
    "notes": _notes,
    "manifests": _manifests,
    "destroyed": _destroyed,
    "merges": _merges,
    "holds": _holds,
    "records": _records,
}
