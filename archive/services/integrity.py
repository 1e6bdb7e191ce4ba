"""Damaged bytes: set aside, on the desk, never given out, healed by the same bytes (AR-10)."""

import logging
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from archive import ledger, vault
from archive.actors import SYSTEM, Actor
from archive.errors import BytesDamaged, StorageFull, StorageGone
from archive.errors.retention import StudyDestroyed
from archive.models import (
    Instance,
    InstanceVersion,
    RejectedObject,
    Rejection,
    Study,
    StudyState,
)
from archive.objects.part10 import FileMeta
from archive.services import error_desk, notices, tombstones
from archive.services.error_desk import STORE, What, Who
from archive.services.rounds import VERIFY
from archive.values import now

log = logging.getLogger(__name__)

SENT_AGAIN, BY_STAFF, PUT_BACK = "sent again", "by staff", "put back"


def is_whole(instance: Instance) -> bool:
    """Read the digest again, in bounded memory; a damaged object is by then set aside and on the
    desk.
    """
    if instance.damaged_at is not None:
        return False
    if vault.is_whole(instance.environment, bytes(instance.digest), instance.store):
        return True
    return not found_damaged(instance.id)


def is_as_told(instance: Instance) -> bool:
    """The same in rounds, which look at a damaged one again: a person may have put it back, or its
    disk did not read for a while. False for damage that is new.
    """
    if instance.damaged_at is None:
        return is_whole(instance)
    put_back(instance.id, bytes(instance.digest))
    return True


def found_damaged(instance_id: UUID) -> bool:
    """Take the bytes out of the way, mark the object, open a case; once. They are read again first:
    who sent the object again may have healed it, and False is told. Nobody is asked for those of a
    study that was destroyed, nor for one whose row was taken back with its bytes.
    """
    study = Study.objects.filter(instances=instance_id).first()
    if study is None or tombstones.put_in_force(study):
        return True
    with transaction.atomic():
        row = _found(instance_id)
        if row is None or row.damaged_at is not None or row.study.state == StudyState.DESTROYED:
            return True
        if vault.is_whole(row.environment, bytes(row.digest), row.store):
            return False
        if not out_of_the_way(row.environment, bytes(row.digest)):
            return False
        Instance.objects.filter(id=row.id).update(damaged_at=now())
        facts = {"sop_instance_uid": row.sop_instance_uid, "version": row.version}
        ledger.record(ledger.Kind.OBJECT_DAMAGED, _about(row), facts)
        _on_desk(row, bytes(row.digest), row.id)
    return True


def out_of_the_way(environment: str, digest: bytes) -> bool:
    """False if they turn out whole. Those that cannot be moved are damaged all the same: what is
    marked so is never read.
    """
    try:
        return vault.set_damaged_aside(environment, digest)
    except (OSError, StorageFull, StorageGone) as error:
        log.error("damaged bytes of %s stay where they are: %s", digest.hex(), error)
        return True


def is_destroyed(instance_id: UUID) -> bool:
    return Study.objects.filter(instances=instance_id, state=StudyState.DESTROYED).exists()


def is_version_whole(version: InstanceVersion) -> bool:
    """The same for bytes that are in force no more, or not yet: nobody is given them. What was
    damaged is looked at again, for a person may have put it back.
    """
    row, digest = version.instance, bytes(version.digest)
    if vault.is_whole(row.environment, digest, version.store):
        if version.damaged_at is not None:
            _version_healed(version)
        return True
    if version.damaged_at is not None:
        return False
    if tombstones.put_in_force(row.study):
        return True
    with transaction.atomic():
        if _locked(row.id).study.state == StudyState.DESTROYED:
            return True  # its bytes went meanwhile
        if not out_of_the_way(row.environment, digest):
            return True  # it came again, or was moved, while it was read
        InstanceVersion.objects.filter(id=version.id).update(damaged_at=now())
        _on_desk(row, digest, version.id)
    return False


def notes_kept() -> QuerySet[Rejection]:
    """Those whose bytes are to be there: notes of destroyed studies alone went with them."""
    named = RejectedObject.objects.filter(rejection=OuterRef("pk"))
    gone = named.filter(instance__study__state=StudyState.DESTROYED)
    left = named.filter(instance=None) | named.exclude(instance__study__state=StudyState.DESTROYED)
    return Rejection.objects.exclude(Exists(gone) & ~Exists(left))


def is_note_whole(note: Rejection) -> bool:
    """The same for a rejection note, which the index is made again from."""
    digest = bytes(note.digest)
    if vault.is_whole(note.environment, digest):
        error_desk.settle(note.id, VERIFY.step)  # a person may have put it back
        return True
    if note.study is not None:
        tombstones.put_in_force(note.study)
    if not notes_kept().filter(id=note.id).exists():
        return True  # its bytes went meanwhile
    if not out_of_the_way(note.environment, digest):
        return True  # it came again, or was moved, while it was read
    what = What(study_id=note.study_id, subject_id=note.id, sop_instance_uid=note.note_uid)
    report_damaged(note.environment, digest, note.organisation_id, what)
    return False


