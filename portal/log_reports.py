"""The report on who has seen: read anew each time it is shown, and each showing recorded first
(LG-3).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from archive import ledger
from archive.actors import Actor
from archive.models import Organisation, Patient
from archive.queries import who_has_seen
from archive.queries.log_subjects import subjects_of
from archive.queries.who_has_seen import MOST, Question, Seen
from archive.values import midnight, now
from portal import formats, log_pdf
from portal.log_rows import given, used


@dataclass(frozen=True, slots=True)
class Asked:
    """A report as it was asked for, in words that a session can keep: no code of anybody."""

    environment: str
    patient_id: str
    controller: str
    since: str
    until: str
    reason: str
    special_reason: str

    @property
    def days(self) -> tuple[date, date]:
        return date.fromisoformat(self.since), date.fromisoformat(self.until)

    @property
    def question(self) -> Question:
        first, last = self.days
        return Question(
            environment=self.environment,
            since=midnight(first),
            until=midnight(last + timedelta(days=1)),
            patient_id=UUID(self.patient_id) if self.patient_id else None,
            controller=self.controller,
        )


def read(actor: Actor, asked: Asked) -> Seen:
    """Recorded before anything is shown."""
    seen = who_has_seen.answer(asked.question)
    about = ledger.About(environment=asked.environment, patient_id=asked.question.patient_id)
    facts = {
        "log": "who-has-seen",
        "controller": asked.controller,
        "since": asked.since,
        "until": asked.until,
        "reason": asked.reason,
        "special_reason": asked.special_reason,
        "entries": seen.count,
    }
    ledger.record(ledger.Kind.LOG_REPORTED, about, facts, actor=actor)
    return seen


def told(actor: Actor, asked: Asked, number: str) -> log_pdf.Report:
    """In the reader's language."""
    seen = read(actor, asked)
    subjects = subjects_of([*seen.given, *seen.looks])
    return log_pdf.Report(
        title=_("Who has seen"),
        subject=_subject(asked),
        facts=_facts(actor, asked),
        receivers=receivers(seen),
        given=[given(event, subjects) for event in seen.given],
        looks=[used(event, subjects) for event in seen.looks],
        count=seen.count,
        is_cut=seen.count > MOST,
        number=number,
        made_at=now(),
    )


def _subject(asked: Asked) -> str:
    if asked.patient_id:
        found = Patient.objects.filter(id=asked.patient_id).first()
        return _("Patient %(code)s") % {"code": found.masked if found else "–"}
    owner = Organisation.objects.filter(registers__controller_oid=asked.controller).first()
    return _("Register of %(name)s") % {"name": owner.name if owner else asked.controller}


def _facts(actor: Actor, asked: Asked) -> list[tuple[str, str]]:
    first, last = asked.days
    facts = [
        (_("Period"), formats.span_text(first, last)),
        (_("Reason"), asked.reason),
        (_("Made by"), actor.name),
        (_("Made at"), formats.when_text(now(), seconds=True)),
    ]
    if asked.special_reason:
        facts.insert(2, (_("Special reason"), asked.special_reason))
    return facts


def receivers(seen: Seen) -> list[tuple[str, int, datetime]]:
    """Name, entries, last."""
    ids = {row.organisation_id for row in seen.receivers if row.organisation_id}
    names: dict[UUID | None, str] = {
        each.id: each.name for each in Organisation.objects.filter(id__in=ids)
    }
    return [
        (names.get(row.organisation_id, "–"), row.entries, row.last_at) for row in seen.receivers
    ]
