"""Into production and out of it (ON-5, ON-6)."""

from datetime import date

from django.db import transaction

from archive.actors import SYSTEM, Actor
from archive.models import CustomerState, Environment, Organisation
from archive.services import apart
from archive.values import today
from onboarding.errors import DayPassed, PreconditionsMissing, StepOutOfOrder
from onboarding.models import Joining, JoiningState, PublicCustomer
from onboarding.queries.facts import facts_of
from onboarding.rules import preconditions
from onboarding.rules.calendar import earliest_notice_running, last_day_after_notice
from onboarding.rules.road import Party, Why
from onboarding.services import connections, letters, rights, rollout_endings, steps


def open_production(actor: Actor, joining: Joining, *, reason: str = "") -> Joining:
    """From this second on: joining date today, production connections open, on the public list.
    Raises PreconditionsMissing with facts["missing"], the Precondition values.
    """
    with transaction.atomic():
        held = steps.locked(joining)
        steps.check(actor, held, JoiningState.IN_PRODUCTION)
        if held.state == JoiningState.NOTICE_GIVEN:  # that way leads `withdraw_notice`
            raise StepOutOfOrder(facts={"state": held.state})
        missing = preconditions.missing(facts_of(held))
        if missing:
            raise PreconditionsMissing(facts={"missing": ",".join(missing)})
        organisation = held.organisation
        organisation.state = CustomerState.IN_PRODUCTION
        organisation.joined_on, organisation.ended_on = today(), None
        organisation.save(update_fields=["state", "joined_on", "ended_on"])
        held = steps.move(actor, held, JoiningState.IN_PRODUCTION, reason=reason)
        connections.open_all(actor, organisation, Environment.PRODUCTION)
        _list_publicly(organisation, today())
        return held


def _list_publicly(organisation: Organisation, day: date) -> None:
    """A line of the source with the same name is this customer's, and keeps the source's date."""
    if organisation.is_demo:
        return
    entry = PublicCustomer.objects.filter(organisation=organisation).first()
    if entry is None:
        entry = PublicCustomer.objects.filter(
            organisation=None, name_fi=organisation.name_fi, sector=organisation.sector
        ).first()
    if entry is None:
        entry = PublicCustomer(joined_on=day)
    elif entry.ended_on is not None:  # back again
        entry.joined_on, entry.joined_text = day, ""
    entry.organisation, entry.ended_on = organisation, None
    entry.name_fi, entry.sector = organisation.name_fi, organisation.sector
    entry.name_sv = organisation.name_sv or entry.name_sv
    entry.name_en = organisation.name_en or entry.name_en
    entry.save()


def earliest_notice(actor: Actor, organisation: Organisation) -> date:
    """A letter counts from the day it came, which is an officer's to tell; not from one so long ago
    that use would be over already.
    """
    if rights.party_of(actor, organisation) != Party.OFFICER:
        return today()
    running = earliest_notice_running(today())
    return max(running, organisation.joined_on or running)


def give_notice(actor: Actor, joining: Joining, *, given_on: date, reason: str = "") -> Joining:
    """By the customer's administrator, or recorded by an officer. The last day is the same day one
    calendar month later (`ends_on`). Raises DayPassed, facts["field"] = "given_on".
    """
    with transaction.atomic():
        held = steps.locked(joining)
        steps.check(actor, held, JoiningState.NOTICE_GIVEN)
        if given_on < earliest_notice(actor, held.organisation):
            raise DayPassed(facts={"field": "given_on"})
        held = steps.move(
            actor,
            held,
            JoiningState.NOTICE_GIVEN,
            reason=reason,
            notice_given_on=given_on,
            ends_on=last_day_after_notice(given_on),
        )
        _tell_doors(held)
        return held


def _tell_doors(held: Joining) -> None:
    """The last day of use, if there is one: the archive's doors keep to it by themselves, should
    nobody have ended it by then.
    """
    held.organisation.ended_on = held.ends_on
    held.organisation.save(update_fields=["ended_on"])


def withdraw_notice(actor: Actor, joining: Joining, *, reason: str = "") -> Joining:
    """While the last day is not over. Raises StepOutOfOrder."""
    with transaction.atomic():
        held = steps.locked(joining)
        over = held.ends_on is not None and held.ends_on < today()
        if held.state != JoiningState.NOTICE_GIVEN or over:
            raise StepOutOfOrder(facts={"state": held.state})
        held = steps.move(
            actor,
            held,
            JoiningState.IN_PRODUCTION,
            reason=reason,
            letter=letters.NOTICE_WITHDRAWN,
            notice_given_on=None,
            ends_on=None,
        )
        _tell_doors(held)
        return held


def end_due(day: date) -> int:
    """End every customer whose last day was before this one; how many. Material and the duty to
    keep it stay.
    """
    due = Joining.objects.filter(state=JoiningState.NOTICE_GIVEN, ends_on__lt=day)
    rows = due.select_related("organisation")
    return apart.each("end-of-use", rows, lambda joining: _end(joining, day), facts=_whose)


def _whose(joining: Joining) -> dict[str, str]:
    return {"organisation": joining.organisation.name}


def _end(joining: Joining, day: date) -> bool:
    with transaction.atomic():
        runs = rollout_endings.open_runs(joining.organisation)
        held = steps.locked(joining)
        if held.state != JoiningState.NOTICE_GIVEN or held.ends_on is None or held.ends_on >= day:
            return False  # withdrawn, or ended by another, meanwhile
        organisation = held.organisation
        organisation.state, organisation.ended_on = CustomerState.ENDED, held.ends_on
        organisation.save(update_fields=["state", "ended_on"])
        connections.end_all(SYSTEM, organisation, last_day=held.ends_on)
        rollout_endings.abandon(SYSTEM, runs)
        PublicCustomer.objects.filter(organisation=organisation).update(ended_on=held.ends_on)
        steps.move(SYSTEM, held, JoiningState.ENDED, reason=Why.NOTICE_OVER)
        return True
