"""The rollout test: begun by a customer's person, watched by the system, ended with a report
(ON-4).
"""

import secrets

from django.db import IntegrityError, transaction
from django.db.models import Max

from archive import ledger
from archive.actors import Actor
from archive.models import CustomerState, Environment, Organisation
from archive.services import apart
from archive.values import PersonId, now
from onboarding.errors import AlreadyAsked, StepOutOfOrder
from onboarding.models import Joining, RolloutRun, RolloutStep, RunState, StepState
from onboarding.queries import rollout as queries
from onboarding.queries.observing import facts_of
from onboarding.rules import fields, road, rollout
from onboarding.rules.road import Party
from onboarding.rules.rollout import StepKind
from onboarding.rules.verdicts import judge
from onboarding.services import joining, rights
from onboarding.services.rollout_endings import about, content, digest, end

__all__ = [
    "abandon",
    "content",
    "digest",
    "finish",
    "may_run",
    "may_start",
    "observe",
    "observe_open",
    "start",
    "test_patients",
]

PATIENTS = 4
CHECKS = "0123456789ABCDEFHJKLMNPRSTUVWXY"  # of the personal identity code: number modulo 31


def may_run(actor: Actor, organisation: Organisation) -> bool:
    """Whether the buttons are for this person: the customer's own people, not the staff."""
    return rights.party_of(actor, organisation) in (Party.CUSTOMER, Party.TECHNICAL)


def may_start(organisation: Organisation) -> bool:
    """Whether its road has come so far; one run is open at a time."""
    try:
        _require_testing(organisation, Joining.objects.filter(organisation=organisation).first())
    except StepOutOfOrder:
        return False
    return True


def start(actor: Actor, organisation: Organisation, purpose: str = "") -> RolloutRun:
    """Raises ActorUnfit, StepOutOfOrder before the customer is accepted for testing, AlreadyAsked
    while a run is open, FieldInvalid.
    """
    rights.require(actor, organisation, Party.CUSTOMER, Party.TECHNICAL)
    checked = fields.text(purpose, "purpose", needed=False)
    found = Joining.objects.filter(organisation=organisation).first()
    _require_testing(organisation, found)
    try:
        with transaction.atomic():
            run = RolloutRun.objects.create(
                organisation=organisation,
                number=_next_number(organisation),
                purpose=checked,
                systems=queries.systems(organisation),
                patients=test_patients(),
                started_by=actor.name,
                started_at=now(),
            )
            planned = rollout.plan(found.content_types if found else [])
            RolloutStep.objects.bulk_create(
                RolloutStep(run=run, place=place, kind=kind, content_type=content_type)
                for place, (kind, content_type) in enumerate(planned, start=1)
            )
            facts = {"number": run.number, "purpose": checked}
            ledger.record(ledger.Kind.ROLLOUT_STARTED, about(run), facts, actor=actor)
    except IntegrityError:
        raise AlreadyAsked() from None
    return observe(run)


def _require_testing(organisation: Organisation, found: Joining | None) -> None:
    if found is None:
        if organisation.state != CustomerState.IN_PRODUCTION:
            raise StepOutOfOrder(facts={"state": organisation.state})
    elif found.state not in road.TESTING | road.LIVE:
        raise StepOutOfOrder(facts={"state": found.state})


def _next_number(organisation: Organisation) -> int:
    last = RolloutRun.objects.filter(organisation=organisation).aggregate(last=Max("number"))
    return int(last["last"] or 0) + 1


def test_patients(count: int = PATIENTS) -> list[str]:
    """New codes of the 900 series, men's and women's by turns, of several ages."""
    found: list[str] = []
    while len(found) < count:
        year = 1940 + secrets.randbelow(80)
        day, month = 1 + secrets.randbelow(28), 1 + secrets.randbelow(12)
        number = 900 + 2 * secrets.randbelow(50) + (1 - len(found) % 2)
        digits = f"{day:02}{month:02}{year % 100:02}"
        check = CHECKS[int(f"{digits}{number}") % 31]
        code = PersonId(f"{digits}{'-' if year < 2000 else 'A'}{number}{check}")
        if code not in found:
            found.append(code)
    return found


# --- watching -------------------------------------------------------------------------------------


def observe(run: RolloutRun) -> RolloutRun:
    """Bring the steps of an open run up to date; any number of times, from any process."""
    with transaction.atomic():
        held = _locked(run)
        if held.state == RunState.RUNNING:
            _observe(held)
        return held


def observe_open() -> int:
    """All open runs; how many of them could be."""
    found = RolloutRun.objects.filter(state=RunState.RUNNING).select_related("organisation")
    return apart.each("rollout", found, _observed, where=_in_test, facts=_whose)


def _observed(run: RolloutRun) -> int:
    observe(run)
    return 1


def _in_test(run: RolloutRun) -> str:
    return Environment.TEST


def _whose(run: RolloutRun) -> dict[str, str]:
    return {"organisation": run.organisation.name}


def _locked(run: RolloutRun) -> RolloutRun:
    rows = RolloutRun.objects.select_for_update(of=("self",)).select_related("organisation")
    return rows.get(id=run.id)


def _observe(run: RolloutRun) -> None:
    facts = facts_of(run)
    for step in RolloutStep.objects.filter(run=run).exclude(state=StepState.PASSED):
        finding = judge(StepKind(step.kind), step.content_type, facts)
        seen = (finding.state, finding.observed, finding.cause, finding.at)
        if seen != (step.state, step.observed, step.cause, step.at):
            step.state, step.observed, step.cause, step.at = seen
            step.save(update_fields=["state", "observed", "cause", "at"])


# --- ends -----------------------------------------------------------------------------------------


def finish(actor: Actor, run: RolloutRun) -> RolloutRun:
    """Passed when every step that could be walked has passed. The report is kept by its digest, and
    a pass moves the customer's road on. Raises ActorUnfit, StepOutOfOrder.
    """
    with transaction.atomic():
        held = _open(actor, run)
        _observe(held)
        held.state = rollout.outcome(each.state for each in queries.steps(held))
        end(actor, held)
        joining.record_test(held)
        return held


def abandon(actor: Actor, run: RolloutRun) -> RolloutRun:
    """Raises ActorUnfit, StepOutOfOrder."""
    with transaction.atomic():
        held = _open(actor, run)
        held.state = RunState.ABANDONED
        end(actor, held)
        return held


def _open(actor: Actor, run: RolloutRun) -> RolloutRun:
    held = _locked(run)
    rights.require(actor, held.organisation, Party.CUSTOMER, Party.TECHNICAL)
    if held.state != RunState.RUNNING:
        raise StepOutOfOrder(facts={"state": held.state})
    return held
