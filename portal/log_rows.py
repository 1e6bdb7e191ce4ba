"""Entries of the logs as a list, an export and a report show them. Patients are masked always."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from archive.models import LedgerEvent, Patient
from archive.queries.keyset import MARK
from archive.queries.log_subjects import Subjects
from archive.rules.disclosure import EMERGENCY
from portal.log_words import actor_words, brief, ground_words, said, what_words


def key_of(event: LedgerEvent) -> str:
    """The entry's place in its log, for an address."""
    return f"{event.at.isoformat()}{MARK}{event.id}"


@dataclass(frozen=True, slots=True)
class Given:
    """What was given: an entry of the disclosure log, or of use within a register."""

    key: str
    at: datetime
    patient: Patient | None
    receiver: str
    unit: str
    person: str
    role: str
    what: str
    study_uid: str
    documents: str
    objects: int
    controller: str
    ground: str
    emergency: bool
    reported: bool
    interface: str
    message_id: str

    @property
    def is_by_emergency(self) -> bool:
        return self.ground == ground_words(EMERGENCY)

    @property
    def sentence(self) -> str:
        return ", ".join(filter(None, (self.receiver, self.what, self.ground)))

    @property
    def named(self) -> list[tuple[str, str]]:
        """What stands in the entry by its identifier only."""
        return [(_("Data controller"), self.controller)] if self.controller else []


def given(event: LedgerEvent, subjects: Subjects) -> Given:
    facts: dict[str, Any] = event.facts

    def text(name: str) -> str:
        return str(facts.get(name) or "")

    controller = subjects.controllers.then(text("controller"), event.at)
    return Given(
        key=key_of(event),
        at=event.at,
        patient=subjects.patients.get(event.patient_id) if event.patient_id else None,
        receiver=text("receiver_name") or text("receiver_oid") or event.actor_name,
        unit=text("unit"),
        person=text("user_name") or text("user"),
        role=text("user_role"),
        what=what_words(text("what")),
        study_uid=text("study_uid"),
        documents=", ".join(map(str, facts.get("documents") or ())),
        objects=int(facts.get("objects") or 0),
        controller=controller.name if controller else text("controller"),
        ground=ground_words(text("ground")),
        emergency=bool(facts.get("emergency")),
        reported="notice" in facts,
        interface=text("interface"),
        message_id=text("message_id"),
    )


@dataclass(frozen=True, slots=True)
class Used:
    """What somebody, or the archive itself, did."""

    key: str
    at: datetime
    what: str
    brief: str
    person: str
    organisation: str
    patient: Patient | None
    reason: str

    @property
    def sentence(self) -> str:
        return ", ".join(filter(None, (self.person, self.reason)))

    @property
    def named(self) -> list[tuple[str, str]]:
        return []


def used(event: LedgerEvent, subjects: Subjects) -> Used:
    organisation = (
        subjects.organisations.get(event.organisation_id) if event.organisation_id else None
    )
    return Used(
        key=key_of(event),
        at=event.at,
        what=said(event),
        brief=brief(event),
        person=actor_words(event),
        organisation=organisation.name if organisation else "",
        patient=subjects.patients.get(event.patient_id) if event.patient_id else None,
        reason=str(event.facts.get("reason") or ""),
    )
