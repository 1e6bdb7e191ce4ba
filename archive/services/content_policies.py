"""The content policy is changed by dated rows (AR-2).

What was in force is never rewritten: a new version closes the row of the day before and begins its
own, today at the earliest. Versions that were to begin later have never been in force; they are
taken away, and the ledger tells what they said.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors.rules import PolicyBeganThen, PolicyUnfit
from archive.models import ContentPolicy
from archive.objects.storage_classes import STORAGE
from archive.services import roles
from archive.values import today

ONE_DAY = timedelta(days=1)
NAMED = ("name_fi", "name_sv", "name_en", "source")
_TYPE = re.compile(r"^[a-z][a-z0-9_]{1,31}\Z")
_MODALITY = re.compile(r"^[A-Z0-9_ ]{1,16}\Z")  # PS3.5 6.2, VR CS


@dataclass(frozen=True, slots=True)
class Version:
    """A content type as it is asked for from a day on."""

    content_type: str
    name_fi: str
    name_sv: str
    name_en: str
    sop_classes: tuple[str, ...]
    modalities: tuple[str, ...]  # empty: any
    code_demanded: bool
    allowed_from: date
    source: str
    allowed_until: date | None = None
    duty_from: date | None = None
    contradiction: str = ""


def begin(actor: Actor, version: Version, *, reason: str) -> ContentPolicy:
    """A new version from its first day on, of a known content type or a new one.

    Raises StaffRoleUnfit, PolicyUnfit, PolicyBeganThen.
    """
    roles.require_administrator(actor)
    check(version)
    with transaction.atomic():
        rows = _rows(version.content_type)
        _require_free(rows, version.allowed_from)
        withdrawn = _end(rows, version.allowed_from - ONE_DAY)
        row = ContentPolicy.objects.create(**_columns(version))
        told = {**_told(row), "withdrawn": withdrawn}
        _record(actor, row, "version" if rows else "added", reason, told)
    return row


def close(actor: Actor, content_type: str, *, last_day: date, reason: str) -> None:
    """Archived through that day and not after. Raises StaffRoleUnfit, PolicyUnfit."""
    roles.require_administrator(actor)
    with transaction.atomic():
        rows = _rows(content_type)
        held = check_end(rows, last_day)
        withdrawn = _end(rows, last_day)
        _record(actor, held, "closed", reason, {"withdrawn": withdrawn})


def check(version: Version) -> None:
    """Raises PolicyUnfit, PolicyBeganThen."""
    if not _TYPE.match(version.content_type):
        raise _unfit("content_type", "not a word of small letters, digits and underscores")
    for name in NAMED:
        if not getattr(version, name).strip():
            raise _unfit(name, "is missing")
    unknown = [uid for uid in version.sop_classes if uid not in STORAGE]
    if unknown:
        raise _unfit("sop_classes", f"no storage SOP class: {', '.join(unknown)[:200]}")
    if any(not _MODALITY.match(each) for each in version.modalities):
        raise _unfit("modalities", "not a modality")
    if version.allowed_from < today():
        raise _unfit("allowed_from", "what was in force cannot be undone")
    if version.allowed_until is not None and version.allowed_until < version.allowed_from:
        raise _unfit("allowed_until", "ends before it begins")
    _require_free(
        list(ContentPolicy.objects.filter(content_type=version.content_type)), version.allowed_from
    )


def check_end(rows: Sequence[ContentPolicy], last_day: date) -> ContentPolicy:
    """Of a content type's rows the last that would end. Raises PolicyUnfit."""
    if last_day < today():
        raise _unfit("last_day", "what was in force cannot be undone")
    held = [row for row in rows if row.allowed_from <= last_day and _is_open(row, last_day)]
    if not held:
        raise _unfit("last_day", "nothing is archived on that day")
    return max(held, key=lambda row: row.allowed_from)


def _rows(content_type: str) -> list[ContentPolicy]:
    found = ContentPolicy.objects.select_for_update().filter(content_type=content_type)
    return list(found.order_by("allowed_from"))


def _is_open(row: ContentPolicy, day: date) -> bool:
    return row.allowed_until is None or row.allowed_until >= day


def _require_free(rows: Sequence[ContentPolicy], first_day: date) -> None:
    """What began that day is in force since this morning. Raises PolicyBeganThen."""
    if first_day <= today() and any(row.allowed_from == first_day for row in rows):
        raise PolicyBeganThen(facts={"field": "allowed_from"})


def _end(rows: Sequence[ContentPolicy], last_day: date) -> list[dict[str, object]]:
    """Nothing of these rows holds after that day; what the rows that never began said."""
    withdrawn = []
    for row in rows:
        if row.allowed_from > last_day:
            withdrawn.append(_told(row))
            row.delete()
        elif row.allowed_until is None or row.allowed_until > last_day:
            row.allowed_until = last_day
            row.save(update_fields=["allowed_until"])
    return withdrawn


def _columns(version: Version) -> dict[str, object]:
    return {
        **asdict(version),
        "sop_classes": sorted(set(version.sop_classes)),
        "modalities": sorted(set(version.modalities)),
    }


def _told(row: ContentPolicy) -> dict[str, object]:
    """The row as values, for the ledger."""
    return {
        "from": row.allowed_from.isoformat(),
        "until": row.allowed_until.isoformat() if row.allowed_until else "",
        "duty_from": row.duty_from.isoformat() if row.duty_from else "",
        "sop_classes": row.sop_classes,
        "modalities": row.modalities,
        "code_demanded": row.code_demanded,
        "source": row.source,
    }


def _unfit(field: str, problem: str) -> PolicyUnfit:
    return PolicyUnfit(problem, facts={"field": field})


def _record(
    actor: Actor, row: ContentPolicy, what: str, reason: str, told: dict[str, object]
) -> None:
    facts = {
        **_told(row),
        **told,
        "what": what,
        "content_type": row.content_type,
        "reason": reason,
    }
    ledger.record(ledger.Kind.POLICY_CHANGED, ledger.About(subject_id=row.id), facts, actor=actor)
