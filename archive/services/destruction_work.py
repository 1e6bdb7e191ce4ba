"""An approved list carried out: a study at a time, in batches that a kill or a stop may end
anywhere (AR-9).

Each study is judged anew and withdrawn in one transaction; only then do its bytes go, so that
nothing half gone is ever given out. What was withdrawn is finished first when the work goes on.
"""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from archive import ledger, locks
from archive.errors import ArchiveError
from archive.models import (
    DestructionItem,
    DestructionList,
    ItemState,
    ListState,
    Spared,
    Study,
    User,
)
from archive.queries import retention
from archive.rules import retention as rules
from archive.rules.retention import Term
from archive.services import (
    destruction_records,
    error_desk,
    retention_lock,
    tombstones,
)
from archive.services.destruction import about
from archive.services.error_desk import Place, What
from archive.values import now, today

BATCH = 20
RULED = ("rule", "basis", "basis_on", "ends_on")
DESTROY = Place("job", "destruction")


def carry_out(list_id: UUID) -> datetime | None:
    """One batch; when to go on, or None: it is done, or somebody has stopped it."""
    for item_id in _left(list_id, ItemState.CONDEMNED):
        _remove(item_id)
    batch = _left(list_id, ItemState.LISTED)
    for item_id in batch:
        if not _withdraw(item_id):
            return None
        _remove(item_id)
    if batch or not _end(list_id):
        return now()
    destruction_records.keep(list_id)
    return None


def _left(list_id: UUID, state: ItemState) -> list[UUID]:
    rows = DestructionItem.objects.filter(list_id=list_id, state=state).order_by("id")
    return list(rows.values_list("id", flat=True)[:BATCH])


# --- a study is judged and withdrawn --------------------------------------------------------------


def _withdraw(item_id: UUID) -> bool:
    """Spare or condemn it; False when the list is not to go on."""
    with transaction.atomic():
        item = DestructionItem.objects.select_related("study__register").get(id=item_id)
        held = DestructionList.objects.select_for_update().get(id=item.list_id)
        if held.state != ListState.RUNNING:
            return False
        retention_lock.judging(held.environment)
        locks.hold(item.study_id)
        item.refresh_from_db(fields=["state"])
        if item.state == ItemState.LISTED:
            _decide(held, item)
    return True


def _decide(held: DestructionList, item: DestructionItem) -> None:
    day = today()
    study = retention.with_facts(Study.objects.all()).get(id=item.study_id)
    facts = retention.facts_of([study], day)[study.id]
    in_force = retention.rules_on(day)
    obstacle, term = rules.obstacle(facts, in_force, day), rules.judge(facts, in_force).term
    if obstacle is not None or term is None:
        _spare(held, item, obstacle or Spared.NOT_EXPIRED)
    else:
        _condemn(held, item, study, term)


def _spare(held: DestructionList, item: DestructionItem, why: Spared) -> None:
    item.state, item.spared, item.decided_at = ItemState.SPARED, why, now()
    item.save(update_fields=["state", "spared", "decided_at"])
    facts = {"list": held.number, "why": why}
    ledger.record(ledger.Kind.STUDY_SPARED, _about(held, item), facts)


def _condemn(held: DestructionList, item: DestructionItem, study: Study, term: Term) -> None:
    """By the rule that lets it go today, which may be another than when the list was made."""
    objects = list(tombstones.objects(study))
    item.state, item.decided_at = ItemState.CONDEMNED, now()
    item.rule_id, item.basis = term.rule, term.basis
    item.basis_on, item.ends_on = term.basis_on, term.ends_on
    item.instances, item.bytes = len(objects), sum(size for _, _, size in objects)
    item.sha256 = _digest_over(objects)
    item.save(update_fields=["state", "decided_at", *RULED, "instances", "bytes", "sha256"])
    tombstones.withdraw(study)
    facts = {
        "list": held.number,
        "objects": item.instances,
        "bytes": item.bytes,
        "sha256": item.sha256,
        "ended_on": item.ends_on.isoformat(),
    }
    ledger.record(ledger.Kind.STUDY_CONDEMNED, _about(held, item), facts)


