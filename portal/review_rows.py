"""Entries that a suspicion or a request rests on, as review shows them. Patients are masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from archive.models import LedgerEvent, Patient
from archive.queries import disclosures
from archive.queries.log_subjects import Subjects, subjects_of
from portal.log_rows import given, key_of, used


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    url: str
    what: str
    about: str  # the study or message by its id
    who: str
    unit: str
    patient: Patient | None
    why: str  # the ground, or the reason that was stated
    emergency: bool
    is_by_emergency: bool = False  # and that is the ground

    @property
    def masked(self) -> str:
        return self.patient.masked if self.patient else "–"


def lines(events: Sequence[LedgerEvent], *, linked: bool = True) -> list[Line]:
    """`linked` for those who may read the logs themselves."""
    subjects = subjects_of(events)
    return [_line(event, subjects, linked) for event in events]


def _line(event: LedgerEvent, subjects: Subjects, linked: bool) -> Line:
    url_name = "log-disclosure" if event.kind in disclosures.DISCLOSED else "log-use-entry"
    url = reverse(url_name, args=[key_of(event)]) if linked else ""
    if event.kind in disclosures.GIVEN:
        row = given(event, subjects)
        place = row.study_uid or row.message_id
        who = row.person or row.receiver
        return Line(
            row.at,
            url,
            row.what,
            place,
            who,
            row.unit,
            row.patient,
            row.ground,
            row.emergency,
            row.is_by_emergency,
        )
    look = used(event, subjects)
    return Line(
        look.at, url, look.what, look.brief, look.person, "", look.patient, look.reason, False
    )
