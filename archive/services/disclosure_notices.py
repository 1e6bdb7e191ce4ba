"""Notices of disclosure from customers' own systems, from the Patient Data Repository or a customer
directly: judged, written to the disclosure log, acknowledged (LG-2).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from archive import ledger, locks
from archive.actors import Actor
from archive.errors import (
    ArchiveError,
    NoticeForeign,
    NoticeInvalid,
    NoticeReused,
    NoticeSubjectUnknown,
)
from archive.ledger import About, Kind
from archive.models import (
    Connection,
    DisclosureNotice,
    Document,
    LogRuleKey,
    Organisation,
    Patient,
    Register,
    Study,
    XdsRole,
)
from archive.queries import log_rules, standing
from archive.rules.disclosure import EMERGENCY
from archive.services import error_desk
from archive.services.error_desk import Place, What, Who
from archive.values import PatientIdentifier, civil_day, now

TAKE = Place("api", "disclosure-notice")
SKEW = timedelta(minutes=1)  # by which a sender's clock may be ahead of ours
INTERFACE = "notice"


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing that was disclosed."""

    what: str
    study_uid: str = ""
    document_ids: tuple[str, ...] = ()
    service_event: str = ""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who received it, as far as the sender knows."""

    organisation: str  # OID
    unit: str = ""
    user: str = ""
    user_name: str = ""
    user_role: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """One event of disclosure, with each thing that was disclosed."""

    id: str
    disclosed_at: datetime
    patient: PatientIdentifier
    controller: str  # OID
    receiver: Receiver
    ground: str
    entities: tuple[Entity, ...]
    register_type: str = ""  # empty: the controller's default register
    register_specifier: str = ""
    ground_text: str = ""  # the law, where that is the ground
    purpose: str = ""
    message_id: str = ""

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(json.dumps(asdict(self), default=str).encode()).digest()


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the notice names, found here."""

    register: Register
    receiver: Organisation
    patient: Patient  # the survivor
    studies: dict[str, UUID]


def take(
    actor: Actor, notice: Notice, *, correlation_id: UUID | None = None
) -> tuple[DisclosureNotice, bool]:
    """The acknowledgement, and whether the notice is new; the same notice again is acknowledged as
    before. Raises NoticeInvalid, NoticeSubjectUnknown, NoticeForeign, NoticeReused.
    """
    link = _link(actor)
    _judge_time(notice)
    # The month of a notice that comes late; outside the transaction, since it locks the ledger.
    ledger.make_partitions(notice.disclosed_at.astimezone(UTC).date(), months_ahead=0)
    with transaction.atomic():
        _one_at_a_time(actor, notice)
        known = _known(actor, notice)
        if known is not None:
            return known, False
        subject = _judge(link, notice)
        row = DisclosureNotice.objects.create(
            environment=link.environment,
            sender=link.organisation,
            connection=link,
            notice_id=notice.id,
            content_digest=notice.digest,
            entries=len(notice.entities),
            disclosed_at=notice.disclosed_at,
            received_at=now(),
        )
        _record(actor, notice, subject, row, correlation_id)
    return row, True


def acknowledgement(actor: Actor, acknowledgement_id: UUID) -> DisclosureNotice:
    """What was acknowledged to this sender. Raises NotFound as for what is not there."""
    rows = DisclosureNotice.objects.filter(
        environment=actor.environment, sender_id=actor.organisation_id
    )
    found = rows.filter(id=acknowledgement_id).first()
    if found is None:
        raise NoticeSubjectUnknown("no such acknowledgement")
    return found


def refused(
    error: ArchiveError, actor: Actor, *, notice_id: str = "", correlation_id: UUID | None = None
) -> UUID | None:
    """All that stays of a refused notice: a case, and an event that names fields but no person."""
    with transaction.atomic():
        about = About(
            environment=actor.environment,
            subject_id=actor.id,
            correlation_id=correlation_id,
        )
        facts = {
            "notice": notice_id,
            "field": ", ".join(error.facts),
            "problem": error.reason(),
        }
        ledger.record(Kind.DISCLOSURE_REFUSED, about, facts, actor=actor)
        return error_desk.report(
            error,
            environment=actor.environment,
            place=TAKE,
            who=Who(actor.organisation_id, actor.id),
            what=What(correlation_id=correlation_id),
            facts={"notice": notice_id} if notice_id else None,
        )


# --- judging --------------------------------------------------------------------------------------


def _judge_time(notice: Notice) -> None:
    at = now()
    day = civil_day(at)
    years = log_rules.number(LogRuleKey.RETENTION_YEARS, day)
    if notice.disclosed_at > at + SKEW:
        raise NoticeInvalid(
            "time of disclosure is in the future", facts={"/disclosed_at": "is in the future"}
        )
    if civil_day(notice.disclosed_at) < log_rules.years_before(day, years):
        problem = f"is more than {years} years ago: logs of that time are not kept"
        raise NoticeInvalid("time of disclosure is too long ago", facts={"/disclosed_at": problem})


def _one_at_a_time(actor: Actor, notice: Notice) -> None:
    """Until the end of the transaction: a doubled message waits for the first one."""
    locks.hold(f"disclosure notice {actor.environment} {actor.organisation_id} {notice.id}")


