"""Register against archive: what one has and the other has not, found in rounds (AR-10)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from archive import vault
from archive.errors import DatasetUnreadable, InstanceUnknown
from archive.models import (
    Document,
    DocumentKind,
    DocumentStatus,
    Environment,
    Finding,
    FindingKind,
    Instance,
    InstanceVersion,
    Job,
    JobKind,
    Rejection,
    Round,
    RoundKind,
    Study,
    StudyState,
)
from archive.rules.retention import IN_FLUX
from archive.services import publishing, rounds, tombstones
from archive.services.doubts import SETTLED_SECONDS
from archive.services.rounds import Slice
from archive.values import now

Named = tuple[str, bytes]  # a UID and a digest
_NAMING = ("sop_instance_uid", "digest")
ROWS = 500  # of a slice at most
UNSEEN = timedelta(hours=1)  # after which a study that is on its way has been forgotten
FOLDERS_AT_ONCE = 64
PER_SECOND = 1_000  # rows, or files, looked at
FOLDERS = tuple(
    f"{environment}/{folder}" for environment in Environment.values for folder in vault.FOLDERS
)


@dataclass(frozen=True, slots=True)
class Found:
    """A disagreement; `key` names it from round to round."""

    kind: FindingKind
    environment: str
    key: str
    study_id: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def step() -> bool:
    """One slice; with the last one what was not found again is settled."""
    moved = rounds.step(RoundKind.RECONCILIATION, PARTS, per_second=PER_SECOND)
    if moved:
        _settle_unseen()
    return moved


def begin() -> Round | None:
    """A round before its time, when a person asks for it."""
    return rounds.begin(RoundKind.RECONCILIATION, next(iter(PARTS)))


def _settle_unseen() -> None:
    last = Round.objects.filter(kind=RoundKind.RECONCILIATION).order_by("-number").first()
    if last is not None and last.ended_at is not None:
        Finding.objects.filter(settled_at=None, seen_at__lt=last.started_at).update(
            settled_at=last.ended_at
        )


def note(found: Iterable[Found]) -> int:
    """Keep what was found; what stands open already is seen again. How many."""
    at, count = now(), 0
    for each in found:
        count += 1
        Finding.objects.update_or_create(
            kind=each.kind,
            environment=each.environment,
            key=each.key,
            settled_at=None,
            defaults={"seen_at": at, "study_id": each.study_id, "facts": dict(each.facts)},
            create_defaults={
                "seen_at": at,
                "found_at": at,
                "study_id": each.study_id,
                "facts": dict(each.facts),
            },
        )
    return count


# --- the parts of a round -------------------------------------------------------------------------


def _slice(rows: list[Any], found: int) -> Slice:
    """Each row counts as one for the rate."""
    more = len(rows) == ROWS
    return Slice(str(rows[-1].pk) if more else "", len(rows), len(rows), found)


def _manifests(position: str) -> Slice:
    rows = Document.objects.filter(kind=DocumentKind.MANIFEST, status=DocumentStatus.APPROVED)
    page = rounds.behind(rows.select_related("study"), position, ROWS)
    return _slice(page, note(found for row in page for found in of_manifest(row)))


def of_manifest(row: Document) -> Iterator[Found]:
    """A manifest in force that names what is not there, or not given out."""
    study = row.study
    if study is None and not row.vault_key:
        return  # a source's, of a study that is not archived here (RAD-68)
    if study is not None and study.state in IN_FLUX:
        return  # it is being looked at anyway
    if study is None or publishing.names_rejected(study) or not publishing.has_objects(study):
        facts = {"unique_id": row.unique_id}
        kind = FindingKind.MANIFEST_WITHOUT_IMAGES
        yield Found(kind, row.environment, str(row.id), row.study_id, facts)


def _studies(position: str) -> Slice:
    manifest = Document.objects.filter(
        study=OuterRef("pk"), kind=DocumentKind.MANIFEST, status=DocumentStatus.APPROVED
    )
    shown = Instance.objects.available().kept().filter(study=OuterRef("pk"))
    live = Job.objects.filter(
        kind=JobKind.REGISTRATION, subject_id=OuterRef("pk"), state__in=("waiting", "running")
    )
    told = Study.objects.annotate(
        has_manifest=Exists(manifest), shows=Exists(shown), moves=Exists(live)
    )
    page = rounds.behind(told, position, ROWS)
    return _slice(page, note(found for row in page for found in of_study(row)))


def of_study(row: Any) -> Iterator[Found]:
    """Images without an entry, or before the note that should have come first. The row carries
    `has_manifest`, `shows` and `moves`.
    """
    facts = {"state": row.state}
    if not row.shows:
        return
    if row.state == StudyState.WAITING:
        if "study-entry" in row.waits_for.split(","):
            kind = FindingKind.IMAGES_BEFORE_ENTRY
            yield Found(kind, row.environment, str(row.id), row.id, facts)
        return
    forgotten = row.state in IN_FLUX and not row.moves and row.received_at < now() - UNSEEN
    lost = row.state not in IN_FLUX and not row.has_manifest
    if forgotten or lost:
        yield Found(FindingKind.IMAGES_WITHOUT_ENTRY, row.environment, str(row.id), row.id, facts)


def _instances(position: str) -> Slice:
    page = rounds.behind(Instance.objects.select_related("study"), position, ROWS)
    return _slice(page, note(found for row in page for found in of_instance(row)))


def of_instance(row: Instance) -> Iterator[Found]:
    """A row whose bytes are not there; they are not read. Destroyed ones are no loss, and damaged
    ones are told of.
    """
    if row.damaged_at is not None or row.study.state == StudyState.DESTROYED:
        return
    if vault.where(row.environment, bytes(row.digest), row.store):
        return
    if tombstones.is_destroyed(row.study):
        kind = FindingKind.DESTROYED_YET_LIVE
        yield Found(kind, row.environment, str(row.study_id), row.study_id)
        return
    facts = {"sop_instance_uid": row.sop_instance_uid}
    yield Found(FindingKind.ROW_WITHOUT_BYTES, row.environment, str(row.id), row.study_id, facts)


def _files(position: str) -> Slice:
    """Some folders of the vault, whole."""
    first = FOLDERS.index(position) + 1 if position else 0
    checked = count = 0
    for place in FOLDERS[first : first + FOLDERS_AT_ONCE]:
        environment, folder = place.split("/")
        listed = _old(environment, folder)
        checked, count = checked + len(listed), count + note(_nameless(environment, listed))
        position = place
        if checked >= ROWS:
            break
    return Slice("" if position == FOLDERS[-1] else position, checked, checked, count)


def _old(environment: str, folder: str) -> list[tuple[bytes, str]]:
    """Files whose row would be there by now, and that would be gone if they had been refused."""
    before = now() - timedelta(seconds=SETTLED_SECONDS)
    listed = vault.listed(environment, folder)
    return [(digest, store) for digest, written_at, store in listed if written_at < before]


def _nameless(environment: str, listed: list[tuple[bytes, str]]) -> Iterator[Found]:
    for digest, store in listed:
        try:
            uid = vault.read_meta(environment, digest, store).sop_instance_uid
        except (DatasetUnreadable, InstanceUnknown):
            uid = ""
        named = is_named(environment, digest, uid)
        if not named or tombstones.is_left(environment, digest, uid):
            facts = {"sop_instance_uid": uid, "store": store}
            yield Found(FindingKind.BYTES_WITHOUT_ROW, environment, digest.hex(), None, facts)


def is_named(environment: str, digest: bytes, uid: str) -> bool:
    """Whether any row names these bytes, found by the UID that they say is theirs."""
    return (uid, digest) in all_named(environment, [(uid, digest)])


def all_named(environment: str, said: Collection[Named]) -> set[Named]:
    """Those of these bytes that rows name, each with the UID that it says is its own."""
    uids = {uid for uid, _ in said}
    instances = Instance.objects.filter(environment=environment, sop_instance_uid__in=uids)
    named = {(uid, bytes(digest)) for uid, digest in instances.values_list(*_NAMING)}
    if not (others := {uid for uid, digest in said if (uid, digest) not in named}):
        return named.intersection(said)
    rows = instances.filter(sop_instance_uid__in=others)
    versions = InstanceVersion.objects.filter(instance__in=rows)
    notes = Rejection.objects.filter(environment=environment, note_uid__in=others)
    manifests = Document.objects.filter(environment=environment, unique_id__in=others)
    for uid, digest in (
        *versions.values_list("instance__sop_instance_uid", "digest"),
        *notes.values_list("note_uid", "digest"),
    ):
        named.add((uid, bytes(digest)))
    keys = set(manifests.values_list("unique_id", "vault_key"))
    named.update(each for each in said if (each[0], each[1].hex()) in keys)
    return named.intersection(said)


PARTS = {
    "manifests": _manifests,
    "studies": _studies,
    "instances": _instances,
    "files": _files,
}
