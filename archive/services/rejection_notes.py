"""Rejection notes: a customer's, taken by C-STORE, and ours, made for an archivist (AR-7).

A note is kept in the vault as any object is, and is no object of the study it speaks of.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Greatest

from archive import locks, vault
from archive.actors import Actor, ActorKind
from archive.errors import ControllerUnauthorised, OtherRegister, Unacceptable
from archive.errors.corrections import (
    RejectionEnded,
    RejectionNoteReused,
    RejectionOfAnother,
    RetentionRejectionUnauthorised,
)
from archive.models import (
    Instance,
    Organisation,
    RegisterHolding,
    RejectedObject,
    Rejection,
    RejectionTitle,
    Study,
)
from archive.objects import key_objects, manifest, part10
from archive.objects.header import Header
from archive.objects.key_objects import KeyObjects
from archive.objects.sameness import same_content
from archive.queries import retention, standing
from archive.rules import admission, correction
from archive.rules.admission import Policy
from archive.rules.correction import Known, Terms, Verdict
from archive.services import integrity, named_persons, publishing, rejections
from archive.services.associations import Peer
from archive.services.indexing import is_made_again
from archive.services.past_notes import Past
from archive.values import PatientIdentifier, civil_day, now, today
from archive.vault import Kept

MOST = 100_000  # objects of one note
NOTE, PORTAL = "note", "portal"


@dataclass(frozen=True, slots=True)
class Note:
    """A rejection note as it came; its bytes are not kept yet."""

    header: Header
    transfer_syntax_uid: str
    content: KeyObjects

    @property
    def sop_instance_uid(self) -> str:
        return self.header.sop_instance_uid


def note_in(incoming: vault.Incoming, header: Header, transfer_syntax_uid: str) -> Note | None:
    """The rejection note in an object on its way in; None for any other object, key notes among
    them. Raises DatasetUnreadable.
    """
    if header.sop_class_uid != key_objects.SOP_CLASS_UID:
        return None
    with incoming.view() as data:
        content = key_objects.read(data, transfer_syntax_uid)
    if content.title not in correction.TITLES:
        return None
    return Note(header, transfer_syntax_uid, content)


def receive(
    peer: Peer,
    policy: Policy,
    terms: Terms,
    note: Note,
    incoming: vault.Incoming,
    meta: part10.FileMeta,
) -> None:
    """Act on a customer's note; on return its bytes and what it did are durable.

    Raises what `rules.correction.judge` does, PatientIdUntrusted and its like, RejectionOfAnother,
    RejectionNoteReused, RejectionEnded, OtherRegister, ControllerUnauthorised,
    RetentionRejectionUnauthorised.
    """
    if len(note.content.named) > MOST:
        raise Unacceptable("rejection note names too many objects")
    with transaction.atomic():
        locks.hold(note.sop_instance_uid)  # it may come twice in one moment
        known = _came_before(peer, note, incoming, meta)
        if known is None:
            _act_on(peer, policy, terms, note, incoming, meta)
    if known is not None:
        _require_lasting(known)


def _act_on(
    peer: Peer,
    policy: Policy,
    terms: Terms,
    note: Note,
    incoming: vault.Incoming,
    meta: part10.FileMeta,
) -> None:
    patient = admission.trusted_patient(note.header, policy)
    own = _own(peer, note) | _begun(peer, note)
    locks.hold(*own.order_by().values_list("study_id", flat=True).distinct())
    _require_meant(patient, own)
    verdict = _judge(peer, terms, note, own)
    rejection = _row(
        note.content.title,
        incoming.keep(meta),
        peer.actor,
        environment=peer.environment,
        organisation_id=peer.organisation_id,
        connection_id=peer.connection_id,
        note_uid=note.sop_instance_uid,
        transfer_syntax_uid=note.transfer_syntax_uid,
    )
    rejections.carry_out(rejection, verdict, peer.actor, origin=NOTE)


def _came_before(
    peer: Peer, note: Note, incoming: vault.Incoming, meta: part10.FileMeta
) -> Rejection | None:
    """The same note again is a success without effect, as any object is; bytes that were damaged
    are whole again by it.
    """
    rows = Rejection.objects.filter(environment=peer.environment, note_uid=note.sop_instance_uid)
    known = rows.first()
    if known is None:
        return None
    if known.organisation_id != peer.organisation_id:
        raise OtherRegister()
    algorithm = incoming.algorithm_of(bytes(known.digest))
    if algorithm:
        integrity.heal_note(incoming, replace(meta, digest_algorithm=algorithm), known)
    else:
        before, sent = known.transfer_syntax_uid, note.transfer_syntax_uid
        with (
            vault.hold(peer.environment, bytes(known.digest), known.size) as held,
            held.view() as archived,
            incoming.view() as data,
        ):
            if not same_content(archived, before, data, sent):
                raise RejectionNoteReused()
    return known


def _require_lasting(known: Rejection) -> None:
    """A success would say that all is hidden still. Raises RejectionEnded."""
    ended = RejectedObject.objects.filter(rejection=known).exclude(ended_at=None)
    shown = Q(instance__rejection="") | (Q(instance=None) & ~Q(ended_why=rejections.STRICTER))
    if ended.filter(shown).exists():
        raise RejectionEnded()


def _named(peer: Peer, note: Note) -> QuerySet[Instance]:
    uids = [each.instance_uid for each in note.content.named]
    return Instance.objects.filter(environment=peer.environment, sop_instance_uid__in=uids)


def _own(peer: Peer, note: Note) -> QuerySet[Instance]:
    """What the note names and stands in the asker's registers: another's is as if it were not."""
    return _named(peer, note).filter(study__register__organisation_id=peer.organisation_id)


def _begun(peer: Peer, note: Note) -> QuerySet[Instance]:
    """What a producer may reject in its organisers' registers: of studies that it has begun, while
    it has a right to store there. What else an authorisation opens or opened to it is no secret to
    it, and its organiser's to reject: success would say that it is hidden.

    Raises ControllerUnauthorised, RetentionRejectionUnauthorised.
    """
    producer, environment, at = peer.organisation_id, peer.environment, now()
    reached = standing.reached_registers(producer, environment, at)
    begun = Q(authorisation__producer_id=producer)
    writes, reads = (
        standing.authorised(producer, environment, at, right=right, reached=reached)
        for right in ("may_write", "may_read")
    )
    theirs = Study.objects.filter(id__in=_named(peer, note).values("study"))
    theirs = theirs.exclude(register__organisation_id=producer)
    rows = theirs.annotate(person=standing.PERSON)
    may = list(rows.filter(begun & writes).values_list("id", flat=True))
    opened = rows.filter(begun | writes | reads).exclude(id__in=may).values("id")
    if _named(peer, note).filter(study__in=opened, rejection="").exists():
        raise ControllerUnauthorised()
    if may and note.content.title == RejectionTitle.RETENTION:
        raise RetentionRejectionUnauthorised()  # its controller's alone to agree on
    return _named(peer, note).filter(study__in=may)


def _judge(peer: Peer, terms: Terms, note: Note, own: QuerySet[Instance]) -> Verdict:
    ends = _ends(own) if note.content.title == RejectionTitle.RETENTION else {}
    known = {
        row.sop_instance_uid: _known(row, ends.get(row.study_id))
        for row in own.select_related("study", "series")
    }
    awaited = rejections.live(peer.environment, peer.organisation_id).filter(
        sop_instance_uid__in=[each.instance_uid for each in note.content.named], instance=None
    )
    titles = dict(awaited.values_list("sop_instance_uid", "rejection__title"))
    return correction.judge(note.content.title, note.content.named, known, titles, terms, today())


def _require_meant(patient: PatientIdentifier, own: QuerySet[Instance]) -> None:
    """A note that was made for another patient would hide images of this one. Raises
    RejectionOfAnother.
    """
    studies = Study.objects.filter(id__in=own.order_by().values("study"))
    for study in studies.select_related("patient"):
        if not named_persons.is_meant(patient, study, own.filter(study=study)):
            raise RejectionOfAnother()


def _ends(own: QuerySet[Instance]) -> dict[UUID, date | None]:
    """The last day of retention of each study that is named (AR-9)."""
    related = ("register", "patient__survivor")
    studies = Study.objects.filter(id__in=own.values("study")).select_related(*related)
    return {study.id: retention.keep_until(study, today()) for study in studies}


def _known(row: Instance, keep_until: date | None = None) -> Known:
    return Known(
        id=row.id,
        study_uid=row.study.study_instance_uid,
        series_uid=row.series.series_instance_uid,
        class_uid=row.sop_class_uid,
        rejection=row.rejection,
        keep_until=keep_until,
    )


def _row(
    title: str, kept: Kept, actor: Actor, *, at: datetime | None = None, **columns: object
) -> Rejection:
    return Rejection.objects.create(
        title=title,
        digest=kept.digest,
        size=kept.size,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name[:200],
        made_at=at or now(),
        **columns,
    )


def replay(
    actor: Actor,
    organisation: Organisation,
    note: Past,
    *,
    reason: str,
    at: datetime,
    awaited: Collection[str] | None,
) -> None:
    """Do again what a note once did, without judging it anew: to all but what it `awaited`; if
    nobody knows, to what stands in the sender's registers, and to what it has begun in another's.
    What had not come when the note did is awaited as it was, also what is there now (`came_after`).
    """
    environment, content = note.environment, note.content
    with transaction.atomic():
        uids = [each.instance_uid for each in content.named]
        own = _own_of(organisation.id, environment, uids, at)
        if awaited is not None:
            done = set(uids).difference(awaited)
            own = Instance.objects.filter(environment=environment, sop_instance_uid__in=done)
        locks.hold(*own.order_by().values_list("study_id", flat=True).distinct())
        rejection = _row(
            content.title,
            note.kept,
            actor,
            at=at,
            environment=environment,
            organisation=organisation,
            note_uid=note.note_uid,
            transfer_syntax_uid=note.transfer_syntax_uid,
            reason=reason,
        )
        found = {
            row.sop_instance_uid: row.id
            for row in own.filter(received_at__lte=at)
            if correction.may_follow(content.title, row.rejection)
        }
        left = tuple(each for each in content.named if each.instance_uid not in found)
        verdict = Verdict(tuple(found.values()), left)
        origin = NOTE if actor.kind == ActorKind.CONNECTION else PORTAL
        rejections.carry_out(rejection, verdict, actor, origin=origin, replayed=True)


def came_after(note: Rejection) -> list[tuple[UUID, datetime]]:
    """The objects that a replayed note awaits, with when they came for it, in their order. One that
    had come before was on its way to its row, or the index had forgotten it; not one that stood in
    another's register then, where its sender had no right to reject it.
    """
    at, awaited = note.made_at, RejectedObject.objects.filter(rejection=note, ended_at=None)
    uids = list(awaited.filter(instance=None).values_list("sop_instance_uid", flat=True))
    own = _own_of(note.organisation_id, note.environment, uids, at)
    rightly = _in_register_of(note.organisation_id, at) | _sent_with_right(note, at)
    own = own.filter(Q(received_at__gt=at) | rightly)
    came = own.annotate(came=Greatest("received_at", Value(at))).order_by(
        "came", "received_at", "id"
    )
    return list(came.values_list("id", "came"))


def _in_register_of(organisation_id: UUID, at: datetime) -> Q:
    """What stood then in a register of this organisation's."""
    passed = RegisterHolding.objects.filter(until__gt=civil_day(at))
    held = passed.filter(organisation=organisation_id)
    has_it_still = Q(study__register__organisation=organisation_id) & ~Q(
        study__register__in=passed.values("register")
    )
    return has_it_still | Q(study__register__in=held.values("register"))


