"""One step on the road: checked, kept, recorded, told. The only place that changes a state."""

from typing import Any

from django.utils.functional import Promise

from archive import ledger
from archive.actors import Actor
from archive.models import Organisation
from archive.values import now
from onboarding.errors import ActorUnfit, StepOutOfOrder
from onboarding.models import Joining, JoiningState, Transition
from onboarding.rules import fields, road
from onboarding.services import letters, mails, rights


def about(organisation: Organisation, environment: str = "") -> ledger.About:
    return ledger.About(
        environment=environment, organisation_id=organisation.id, subject_id=organisation.id
    )


def changed(
    actor: Actor, organisation: Organisation, what: str, environment: str = "", **facts: Any
) -> None:
    """Written down, of what is no step of the road."""
    told = {"what": what, **facts}
    about_it = about(organisation, environment)
    ledger.record(ledger.Kind.CUSTOMER_CHANGED, about_it, told, actor=actor)


def locked(joining: Joining) -> Joining:
    """The row as it is now, held for the caller's transaction."""
    rows = Joining.objects.select_for_update(of=("self",)).select_related("organisation")
    return rows.get(id=joining.id)


def check(actor: Actor, held: Joining, to: JoiningState) -> None:
    """Raises ActorUnfit for a stranger, StepOutOfOrder where the road leads elsewhere, ActorUnfit
    where it does but not for this actor.
    """
    party = rights.party_of(actor, held.organisation)
    if party is None:
        raise ActorUnfit()
    if not road.leads(held.state, to):
        raise StepOutOfOrder(facts={"state": held.state, "to": to})
    if not road.may_move(held.state, to, party):
        raise ActorUnfit()


def move(
    actor: Actor,
    held: Joining,
    to: JoiningState,
    *,
    reason: str = "",
    letter: tuple[Promise, Promise] | None = None,
    **changed: Any,
) -> Joining:
    """Move a row that is `locked`. `changed` are further columns of it."""
    check(actor, held, to)
    reason = fields.prose(reason, "reason", needed=False)
    at, left = now(), held.state
    held.state, held.state_since = to, at
    for name, value in changed.items():
        setattr(held, name, value)
    held.save(update_fields=["state", "state_since", *changed])
    Transition.objects.create(
        joining=held, from_state=left, to_state=to, at=at, actor_name=actor.name, reason=reason
    )
    # The log shows what somebody said; the system's own reason follows from the step.
    said = "" if reason in set(road.Why) else reason
    facts = {"from": left, "to": to, "reason": said}
    ledger.record(ledger.Kind.JOINING_MOVED, about(held.organisation), facts, actor=actor)
    subject, body = letter or letters.BY_STATE[to]
    values = {"reason": reason, "given_on": held.notice_given_on, "ends_on": held.ends_on}
    mails.to_contacts(held.organisation, mails.Letter(subject, body, values, "joining-file"))
    return held