def _digest_over(objects: list[tuple[str, bytes, int]]) -> str:
    """SHA-256 over a line an object: its UID and its digest, by UID."""
    lines = (f"{uid} {digest.hex()}\n".encode() for uid, digest, _ in objects)
    return hashlib.sha256(b"".join(lines)).hexdigest()


# --- its bytes go ---------------------------------------------------------------------------------


def _remove(item_id: UUID) -> None:
    """Of a condemned study; twice does no harm. Rows, UIDs and digests stay for ever, and so does
    the record of it in the vault, which is written first.
    """
    related = ("study__register", "list", "rule")
    item = DestructionItem.objects.select_related(*related).get(id=item_id)
    if item.state != ItemState.CONDEMNED:
        return
    tombstones.require_in_reach(item.study)
    tombstones.remove(item.study.environment, tombstones.keep(item))
    with transaction.atomic():
        gone = DestructionItem.objects.filter(id=item_id, state=ItemState.CONDEMNED)
        if gone.update(state=ItemState.DESTROYED):
            facts = {"list": item.list.number, "objects": item.instances}
            ledger.record(ledger.Kind.STUDY_DESTROYED, _about(item.list, item), facts)


# --- the end --------------------------------------------------------------------------------------


def _end(list_id: UUID) -> bool:
    """The certificate is written, once; its digest stands in the ledger as well. False while
    another worker, whose lease ran out, is still at a study: it would not be told as destroyed.
    """
    with transaction.atomic():
        rows = DestructionList.objects.select_for_update(of=("self",))
        held = rows.select_related("made_by", "approved_by").get(id=list_id)
        if held.state != ListState.RUNNING:
            return True
        if held.items.filter(state__in=(ItemState.LISTED, ItemState.CONDEMNED)).exists():
            return False
        held.state, held.ended_at = ListState.DONE, now()
        content = certificate(held)
        held.certificate = json.dumps(content, ensure_ascii=False, indent=1)
        held.sha256 = hashlib.sha256(held.certificate.encode()).hexdigest()
        held.save(update_fields=["state", "ended_at", "certificate", "sha256"])
        states = [each["state"] for each in content["studies"]]
        facts = {
            "list": held.number,
            "destroyed": states.count(ItemState.DESTROYED),
            "spared": states.count(ItemState.SPARED),
            "sha256": held.sha256,
        }
        ledger.record(ledger.Kind.DESTRUCTION_ENDED, about(held), facts)
    return True


def certificate(held: DestructionList) -> dict[str, Any]:
    """What was destroyed, by which rule, and by whom; no patient's name, code or days."""
    found = DestructionItem.objects.filter(list=held).select_related("rule").order_by("id")
    return {
        "number": held.number,
        "environment": held.environment,
        "reason": held.reason,
        "proposed_by": _named(held.made_by),
        "proposed_at": held.made_at.isoformat(),
        "approved_by": _named(held.approved_by),
        "approved_at": held.approved_at.isoformat() if held.approved_at else "",
        "ended_at": held.ended_at.isoformat() if held.ended_at else "",
        "studies": [_told(item) for item in found],
    }


def _told(item: DestructionItem) -> dict[str, Any]:
    told = {
        "study_instance_uid": item.study_instance_uid,
        "controller": item.controller_oid,
        "state": item.state,
        "decided_at": item.decided_at.isoformat() if item.decided_at else "",
    }
    if item.state == ItemState.SPARED:
        return {**told, "why": item.spared}
    return {
        **told,
        "rule": item.rule.name_fi,
        "source": item.rule.source,
        "retention_ended_on": item.ends_on.isoformat(),
        "objects": item.instances,
        "bytes": item.bytes,
        "sha256": item.sha256,
    }


def _named(user: User | None) -> str:
    return "" if user is None else user.get_full_name() or user.get_username()


def give_up(list_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    """The desk has it, with the job to redo."""
    held = DestructionList.objects.get(id=list_id)
    error_desk.report(
        error,
        environment=held.environment,
        place=DESTROY,
        what=What(subject_id=list_id, job_id=job_id),
        facts={"number": str(held.number)},
        once=True,
    )


def _about(held: DestructionList, item: DestructionItem) -> ledger.About:
    return ledger.About.of_study(item.study, subject_id=held.id, patient_id=item.study.patient_id)