def _on_desk(row: Instance, digest: bytes, subject_id: UUID) -> None:
    what = What(
        study_id=row.study_id,
        subject_id=subject_id,
        accession_number=row.study.accession_number,
        study_instance_uid=row.study.study_instance_uid,
        sop_instance_uid=row.sop_instance_uid,
    )
    report_damaged(row.environment, digest, row.study.register.organisation_id, what)


def report_damaged(
    environment: str, digest: bytes, organisation_id: UUID | None, what: What
) -> None:
    """A case, once: its fault is ours, and who stored the object should not delete its copy."""
    error_desk.report(
        BytesDamaged(facts={"digest": digest.hex()}),
        environment=environment,
        place=VERIFY,
        who=Who(organisation_id, None),
        what=what,
        once=True,
    )


def heal_from(incoming: vault.Incoming, meta: FileMeta, instance_id: UUID) -> None:
    """The very bytes were sent again: they are kept anew, under the digest that `meta` speaks of.
    Durable on return. Raises StudyDestroyed.
    """
    _keep_anew(incoming, meta, instance_id)
    _healed(instance_id, how=SENT_AGAIN, actor=SYSTEM)


def heal_version(incoming: vault.Incoming, meta: FileMeta, version: InstanceVersion) -> None:
    """The same for a version that came again; one that is whole stays. Raises StudyDestroyed."""
    stands = meta.environment, bytes(version.digest), version.store
    if version.damaged_at is None and vault.is_whole(*stands) and vault.make_durable(*stands):
        return
    kept_as = replace(meta, digest_algorithm=version.digest_algorithm)
    _keep_anew(incoming, kept_as, version.instance_id)
    _version_healed(version)


def _keep_anew(incoming: vault.Incoming, meta: FileMeta, instance_id: UUID) -> None:
    """Whoever destroys the study later finds the bytes; if it was destroyed meanwhile, or its row
    taken back, they go again.
    """
    kept = incoming.keep(meta)
    states = Study.objects.filter(instances=instance_id).values_list("state", flat=True)
    state = states.first()
    if state in (None, StudyState.DESTROYED):
        vault.doubt(meta.environment, kept.digest, meta.sop_instance_uid)
        raise StudyDestroyed() if state else StorageGone("its row was taken back a moment ago")


def _version_healed(version: InstanceVersion) -> None:
    store = vault.where(version.instance.environment, bytes(version.digest))
    InstanceVersion.objects.filter(id=version.id).update(damaged_at=None, store=store)
    error_desk.settle(version.id, VERIFY.step)
    if version.instance.damaged_at is None:  # found when this version was in force
        error_desk.settle(version.instance_id, VERIFY.step)


def heal_note(incoming: vault.Incoming, meta: FileMeta, note: Rejection) -> None:
    """The same for a rejection note that came again."""
    if not is_note_whole(note):
        incoming.keep(meta)
        error_desk.settle(note.id, VERIFY.step)


def look_again(actor: Actor, instance_id: UUID) -> bool:
    """A person has put the file back, from a copy: whether the object is whole now."""
    row = Instance.objects.get(id=instance_id)
    if not vault.is_whole(row.environment, bytes(row.digest)):
        return False
    _healed(instance_id, how=BY_STAFF, actor=actor)
    return True


def put_back(instance_id: UUID, digest: bytes) -> None:
    """Bytes that were taken away in doubt stand again: who named them may have been found damaged
    meanwhile.
    """
    damaged = Instance.objects.filter(id=instance_id, digest=digest).exclude(damaged_at=None)
    for row in damaged:
        if vault.is_whole(row.environment, digest):
            _healed(row.id, how=PUT_BACK, actor=SYSTEM)
    for version in (
        InstanceVersion.objects.filter(instance_id=instance_id, digest=digest)
        .exclude(damaged_at=None)
        .select_related("instance")
    ):
        is_version_whole(version)


def _healed(instance_id: UUID, *, how: str, actor: Actor) -> None:
    with transaction.atomic():
        row = _locked(instance_id)
        if row.damaged_at is None:
            return
        error_desk.settle(instance_id, VERIFY.step)
        store = vault.where(row.environment, bytes(row.digest))
        Instance.objects.filter(id=row.id).update(damaged_at=None, store=store)
        facts = {"sop_instance_uid": row.sop_instance_uid, "how": how}
        ledger.record(ledger.Kind.OBJECT_RESTORED, _about(row), facts, actor=actor)
        notices.tell_again(row.study_id, since=row.damaged_at)
    study_uid, uid = row.study.study_instance_uid, row.sop_instance_uid
    error_desk.settle_healed(row.environment, study_uid, uid, STORE.step)


def _locked(instance_id: UUID) -> Instance:
    row = _found(instance_id)
    if row is None:
        raise Instance.DoesNotExist()
    return row


def _found(instance_id: UUID) -> Instance | None:
    """Its row, locked; None when it was taken back (`unsettled`)."""
    rows = Instance.objects.select_for_update(of=("self",)).select_related("study__register")
    return rows.filter(id=instance_id).first()


def _about(row: Instance) -> ledger.About:
    return ledger.About.of_study(row.study, subject_id=row.id)