def _sent_with_right(note: Rejection, at: datetime) -> Q:
    """What its sender, a producer, has brought to where it had a right to store then."""
    producer, environment = note.organisation_id, note.environment
    writes = standing.authorised(producer, environment, at, right="may_write")
    sent = Study.objects.filter(environment=environment, connection__organisation=producer)
    return Q(study__in=sent.annotate(person=standing.PERSON).filter(writes).values("id"))


def came_again(note: Rejection) -> list[tuple[UUID, datetime]]:
    """Of these those whose rows were made again: of the others it was asked when they came."""
    came = dict(came_after(note))
    rows = Instance.objects.filter(id__in=list(came)).values_list("id", "association_id")
    again = {instance_id for instance_id, brought_by in rows if is_made_again(brought_by)}
    return [(each, at) for each, at in came.items() if each in again]


def _own_of(
    organisation_id: UUID, environment: str, uids: list[str], at: datetime
) -> QuerySet[Instance]:
    """Of what a note names what stands in its sender's registers, those it had when the note came
    among them, and what that has begun in another's.
    """
    held = RegisterHolding.objects.filter(organisation=organisation_id, until__gte=civil_day(at))
    return Instance.objects.filter(
        Q(study__register__organisation=organisation_id)
        | Q(study__register__in=held.values("register"))
        | Q(study__connection__organisation=organisation_id),
        environment=environment,
        sop_instance_uid__in=uids,
    )


def reject(
    actor: Actor, study: Study, instance_ids: Iterable[UUID], title: str, *, reason: str
) -> Rejection:
    """Reject objects of a study by a note of our own.

    Raises RejectedAlready; DatasetUnreadable when none are named.
    """
    with transaction.atomic():
        locks.hold(study.id)
        chosen = Instance.objects.filter(study=study, id__in=list(instance_ids))
        found = list(chosen.select_related("study", "series"))
        known = {row.sop_instance_uid: _known(row) for row in found}
        named = [rejections.path_of(row) for row in found]
        verdict = correction.judge(title, named, known, {}, Terms(), today())
        content = publishing.content_of(study, publishing.series_of(chosen))
        data = manifest.build(content, manifest.REJECTIONS[title])
        rejection = _row(
            title,
            vault.keep(study.environment, data, publishing.meta_of(study, content)),
            actor,
            environment=study.environment,
            organisation_id=study.register.organisation_id,
            study=study,
            note_uid=content.instance_uid,
            transfer_syntax_uid=manifest.transfer_syntax_uid,
            reason=reason[:200],
        )
        rejections.carry_out(rejection, verdict, actor, origin=PORTAL)
        return rejection
