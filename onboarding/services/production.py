"""Into production and out of it (ON-5, ON-6)."""

from datetime import date

from archive.actors import Actor
from onboarding.models import Joining


def open_production(actor: Actor, joining: Joining) -> Joining:
    """From this second on: joining date today, production connections open, on the public list.
    Raises PreconditionsMissing with facts["missing"], the Precondition values.
    """
    ...


def give_notice(actor: Actor, joining: Joining, *, given_on: date) -> Joining:
    """By the customer's administrator, or recorded by an officer. The last day is the same day one
    calendar month later (`ends_on`). Raises DayPassed, facts["field"] = "given_on".
    """
    ...


def withdraw_notice(actor: Actor, joining: Joining) -> Joining:
    """While the service has not ended. Raises StepOutOfOrder."""
    ...


def end_due(today: date) -> int:
    """End every customer whose last day was before this day; how many. Material and the duty to
    keep it stay.
    """
    ...
