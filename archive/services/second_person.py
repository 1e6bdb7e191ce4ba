"""What one person of the staff asks for, another must do (NF-3).

A service that asks names its kind and subject; granting is part of the act, in its transaction.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from archive import ledger
from archive.actors import Actor, ActorKind
from archive.errors import Refused
from archive.errors.persons import SamePerson, SecondAsked, SecondDecided
from archive.models import SecondPerson, SecondState
from archive.values import now


def ask(
    actor: Actor,
    kind: str,
    subject_id: UUID,
    *,
    environment: str,
    reason: str,
    details: Mapping[str, Any] | None = None,
) -> SecondPerson:
    """Raises Refused for who is no person of the staff, SecondAsked while one is open."""
    person_id = _person(actor)
    try:
        with transaction.atomic():
            asked = SecondPerson.objects.create(
                kind=kind,
                environment=environment,
                subject_id=subject_id,
                reason=reason,
                details=dict(details or {}),
                asked_by_id=person_id,
                asked_at=now(),
            )
            facts = {"kind": kind, "reason": reason}
            ledger.record(ledger.Kind.SECOND_ASKED, _about(asked), facts, actor=actor)
    except IntegrityError:
        raise SecondAsked() from None
    return asked


def grant(actor: Actor, request: SecondPerson, kind: str) -> SecondPerson:
    """In the transaction of the act itself. Raises Refused, SamePerson, SecondDecided."""
    return _decide(actor, request, kind, SecondState.DONE)


def refuse(actor: Actor, request: SecondPerson) -> SecondPerson:
    """By anybody who may grant; the asker so takes it back. Raises Refused, SecondDecided."""
    with transaction.atomic():
        return _decide(actor, request, request.kind, SecondState.REFUSED)


def _decide(actor: Actor, request: SecondPerson, kind: str, state: SecondState) -> SecondPerson:
    person_id = _person(actor)
    asked = SecondPerson.objects.select_for_update().get(id=request.id)
    if asked.state != SecondState.OPEN or asked.kind != kind:
        raise SecondDecided()
    if state == SecondState.DONE and asked.asked_by_id == person_id:
        raise SamePerson()
    asked.state, asked.decided_by_id, asked.decided_at = state, person_id, now()
    asked.save(update_fields=["state", "decided_by", "decided_at"])
    facts = {"kind": kind, "granted": state == SecondState.DONE}
    ledger.record(ledger.Kind.SECOND_DECIDED, _about(asked), facts, actor=actor)
    return asked


def _person(actor: Actor) -> UUID:
    if actor.kind != ActorKind.STAFF or actor.id is None:
        raise Refused()
    return actor.id


def _about(asked: SecondPerson) -> ledger.About:
    return ledger.About(environment=asked.environment, subject_id=asked.subject_id)
