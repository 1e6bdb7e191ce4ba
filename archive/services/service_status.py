"""Planned breaks entered and called off; notices put up, taken down, acknowledged by customers."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors.wishes import ValueUnfit
from archive.models import (
    Announcement,
    AnnouncementReceipt,
    Environment,
    PlannedBreak,
    ServicePart,
)
from archive.values import now


@dataclass(frozen=True, slots=True)
class Text:
    """The same in the three languages."""

    fi: str
    sv: str
    en: str

    def columns(self, name: str) -> Mapping[str, str]:
        return {f"{name}_{language}": text.strip() for language, text in asdict(self).items()}


def plan(
    actor: Actor, *, starts_at: datetime, ends_at: datetime, parts: Iterable[str], text: Text
) -> PlannedBreak:
    """Raises ValueUnfit."""
    chosen = [each for each in ServicePart.values if each in set(parts)]
    if not chosen:
        raise _unfit("parts", "is missing")
    if ends_at <= starts_at:
        raise _unfit("ends", "ends before it begins")
    if ends_at <= now():
        raise _unfit("ends", "is over already")
    _require(text, "text")
    with transaction.atomic():
        row = PlannedBreak.objects.create(
            starts_at=starts_at,
            ends_at=ends_at,
            parts=chosen,
            made_at=now(),
            made_by_name=actor.name,
            **text.columns("text"),
        )
        _record(actor, row.id, "break planned", row.text_fi, starts_at=starts_at, ends_at=ends_at)
    return row


def call_off(actor: Actor, row: PlannedBreak) -> bool:
    """Not one that is over or called off; whether this did it."""
    with transaction.atomic():
        rows = PlannedBreak.objects.filter(id=row.id, called_off_at=None, ends_at__gt=now())
        if not rows.update(called_off_at=now()):
            return False
        _record(actor, row.id, "break called off", row.text_fi)
    return True


def announce(actor: Actor, *, title: Text, text: Text, is_acknowledged: bool) -> Announcement:
    """Raises ValueUnfit."""
    _require(title, "title")
    _require(text, "text")
    with transaction.atomic():
        row = Announcement.objects.create(
            is_acknowledged=is_acknowledged,
            made_at=now(),
            made_by_name=actor.name,
            **title.columns("title"),
            **text.columns("text"),
        )
        _record(actor, row.id, "notice put up", row.title_fi)
    return row


def take_down(actor: Actor, row: Announcement) -> bool:
    """Receipts stay; whether this did it."""
    with transaction.atomic():
        rows = Announcement.objects.filter(id=row.id, taken_down_at=None)
        if not rows.update(taken_down_at=now()):
            return False
        _record(actor, row.id, "notice taken down", row.title_fi)
    return True


def acknowledge(actor: Actor, row: Announcement, organisation_id: UUID) -> bool:
    """For the organisation, once; whether nobody of it had done so."""
    if not row.is_acknowledged or row.taken_down_at is not None:
        return False
    with transaction.atomic():
        _receipt, made = AnnouncementReceipt.objects.get_or_create(
            announcement=row,
            organisation_id=organisation_id,
            defaults={"at": now(), "by_name": actor.name},
        )
        if made:
            about = ledger.About(
                environment=Environment.PRODUCTION,
                organisation_id=organisation_id,
                subject_id=row.id,
            )
            facts = {"title": row.title_fi}
            ledger.record(ledger.Kind.STATUS_ACKNOWLEDGED, about, facts, actor=actor)
    return made


def _require(text: Text, field: str) -> None:
    for name, value in text.columns(field).items():
        if not value:
            raise _unfit(name, "is missing")


def _unfit(field: str, problem: str) -> ValueUnfit:
    return ValueUnfit(problem, facts={"field": field})


def _record(actor: Actor, row_id: UUID, what: str, title: str, **facts: object) -> None:
    about = ledger.About(environment=Environment.PRODUCTION, subject_id=row_id)
    told = {"what": what, "title": title[:200], **facts}
    ledger.record(ledger.Kind.STATUS_CHANGED, about, told, actor=actor)
