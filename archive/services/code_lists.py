"""Lists of study codes: read, shown, and applied in a second step that does what was shown, in one
transaction (AR-8).
"""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, transaction
from django.db.models import Count

from archive import ledger
from archive.actors import Actor
from archive.errors.rules import (
    CodeListFaulty,
    CodesApplied,
    CodesChanged,
    ListTooLarge,
    Unread,
)
from archive.models import CodeImport, Environment, Study, StudyCodeEntry
from archive.rules import code_lists
from archive.rules.code_lists import Change, Entry, Kind, Plan
from archive.rules.sheets import unread
from archive.services import roles
from archive.values import now

MOST_BYTES = 5_000_000
IN_USE = timedelta(days=90)
_LOCK = "LOCK TABLE archive_studycodeentry IN SHARE ROW EXCLUSIVE MODE"


@dataclass(frozen=True, slots=True)
class Upload:
    """A list as it was sent. With `closes_missing` it is the whole of its code systems."""

    name: str
    content: bytes
    closes_missing: date | None = None


def keep(actor: Actor, upload: Upload) -> CodeImport:
    """Kept for the second step; nothing is changed.

    Raises StaffRoleUnfit, ListTooLarge, ListUnreadable.
    """
    roles.require_administrator(actor)
    if len(upload.content) > MOST_BYTES:
        raise ListTooLarge(facts={"field": "file", "limit": str(MOST_BYTES)})
    try:
        text = upload.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unread(Unread.NOT_UTF8, "not in UTF-8") from error
    if "\0" in text:
        raise unread(Unread.NOT_UTF8, "not a text")
    code_lists.read(text)
    return CodeImport.objects.create(
        file_name=upload.name[:200],
        sha256=hashlib.sha256(upload.content).hexdigest(),
        content=text,
        is_whole=upload.closes_missing is not None,
        last_day=upload.closes_missing,
        made_by=actor.name,
        made_at=now(),
    )


def preview(held: CodeImport) -> Plan:
    """What the list would change now. Raises CodesApplied."""
    if held.applied_at is not None:
        raise CodesApplied()
    rows = StudyCodeEntry.objects.order_by("system_oid", "code", "valid_from")
    known = [_entry(row) for row in rows]
    return code_lists.plan(
        held.content, known, closes_missing=held.last_day if held.is_whole else None
    )


def in_use(plan: Plan) -> dict[str, int]:
    """Of the codes that it closes or lets end earlier, with how many studies of the last ninety
    days have them.
    """
    closed = {each.entry.code for each in plan.changes if each.ends_earlier}
    if not closed:
        return {}
    rows = Study.objects.filter(
        environment__in=Environment.values,
        received_at__gte=now() - IN_USE,
        study_code__in=closed,
    )
    counted = rows.order_by().values("study_code").annotate(count=Count("id"))
    return {row["study_code"]: row["count"] for row in counted}


def apply(actor: Actor, import_id: str, *, shown: str, reason: str) -> dict[str, int]:
    """Do what was shown; how many of each kind. `shown` is the digest of the plan that was looked
    at.

    Raises StaffRoleUnfit, CodesApplied, CodeListFaulty, CodesChanged.
    """
    roles.require_administrator(actor)
    with transaction.atomic():
        held = CodeImport.objects.select_for_update().get(id=import_id)
        with connection.cursor() as cursor:
            cursor.execute(_LOCK)  # readers go on; nobody else writes codes meanwhile
        plan = preview(held)
        if plan.faults:
            raise CodeListFaulty()
        if plan.digest != shown:
            raise CodesChanged()
        for change in plan.changes:
            _apply(change)
        held.applied_at, held.outcome, held.content = now(), plan.counts, ""
        held.save(update_fields=["applied_at", "outcome", "content"])
        _record(actor, held, plan, reason)
    return plan.counts


def _apply(change: Change) -> None:
    entry = change.entry
    if change.kind == Kind.UNCHANGED:
        return
    if change.before is None:
        StudyCodeEntry.objects.create(
            code=entry.code,
            system_oid=entry.system_oid,
            valid_from=entry.valid_from,
            **_changeable(entry),
        )
        return
    StudyCodeEntry.objects.filter(
        system_oid=entry.system_oid, code=entry.code, valid_from=entry.valid_from
    ).update(**_changeable(entry))


def _changeable(entry: Entry) -> dict[str, object]:
    return {
        "name_fi": entry.name_fi,
        "name_sv": entry.name_sv,
        "name_en": entry.name_en,
        "valid_until": entry.valid_until,
    }


def _entry(row: StudyCodeEntry) -> Entry:
    return Entry(
        row.code,
        row.system_oid,
        row.name_fi,
        row.name_sv,
        row.name_en,
        row.valid_from,
        row.valid_until,
    )


def _record(actor: Actor, held: CodeImport, plan: Plan, reason: str) -> None:
    """What a list was, and which codes it closed, at once or earlier than was said, or opened
    again; the names stand in the rows."""
    facts = {
        "file": held.file_name,
        "sha256": held.sha256,
        "outcome": plan.counts,
        "closed": [each.entry.code for each in plan.changes if each.ends_earlier],
        "reopened": [each.entry.code for each in plan.of(Kind.REOPENED)],
        "reason": reason,
    }
    ledger.record(ledger.Kind.CODES_IMPORTED, ledger.About(subject_id=held.id), facts, actor=actor)
