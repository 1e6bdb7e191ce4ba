"""What one officer asks for, another decides (NF-3)."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from archive import ledger
from archive.actors import Actor
from archive.values import now
from onboarding.errors import AlreadyAsked, SameOfficer, StepOutOfOrder
from onboarding.models import FourEyes, Joining, RequestState
from onboarding.rules import fields
from onboarding.services import rights, steps


def ask(
    actor: Actor,
    held: Joining,
    kind: str,
    *,
    reason: str,
    details: Mapping[str, Any] | None = None,
) -> FourEyes:
    """Raises ActorUnfit, FieldInvalid without a reason, AlreadyAsked while one is open."""
    officer, checked = rights.require_officer(actor), fields.prose(reason, "reason")
    try:
        with transaction.atomic():
            asked = FourEyes.objects.create(
                kind=kind,
                joining=held,
                details=dict(details or {}),
                reason=checked,
                asked_by_id=officer,
                asked_at=now(),
            )
    except IntegrityError:
        raise AlreadyAsked() from None
    facts = {"kind": kind, "reason": checked}
    ledger.record(ledger.Kind.SECOND_ASKED, steps.about(held.organisation), facts, actor=actor)
    return asked


def grant(actor: Actor, request: FourEyes, kind: str) -> FourEyes:
    """In the caller's transaction. Raises ActorUnfit, SameOfficer, StepOutOfOrder when it is
    decided.
    """
    return _decide(actor, request, kind, RequestState.DONE)


def refuse(actor: Actor, request: FourEyes, kind: str) -> FourEyes:
    """By any officer; the asker takes it back so. Raises ActorUnfit, StepOutOfOrder."""
    with transaction.atomic():
        return _decide(actor, request, kind, RequestState.REFUSED)


def _decide(actor: Actor, request: FourEyes, kind: str, state: RequestState) -> FourEyes:
    officer = rights.require_officer(actor)
    asked = FourEyes.objects.select_for_update().get(id=request.id)
    if asked.state != RequestState.OPEN or asked.kind != kind:
        raise StepOutOfOrder(facts={"state": asked.state})
    if state == RequestState.DONE and asked.asked_by_id == officer:
        raise SameOfficer()
    asked.state, asked.decided_by_id, asked.decided_at = state, officer, now()
    asked.save(update_fields=["state", "decided_by", "decided_at"])
    facts = {"kind": kind, "granted": state == RequestState.DONE}
    organisation = asked.joining.organisation
    ledger.record(ledger.Kind.SECOND_DECIDED, steps.about(organisation), facts, actor=actor)
    return asked
