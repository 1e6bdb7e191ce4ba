"""Putting right what reconciliation found: each again looked at first, then mended (AR-10)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from enum import StrEnum
from uuid import UUID

from django.db import transaction

from archive import ledger, locks, vault
from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import (
    Document,
    DocumentStatus,
    Finding,
    FindingKind,
    Instance,
    Study,
    StudyState,
)
from archive.services import (
    indexing,
    integrity,
    nameless,
    policies,
    publishing,
    reconciliation,
    registration,
    rejections,
    replaying,
    tombstones,
)
from archive.services.indexing import File, Indexed, Places
from archive.values import now


class Repair(StrEnum):
    """What was done."""

    REGISTERED = "registration"  # is on its way
    WITHDRAWN = "withdrawn"  # a manifest of no study
    REPORTED = "reported"  # damaged: the case tells who must send again
    INDEXED = "indexed"
    SET_ASIDE = "set-aside"  # a manifest of ours that no document names
    DESTROYED = "destroyed"  # once more: the database was one of before
    AGREES = "agrees"  # nothing was left to do
    LEFT = "left"  # cannot be mended here: nothing was touched


def repair(actor: Actor, finding: Finding) -> Repair:
    """Mend one finding; it is settled unless it had to be left."""
    with transaction.atomic():
        done = REPAIRS[FindingKind(finding.kind)](actor, finding)
        if done is not Repair.LEFT:
            Finding.objects.filter(id=finding.id, settled_at=None).update(settled_at=now())
        about = ledger.About(
            environment=finding.environment, subject_id=finding.id, study_id=finding.study_id
        )
        facts = {"what": finding.kind, "done": done.value}
        ledger.record(ledger.Kind.FINDING_REPAIRED, about, facts, actor=actor)
        return done


def _manifest(actor: Actor, finding: Finding) -> Repair:
    rows = Document.objects.filter(id=UUID(finding.key), status=DocumentStatus.APPROVED)
    row = rows.select_related("study", "register").first()
    if row is None or not list(reconciliation.of_manifest(row)):
        return Repair.AGREES
    if row.study is None:
        publishing.deprecate(row, study_id=None, why="no study")
        return Repair.WITHDRAWN
    return _register(row.study)


def _study(actor: Actor, finding: Finding) -> Repair:
    study = Study.objects.filter(id=UUID(finding.key)).first()
    return Repair.AGREES if study is None else _register(study)


def _register(study: Study) -> Repair:
    locks.hold(study.id)
    rejections.wake(study)
    return Repair.REGISTERED


def _late_entry(actor: Actor, finding: Finding) -> Repair:
    """Look for its documents again; a study that still waits is found again."""
    study = Study.objects.filter(id=UUID(finding.key)).first()
    if study is None:
        return Repair.AGREES
    registration.owe(study)
    return Repair.REGISTERED


def _bytes_missing(actor: Actor, finding: Finding) -> Repair:
    row = Instance.objects.filter(id=UUID(finding.key), damaged_at=None).first()
    if row is None or not list(reconciliation.of_instance(row)):
        return Repair.AGREES
    if tombstones.put_in_force(row.study):
        return Repair.DESTROYED
    return Repair.REPORTED if integrity.found_damaged(row.id) else Repair.AGREES


def _destroyed(actor: Actor, finding: Finding) -> Repair:
    study = Study.objects.filter(id=UUID(finding.key)).exclude(state=StudyState.DESTROYED).first()
    known = study is not None and tombstones.put_in_force(study)
    return Repair.DESTROYED if known else Repair.AGREES


def _nameless(actor: Actor, finding: Finding) -> Repair:
    """An object whose row is not there: the receiver was killed, or the database is an earlier one.

    Bytes of an object that is archived with others are never set aside: it may have been answered
    for as its correction.
    """
    digest = bytes.fromhex(finding.key)
    uid = str(finding.facts.get("sop_instance_uid", ""))
    store = vault.where(finding.environment, digest)
    if store and tombstones.is_left(finding.environment, digest, uid):
        return _gone_again(finding.environment, digest)
    if not store or reconciliation.is_named(finding.environment, digest, uid):
        return Repair.AGREES
    try:
        file = indexing.open_file(finding.environment, digest, store)
        places = Places.read()
        policy = policies.for_association(finding.environment)
        outcome = nameless.take_in(file, places, policy)
    except (ArchiveError, ValueError):
        return Repair.LEFT
    if outcome is Indexed.DESTROYED:
        return _gone_again(finding.environment, digest)
    if outcome is Indexed.ADDED:
        return Repair.INDEXED
    if outcome is Indexed.OTHER:
        replaying.take_versions([file, *_others_of(finding, uid)], places)
        if reconciliation.is_named(finding.environment, digest, uid):
            return Repair.INDEXED
    if outcome is Indexed.OURS:
        vault.set_aside(finding.environment, digest)
        return Repair.SET_ASIDE
    return Repair.LEFT


def _gone_again(environment: str, digest: bytes) -> Repair:
    tombstones.remove(environment, {digest})
    return Repair.DESTROYED


def _others_of(finding: Finding, uid: str) -> Iterator[File]:
    """What else was found of the same object: all that was forgotten comes back in its order."""
    rows = Finding.objects.filter(
        kind=finding.kind,
        environment=finding.environment,
        facts__sop_instance_uid=uid,
        settled_at=None,
    ).exclude(id=finding.id)
    for key in rows.values_list("key", flat=True):
        digest = bytes.fromhex(key)
        with suppress(ArchiveError):  # gone, or unreadable: its own repair says so
            store = vault.where(finding.environment, digest)
            yield indexing.open_file(finding.environment, digest, store)


REPAIRS: Mapping[FindingKind, Callable[[Actor, Finding], Repair]] = {
    FindingKind.MANIFEST_WITHOUT_IMAGES: _manifest,
    FindingKind.IMAGES_WITHOUT_ENTRY: _study,
    FindingKind.IMAGES_BEFORE_ENTRY: _late_entry,
    FindingKind.ROW_WITHOUT_BYTES: _bytes_missing,
    FindingKind.DESTROYED_YET_LIVE: _destroyed,
    FindingKind.BYTES_WITHOUT_ROW: _nameless,
}
