"""Metadata corrected by its customer: the same objects again, with another patient or study (AR-7).

The bytes as sent are a new version of the object; the earlier ones stay in the vault. What names a
study (`StudyFacts`) changes for all its objects at once, when the last of them has come: until then
the study is what it was.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, QuerySet

from archive import jobs, locks, vault
from archive.actors import SYSTEM
from archive.config import settings
from archive.errors import OtherContent
from archive.models import (
    Correction,
    CorrectionOrigin,
    CorrectionState,
    Instance,
    InstanceVersion,
    JobKind,
    Study,
)
from archive.objects import coercion, sameness, study_facts
from archive.objects.elements import Bytes
from archive.objects.header import Header, read_header
from archive.objects.part10 import FileMeta
from archive.objects.study_facts import ACCOMPANYING, StudyFacts
from archive.services import correction_cases, study_moves
from archive.services.associations import Peer
from archive.services.correction_likeness import (
    LATER,
    are_alike,
    facts_in,
    overtaken,
    say_what_finds,
    to_come,
)
from archive.services.rows import Archived
from archive.values import now

FOLLOWED: Mapping[str, str] = {
    "state": CorrectionState.UNDONE,
    "undone_by": SYSTEM.name,
    "undone_why": "followed by a later correction",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """An object that came again, admitted; its bytes are not kept yet."""

    header: Header
    incoming: vault.Incoming
    transfer_syntax_uid: str
    meta: FileMeta


def offer(
    peer: Peer, archived: Archived, held: Bytes, sent: Sent, *, superseded: bool = False
) -> None:
    """Take a corrected object; durable on return. `held` are the bytes in force. `superseded`: it
    came before them, and is kept as a version that is in force no more.

    Raises OtherContent when more differs than patient and study, StudyDestroyed, StorageGone.
    """
    with sent.incoming.view() as data:
        changed = sameness.changed_elements(
            held,
            archived.transfer_syntax_uid,
            data,
            sent.transfer_syntax_uid,
            study_facts.is_correctable,
        )
    if changed is None or not changed - ACCOMPANYING:
        raise OtherContent()
    originals = b""
    if not superseded:
        originals = coercion.originals_in(held, archived.transfer_syntax_uid, changed)
    before = StudyFacts.of(read_header(held, archived.transfer_syntax_uid))
    after = StudyFacts.of(sent.header)
    kept = sent.incoming.keep(sent.meta)
    with transaction.atomic():
        locks.hold(archived.study_id)
        if refusal := overtaken(archived):
            vault.doubt(sent.meta.environment, kept.digest, sent.meta.sop_instance_uid)
            raise refusal
        if superseded:
            correction = _superseded(peer, archived.study_id, before, after, sent.meta)
        else:
            correction = _correction(peer, archived.study_id, before, after, sent.meta)
        version = _add_version(archived.id, correction, sent, kept, originals)
        if correction.state == CorrectionState.IN_FORCE:
            put_in_force(version)
            say_what_finds(archived.study_id, [version])
        elif correction.state == CorrectionState.GATHERING:
            _look_later(correction)


def earlier_version(archived: Archived, digests: Collection[bytes]) -> InstanceVersion | None:
    """What these bytes were of an object once, and are not meant to be again.

    Of a correction that is still being gathered they are simply known.
    """
    rows = _versions(archived, digests)
    return rows.exclude(correction__state=CorrectionState.GATHERING).first()


def gathered_version(archived: Archived, digests: Collection[bytes]) -> InstanceVersion | None:
    """As what these bytes came before, for a correction of which a part is still missing."""
    rows = _versions(archived, digests).filter(LATER)
    return rows.filter(correction__state=CorrectionState.GATHERING).first()


def _versions(archived: Archived, digests: Collection[bytes]) -> QuerySet[InstanceVersion]:
    rows = InstanceVersion.objects.select_related("instance")
    return rows.filter(instance_id=archived.id, digest__in=digests)


def _correction(
    peer: Peer, study_id: UUID, before: StudyFacts, after: StudyFacts, meta: FileMeta
) -> Correction:
    """The one that objects corrected alike belong to. When the study stays what it was, it holds at
    once; else when all its objects have come.
    """
    stays = before == after
    state = CorrectionState.IN_FORCE if stays else CorrectionState.GATHERING
    known = Correction.objects.filter(study_id=study_id, mark=after.mark(), state=state)
    if stays:
        known = known.filter(batch_id=peer.association_id)
    found = known.first()
    if found is not None:
        return found
    in_force_at = meta.received_at if stays else None
    correction = _made(peer, study_id, before, after, meta, state=state, in_force_at=in_force_at)
    if stays:
        study_moves.tell(correction, changed=[])
    return correction


def _superseded(
    peer: Peer, study_id: UUID, before: StudyFacts, after: StudyFacts, meta: FileMeta
) -> Correction:
    """One that a later one had followed before it was known of."""
    known = Correction.objects.filter(study_id=study_id, mark=after.mark(), **FOLLOWED)
    return known.first() or _made(
        peer, study_id, before, after, meta, undone_at=meta.received_at, **FOLLOWED
    )


def _made(
    peer: Peer,
    study_id: UUID,
    before: StudyFacts,
    after: StudyFacts,
    meta: FileMeta,
    **standing: object,
) -> Correction:
    return Correction.objects.create(
        environment=peer.environment,
        study_id=study_id,
        batch_id=peer.association_id,
        origin=CorrectionOrigin.STORED,
        mark=after.mark(),
        before=before.to_json(),
        after=after.to_json(),
        connection_id=peer.connection_id,
        actor_kind=peer.actor.kind,
        actor_id=peer.actor.id,
        actor_name=peer.actor.name[:200],
        made_at=meta.received_at,
        **standing,
    )


def _add_version(
    instance_id: UUID,
    correction: Correction,
    sent: Sent,
    kept: vault.Kept,
    originals: bytes,
) -> InstanceVersion:
    instance = Instance.objects.select_for_update().get(id=instance_id)
    versions = InstanceVersion.objects.filter(instance=instance)
    last = versions.aggregate(last=Max("number"))["last"]
    if last is None:
        last = keep_first(instance).number
    return InstanceVersion.objects.create(
        instance=instance,
        number=last + 1,
        correction=correction,
        transfer_syntax_uid=sent.transfer_syntax_uid,
        digest=kept.digest,
        digest_algorithm=kept.digest_algorithm,
        size=kept.size,
        store=kept.store,
        association_id=correction.batch_id,
        received_at=sent.meta.received_at,
        originals=originals,
    )


def keep_first(instance: Instance) -> InstanceVersion:
    """The row of what was archived first, made when a second version comes."""
    return InstanceVersion.objects.create(
        instance=instance,
        number=instance.version,
        transfer_syntax_uid=instance.transfer_syntax_uid,
        digest=instance.digest,
        digest_algorithm=instance.digest_algorithm,
        size=instance.size,
        store=instance.store,
        association_id=instance.association_id,
        received_at=instance.received_at,
    )


def put_in_force(version: InstanceVersion) -> None:
    """From now on the object's bytes are these."""
    Instance.objects.filter(id=version.instance_id).update(
        version=version.number,
        transfer_syntax_uid=version.transfer_syntax_uid,
        digest=version.digest,
        digest_algorithm=version.digest_algorithm,
        size=version.size,
        store=version.store,
        damaged_at=None,
    )