def _known(actor: Actor, notice: Notice) -> DisclosureNotice | None:
    found = DisclosureNotice.objects.filter(
        environment=actor.environment, sender_id=actor.organisation_id, notice_id=notice.id
    ).first()
    if found is not None and bytes(found.content_digest) != notice.digest:
        raise NoticeReused(facts={"/id": "was used before for other content"})
    return found


def _link(actor: Actor) -> Connection:
    """The system that reports."""
    if actor.id is None:
        raise NoticeForeign("only a customer's system reports")
    return Connection.objects.select_related("organisation").get(id=actor.id)


def _judge(link: Connection, notice: Notice) -> _Subject:
    """Everything named is known, and within the register: what another register holds is answered
    as what is not there.
    """
    register = _register(link, notice)
    receiver = Organisation.objects.filter(oid=notice.receiver.organisation).first()
    if receiver is None:
        raise _unknown("/receiver/organisation", "no organisation has this OID here")
    persons = _persons(link, notice, register)
    studies = {
        uid: study_id
        for uid, study_id in Study.objects.filter(
            environment=link.environment,
            register=register,
            patient_id__in=persons,
            study_instance_uid__in=[each.study_uid for each in notice.entities],
        ).values_list("study_instance_uid", "id")
    }
    for place, entity in enumerate(notice.entities):
        if entity.study_uid and entity.study_uid not in studies:
            raise _unknown(
                f"/entities/{place}/study_instance_uid", "no such study of this patient here"
            )
        if not entity.study_uid:
            _require_document(link, register, persons, entity, place)
    patient = Patient.objects.get(id=persons[0])
    return _Subject(register, receiver, patient, studies)


def _register(link: Connection, notice: Notice) -> Register:
    """The named register. A customer reports its own only; another's is answered as none."""
    rows = Register.objects.filter(controller_oid=notice.controller)
    if notice.register_type:
        rows = rows.filter(type=notice.register_type, specifier=notice.register_specifier)
    else:
        rows = rows.filter(is_default=True)
    if link.xds_role == XdsRole.PDR:
        found = rows.first()
        if found is None:
            raise _unknown("/controller", "no register of this controller is known here")
        return found
    own = rows.filter(organisation=link.organisation).first()
    if own is None:
        problem = "is no register of the sender: a customer reports its own disclosures"
        raise NoticeForeign(facts={"/controller": problem})
    return own


def _persons(link: Connection, notice: Notice, register: Register) -> list[UUID]:
    """The ids of a person who has something in the register, the survivor first."""
    named = Patient.objects.filter(
        environment=link.environment,
        issuer=notice.patient.issuer,
        identifier=notice.patient.value,
    ).first()
    root = standing.person_id(named) if named else None
    rows = standing.ids_of(root) if root else []
    persons = sorted((row.id for row in rows), key=lambda each: each != root)
    mine = {"environment": link.environment, "register": register, "patient_id__in": persons}
    if not (Study.objects.filter(**mine).exists() or Document.objects.filter(**mine).exists()):
        raise _unknown("/patient", "the controller has nothing of this patient here")
    return persons


def _require_document(
    link: Connection, register: Register, persons: Sequence[UUID], entity: Entity, place: int
) -> None:
    """Documents without a study are what ties the notice to the archive: they must be known."""
    known = set(
        Document.objects.filter(
            environment=link.environment,
            register=register,
            patient_id__in=persons,
            unique_id__in=entity.document_ids,
        ).values_list("unique_id", flat=True)
    )
    for number, unique_id in enumerate(entity.document_ids):
        if unique_id not in known:
            raise _unknown(
                f"/entities/{place}/document_ids/{number}", "no such document of this patient here"
            )


def _unknown(field: str, problem: str) -> NoticeSubjectUnknown:
    return NoticeSubjectUnknown(facts={field: problem})


# --- writing --------------------------------------------------------------------------------------


def _record(
    actor: Actor,
    notice: Notice,
    subject: _Subject,
    row: DisclosureNotice,
    correlation_id: UUID | None,
) -> None:
    """One event for each thing, at the time it was disclosed."""
    for entity in notice.entities:
        about = About(
            environment=actor.environment,
            organisation_id=subject.receiver.id,
            subject_id=row.id,
            study_id=subject.studies.get(entity.study_uid),
            patient_id=subject.patient.id,
            correlation_id=correlation_id,
        )
        facts = {
            **_common(notice, subject),
            "what": entity.what,
            "study_uid": entity.study_uid,
            "documents": list(entity.document_ids),
            "service_event": entity.service_event,
            "notice": notice.id,
            "reporter": row.sender.oid,
            "received_at": row.received_at.isoformat(),
        }
        ledger.record(Kind.DISCLOSURE_NOTIFIED, about, facts, actor=actor, at=notice.disclosed_at)


def _common(notice: Notice, subject: _Subject) -> dict[str, Any]:
    return {
        "receiver_oid": subject.receiver.oid,
        "receiver_name": subject.receiver.name_fi,
        "unit": notice.receiver.unit,
        "user": notice.receiver.user,
        "user_name": notice.receiver.user_name,
        "user_role": notice.receiver.user_role,
        "purpose": notice.purpose,
        "controller": subject.register.controller_oid,
        "register_type": subject.register.type,
        "register_specifier": subject.register.specifier,
        "ground": notice.ground,
        "ground_text": notice.ground_text,
        "rules": [],
        "emergency": notice.ground == EMERGENCY,
        "message_id": notice.message_id,
        "interface": INTERFACE,
    }
