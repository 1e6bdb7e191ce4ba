"""A customer's road from a draft to a passed test (ON-1, ON-5). `production` has the rest of it.

Every function checks who acts (ActorUnfit) and that the state allows it (StepOutOfOrder), and
returns the joining as it then is.
"""

from allauth.account.models import EmailAddress
from django.db import transaction

from archive.actors import SYSTEM, Actor, ActorKind
from archive.config import settings
from archive.models import CustomerState, Environment
from archive.values import now
from onboarding.errors import (
    EmailUnverified,
    PreconditionsMissing,
    StepOutOfOrder,
)
from onboarding.models import (
    EvidenceState,
    FourEyes,
    Joining,
    JoiningState,
    Precondition,
    RequestState,
    RolloutRun,
    RunState,
)
from onboarding.queries.facts import facts_of
from onboarding.queries.succession import gives_away
from onboarding.rules import fields, preconditions, road
from onboarding.services import (
    connections,
    evidence,
    four_eyes,
    production,
    rollout_endings,
    steps,
)
from onboarding.services.registration import joining_for, register, save, set_contacts

__all__ = [
    "accept_for_testing",
    "apply_again",
    "ask_waiver",
    "grant_waiver",
    "joining_for",
    "record_test",
    "refuse_waiver",
    "register",
    "reject",
    "save",
    "send_back",
    "set_contacts",
    "submit",
    "take_up",
]

WAIVER = "waiver"


def submit(actor: Actor, joining: Joining, *, reason: str = "") -> Joining:
    """Raises EmailUnverified, PreconditionsMissing (facts["missing"]: Lack values) when the form is
    not full.
    """
    with transaction.atomic():
        held = steps.locked(joining)
        steps.check(actor, held, JoiningState.SUBMITTED)
        if actor.kind == ActorKind.CUSTOMER and not _has_verified_email(actor):
            raise EmailUnverified()
        lacking = preconditions.for_submission(facts_of(held))
        if lacking:
            raise PreconditionsMissing(facts={"missing": ",".join(lacking)})
        return steps.move(actor, held, JoiningState.SUBMITTED, reason=reason, step="")


def _has_verified_email(actor: Actor) -> bool:
    return EmailAddress.objects.filter(user_id=actor.id, verified=True).exists()


def take_up(actor: Actor, joining: Joining, *, reason: str = "") -> Joining:
    """An officer begins the review."""
    return _move(actor, joining, JoiningState.IN_REVIEW, reason=reason)


def send_back(actor: Actor, joining: Joining, *, reason: str) -> Joining:
    """For additions. Raises FieldInvalid without a reason."""
    return _move(actor, joining, JoiningState.RETURNED, reason=fields.prose(reason, "reason"))


def _move(actor: Actor, joining: Joining, to: JoiningState, *, reason: str = "") -> Joining:
    with transaction.atomic():
        return steps.move(actor, steps.locked(joining), to, reason=reason)


def accept_for_testing(actor: Actor, joining: Joining, *, reason: str = "") -> Joining:
    """Opens the planned test connections. Raises TitleTaken when another has such a title by
    now.
    """
    with transaction.atomic():
        held = steps.move(actor, steps.locked(joining), JoiningState.ACCEPTED, reason=reason)
        connections.open_all(actor, held.organisation, Environment.TEST)
        return held


def reject(actor: Actor, joining: Joining, *, reason: str) -> Joining:
    """Open test connections end, and an open run of the rollout test with them."""
    checked = fields.prose(reason, "reason")
    with transaction.atomic():
        runs = rollout_endings.open_runs(joining.organisation)
        held = steps.move(actor, steps.locked(joining), JoiningState.REJECTED, reason=checked)
        rollout_endings.abandon(actor, runs)
        connections.end_all(actor, held.organisation)
        FourEyes.objects.filter(joining=held, state=RequestState.OPEN).update(
            state=RequestState.REFUSED, decided_at=now()
        )
        return held


def apply_again(actor: Actor, joining: Joining, *, reason: str = "") -> Joining:
    """From rejected or ended back to a draft; a test passed in an earlier time counts no more.
    Not once its register has a successor.
    """
    with transaction.atomic():
        held = steps.locked(joining)
        if gives_away(held.organisation):
            raise StepOutOfOrder()  # its register is its successor's
        held = steps.move(
            actor,
            held,
            JoiningState.DRAFT,
            reason=reason,
            notice_given_on=None,
            ends_on=None,
        )
        organisation = held.organisation
        organisation.state, organisation.ended_on = CustomerState.JOINING, None
        organisation.save(update_fields=["state", "ended_on"])
        evidence.mark(held, Precondition.ROLLOUT_TEST, EvidenceState.MISSING, by=actor)
        return held


# --- the test -------------------------------------------------------------------------------------


def record_test(run: RolloutRun) -> Joining | None:
    """A run has ended: a pass is evidence, and moves the road on; opens production at once when the
    policy says so and nothing is missing. None when the organisation has no road.
    """
    with transaction.atomic():
        found = Joining.objects.filter(organisation_id=run.organisation_id).first()
        if found is None:
            return None
        held = steps.locked(found)
        if run.state != RunState.PASSED:
            return held
        evidence.mark(
            held,
            Precondition.ROLLOUT_TEST,
            EvidenceState.ACCEPTED,
            by=SYSTEM,
            number=str(run.number),
            digest=run.report_sha256,
        )
        if held.state == JoiningState.ACCEPTED:
            held = steps.move(SYSTEM, held, JoiningState.TEST_PASSED, reason=road.Why.PASSED)
            if settings().pass_opens_production and not preconditions.missing(facts_of(held)):
                held = production.open_production(SYSTEM, held, reason=road.Why.AT_ONCE)
        return held


def ask_waiver(actor: Actor, joining: Joining, *, reason: str) -> FourEyes:
    """By an officer. Raises AlreadyAsked while one is open."""
    with transaction.atomic():
        held = steps.locked(joining)
        steps.check(actor, held, JoiningState.TEST_WAIVED)
        return four_eyes.ask(actor, held, WAIVER, reason=reason)


def grant_waiver(actor: Actor, request: FourEyes) -> Joining:
    """By another officer than the one who asked. Raises SameOfficer."""
    with transaction.atomic():
        held = steps.locked(request.joining)
        steps.check(actor, held, JoiningState.TEST_WAIVED)
        asked = four_eyes.grant(actor, request, WAIVER)
        evidence.mark(
            held, Precondition.ROLLOUT_TEST, EvidenceState.WAIVED, by=actor, judgement=asked.reason
        )
        return steps.move(actor, held, JoiningState.TEST_WAIVED, reason=asked.reason)


def refuse_waiver(actor: Actor, request: FourEyes) -> FourEyes:
    """By any officer; the asker takes it back so."""
    return four_eyes.refuse(actor, request, WAIVER)