# --- when all objects have come -------------------------------------------------------------------


def _look_later(correction: Correction) -> None:
    jobs.defer(
        JobKind.CORRECTION,
        correction.study_id,
        environment=correction.environment,
        study_id=correction.study_id,
        not_before=now() + timedelta(seconds=settings().quiet_seconds),
    )


def look_now(study_id: UUID, environment: str) -> None:
    """The association that brought corrected objects has ended: the rest may have come."""
    jobs.defer(JobKind.CORRECTION, study_id, environment=environment, study_id=study_id)


def settle(study_id: UUID, *, replayed_at: datetime | None = None) -> datetime | None:
    """Put in force what has come whole; when to look again, or None when nothing is gathered.
    `replayed_at`: as it was then, when what has come since was not there.
    """
    with transaction.atomic():
        locks.hold(study_id)
        _join_alike(study_id, replayed_at)
    gathered = _gathered(study_id, replayed_at)
    again = {
        each.id: at for each in gathered.order_by("made_at") if (at := _settle(each, replayed_at))
    }
    left = gathered.values_list("id", flat=True)
    return min((at for each in left if (at := again.get(each))), default=None)


def _gathered(study_id: UUID, replayed_at: datetime | None) -> QuerySet[Correction]:
    rows = Correction.objects.filter(study_id=study_id, state=CorrectionState.GATHERING)
    if replayed_at is None:
        return rows
    return rows.filter(made_at__lte=replayed_at).exclude(versions__received_at__gt=replayed_at)


def _shown(study_id: UUID, replayed_at: datetime | None) -> QuerySet[Instance]:
    rows = Instance.objects.available().filter(study_id=study_id)
    return rows if replayed_at is None else rows.filter(received_at__lte=replayed_at)


