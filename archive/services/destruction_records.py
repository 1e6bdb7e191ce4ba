"""The certificate of a destruction in the vault, and the rows that are made again from it (AR-9,
AR-10).

It holds what the certificate holds, which names no patient, and who proposed and approved.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from archive import vault
from archive.models import (
    DestructionItem,
    DestructionList,
    ItemState,
    ListState,
    RetentionRule,
    Study,
    StudyState,
    User,
)
from archive.rules.retention import anniversary

KIND = "certificate"
Record = Mapping[str, Any]


def keep(list_id: UUID) -> None:
    """Of a list that has ended, what the vault does not have yet; after the commit of its end."""
    for held in _ended().filter(id=list_id):
        _keep(held)


def keep_missing() -> None:
    """Of lists that ended before there were records, and whose record is damaged."""
    for held in _ended().iterator():
        _keep(held)


def _ended() -> QuerySet[DestructionList]:
    rows = DestructionList.objects.select_related("made_by", "approved_by")
    return rows.filter(state=ListState.DONE)


def _keep(held: DestructionList) -> None:
    if held.ended_at is None or vault.has_record(_key(held)):
        return
    facts = {
        "list": str(held.id),
        "certificate": held.certificate,
        "sha256": held.sha256,
        "made_by": _person(held.made_by),
        "approved_by": _person(held.approved_by),
    }
    vault.keep_record(held.environment, KIND, facts, at=held.ended_at, key=_key(held))


def _key(held: DestructionList) -> str:
    return vault.study_record_key(held.environment, KIND, str(held.id))


def _person(user: User | None) -> list[str]:
    return [user.get_username(), user.first_name, user.last_name] if user is not None else []


# --- rows made again ------------------------------------------------------------------------------


def replay(environment: str, record: Record) -> bool:
    """Whether it changed anything. Raises ValueError when the certificate is not as it was signed.

    Of a number that another list has taken since, the certificate stays in the vault alone.
    """
    text: str = record["certificate"]
    if hashlib.sha256(text.encode()).hexdigest() != record["sha256"]:
        raise ValueError("certificate does not fit its digest")
    content = json.loads(text)
    with transaction.atomic():
        held = DestructionList.objects.filter(id=record["list"]).first()
        changed = held is None
        if held is None:
            if DestructionList.objects.filter(number=content["number"]).exists():
                return False
            held = _list(environment, record, content)
        told = (each for each in content["studies"] if each["state"] == ItemState.DESTROYED)
        return bool(sum(_refile(held, each) for each in told)) or changed


def _list(environment: str, record: Record, content: Record) -> DestructionList:
    made_by = _known(record["made_by"])
    if made_by is None:
        raise ValueError("nobody proposed the destruction")
    approved_at = content["approved_at"]
    return DestructionList.objects.create(
        id=record["list"],
        number=content["number"],
        environment=environment,
        state=ListState.DONE,
        reason=content["reason"],
        made_by=made_by,
        made_at=datetime.fromisoformat(content["proposed_at"]),
        approved_by=_known(record["approved_by"]),
        approved_at=datetime.fromisoformat(approved_at) if approved_at else None,
        ended_at=datetime.fromisoformat(content["ended_at"]),
        certificate=record["certificate"],
        sha256=record["sha256"],
    )


def _known(told: list[str]) -> User | None:
    """The person by name of account; one who is not here is one who is shut out."""
    if not told:
        return None
    username, first_name, last_name = told
    known = User.objects.filter(username=username).first()
    if known is not None:
        return known
    made = User(username=username, first_name=first_name, last_name=last_name, is_active=False)
    made.set_unusable_password()
    made.save()
    return made


def _refile(held: DestructionList, told: Record) -> bool:
    rows = Study.objects.filter(
        environment=held.environment, study_instance_uid=told["study_instance_uid"]
    )
    study = rows.filter(state=StudyState.DESTROYED).first()
    return study is not None and _file(held, study, told)


def file(study: Study, record: Record) -> None:
    """A destroyed study's row in its list, if that is here: its record came after the
    certificate.
    """
    held = DestructionList.objects.filter(
        environment=study.environment, number=record["list"], state=ListState.DONE
    ).first()
    if held is None:
        return
    told = {
        "controller": record["controller"],
        "decided_at": record["at"],
        "retention_ended_on": record["ended_on"],
        **{name: record[name] for name in ("rule", "source", "objects", "bytes", "sha256")},
    }
    _file(held, study, told)


def _file(held: DestructionList, study: Study, told: Record) -> bool:
    """The event of its retention follows from the last day and the rule, and stands nowhere."""
    rules = RetentionRule.objects.filter(name_fi=told["rule"], source=told["source"])
    rule = rules.exclude(years=None).first()
    here = DestructionItem.objects.filter(study=study, state=ItemState.DESTROYED)
    if rule is None or rule.years is None or here.exists():
        return False
    ends_on = date.fromisoformat(told["retention_ended_on"])
    DestructionItem.objects.create(
        list=held,
        study=study,
        state=ItemState.DESTROYED,
        rule=rule,
        basis=rule.basis,
        basis_on=anniversary(ends_on, -rule.years),
        ends_on=ends_on,
        study_instance_uid=study.study_instance_uid,
        controller_oid=told["controller"],
        instances=told["objects"],
        bytes=told["bytes"],
        sha256=told["sha256"],
        decided_at=datetime.fromisoformat(told["decided_at"]),
    )
    return True