def _join_alike(study_id: UUID, replayed_at: datetime | None) -> None:
    """Objects of one study may differ in what none of them was corrected in, a study time perhaps:
    each kept its own, and they are one correction all the same.
    """
    gathered = _gathered(study_id, replayed_at)
    rows = InstanceVersion.objects.filter(correction__in=gathered)
    newest = {row.instance_id: row for row in rows.filter(LATER).order_by("number")}
    parts = list(gathered.filter(id__in={row.correction_id for row in newest.values()}))
    if len(parts) < 2 or not are_alike(_shown(study_id, replayed_at), newest):
        return
    study = study_moves.facts_of(Study.objects.select_related("patient").get(id=study_id))
    changes = {each.id: study.changes(StudyFacts.from_json(each.after)) for each in parts}
    whole = min(parts, key=lambda each: (len(changes[each.id]), each.made_at))
    others = [each.id for each in parts if each.id != whole.id]
    rows.filter(correction__in=others).update(correction=whole)
    Correction.objects.filter(id__in=others).delete()


def _settle(correction: Correction, replayed_at: datetime | None) -> datetime | None:
    with transaction.atomic():
        locks.hold(correction.study_id)
        versions = to_come(correction)
        if not versions:
            # Unless another worker has just put it in force.
            gathered = Correction.objects.filter(id=correction.id, state=CorrectionState.GATHERING)
            gathered.update(**FOLLOWED, undone_at=replayed_at or now())
            correction_cases.settle(correction.study_id)
            return None
        objects = _shown(correction.study_id, replayed_at)
        others = objects.exclude(id__in=list(versions))
        last_at = max(version.received_at for version in versions.values())
        quiet_at = last_at + timedelta(seconds=settings().quiet_seconds)
        if (replayed_at or now()) < quiet_at and others.exists():
            return quiet_at
        # Those that always said so need not come again.
        marks = (facts_in(row.environment, row).mark() for row in others.iterator())
        missing = sum(mark != correction.mark for mark in marks)
        if not missing or are_alike(objects, versions):
            _complete(correction, versions, last_at, replayed_at or now())
            return None
    if replayed_at is not None:
        return None
    late_at = quiet_at + timedelta(hours=settings().correction_patience_hours)
    if now() < late_at:
        return late_at
    correction_cases.incomplete(correction, here=len(versions), missing=missing)
    return None


def newest_versions(correction: Correction) -> dict[UUID, InstanceVersion]:
    """Of each object the last that came for this correction."""
    rows = InstanceVersion.objects.filter(correction=correction).order_by("number")
    return {row.instance_id: row for row in rows}


def _complete(
    correction: Correction,
    versions: Mapping[UUID, InstanceVersion],
    at: datetime,
    found_at: datetime,
) -> None:
    """All objects are corrected: the study is what they say since the last of them came."""
    for version in versions.values():
        put_in_force(version)
    say_what_finds(correction.study_id, versions.values())
    _end_followed(correction, versions, at)
    study = Study.objects.select_related("overlay").get(id=correction.study_id)
    before = study_moves.facts_of(study)
    after = _become(correction, study, before)
    laid_over = study.overlay.in_force_at if study.overlay is not None else None
    if laid_over is not None and laid_over >= at:
        at = found_at  # laid over since the last object came: this is what stands now
    Study.objects.filter(id=study.id).update(overlay=None)
    Correction.objects.filter(id=correction.id).update(
        state=CorrectionState.IN_FORCE,
        in_force_at=at,
        before=before.to_json(),
        after=after.to_json(),
        previous=study.overlay,
    )
    study_moves.move(study, after)
    study_moves.tell(correction, changed=list(before.changes(after)))
    correction_cases.settle(study.id)


def _become(correction: Correction, study: Study, before: StudyFacts) -> StudyFacts:
    """What the objects say, of the person only what their sender has changed or we had laid over:
    what they always said of it a message may have changed since.
    """
    sent = StudyFacts.from_json(correction.after)
    changed = StudyFacts.from_json(correction.before).changes(sent)
    laid_over = study.overlay.values if study.overlay is not None else {}
    return study_moves.of_person(before, sent, {*changed, *laid_over})


def _end_followed(
    correction: Correction, versions: Mapping[UUID, InstanceVersion], at: datetime
) -> None:
    """Others of which a part came, and all of that again for this one: nobody brings the rest."""
    rows = Correction.objects.filter(
        study_id=correction.study_id, state=CorrectionState.GATHERING
    ).exclude(id=correction.id)
    for other in rows:
        came = newest_versions(other)
        if all(each in versions and versions[each].number > came[each].number for each in came):
            rows.filter(id=other.id).update(**FOLLOWED, undone_at=at)
