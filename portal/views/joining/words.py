"""Words of the road: what is lacking, who waits for whom, what runs out."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.models import Environment
from archive.values import today
from onboarding.errors import Fault, StepOutOfOrder
from onboarding.models import CertifiedSystem, RequestState, TermsKind, Transition
from onboarding.queries.alarms import Alarm, AlarmKind
from onboarding.queries.facts import dates_of
from onboarding.rules.certification import Odd, Warning, Window, odds
from onboarding.rules.preconditions import Lack
from onboarding.rules.road import Why
from onboarding.rules.succession import Obstacle
from onboarding.services.joining import WAIVER
from onboarding.services.succession import SUCCESSION
from portal.formats import day_text, wait_text, when_text

FAULTS: Mapping[Fault, Any] = {
    Fault.ENDS_FIRST: _("The last day is before the first."),
    Fault.TO_COME: _("The day is still to come. Give today or an earlier day."),
    Fault.NOTHING_GIVEN: _("Nothing is given yet. Give a number, a day, a note or a file."),
    Fault.TAKEN: _("There is such a version already."),
    Fault.CERTIFICATE_NEEDED: _("With TLS only, the certificate of the system is needed."),
    Fault.SIGNS: _("The signs of HL7 itself (| ^ ~ & and the backslash) cannot be in it."),
}
LACKS: Mapping[Lack, Any] = {
    Lack.EVIDENCE: _("No evidence has been given."),
    Lack.JUDGEMENT: _("Given; an officer has not looked at it yet."),
    Lack.SYSTEM: _("No certified system is named."),
    Lack.WINDOW: _("A certificate or a specification version does not cover today."),
    Lack.ACCEPTANCE: _("The version in force is not accepted."),
    Lack.CONTACTS: _("A contact is missing."),
    Lack.CONNECTION: _("No complete production connection is planned."),
    Lack.ACTIVITY: _("It is not told what the organisation does with images."),
    Lack.TEST: _("The rollout test has not been passed."),
}
OBSTACLES: Mapping[Obstacle, Any] = {
    Obstacle.SAME: _("The successor is the same organisation."),
    Obstacle.SUCCESSOR: _("The successor is not in production."),
    Obstacle.IN_USE: _(
        "The use of the former one has not ended before that day. Its notice is given first; the "
        "register can pass on the day after its last day of use."
    ),
    Obstacle.REGISTERS: _("It has no register."),
    Obstacle.PLANNED: _("A succession is agreed on already."),
}
# What one officer asks for and another decides: as a title, and as what the pipeline warns of.
FOUR_EYES: Mapping[str, tuple[Any, Any]] = {
    WAIVER: (_("Waiver of the rollout test"), _("a waiver is asked for")),
    SUCCESSION: (_("Succession of the register"), _("a succession is asked for")),
}
_SYSTEMS_OWN: Mapping[str, Any] = {
    Why.PASSED: _("The rollout test was passed."),
    Why.AT_ONCE: _("All preconditions held when the rollout test was passed."),
    Why.NOTICE_OVER: _("The last day of use after the notice is over."),
}
_STAFF_WAITS = {
    "customer": _("Waits for the customer, for %(length)s."),
    "officer": _("Waits for us, for %(length)s."),
    "time": _("Waits for the last day of use."),
}
_CUSTOMER_WAITS = {
    "customer": _("Your move, for %(length)s."),
    "officer": _("We are at it, for %(length)s."),
    "time": _("Works until the last day of use."),
}
_WINDOWS = {
    Window.CERTIFICATE: (_("certificate ends %(day)s"), _("certificate ended %(day)s")),
    Window.PRODUCTION: (
        _("specification version may be used until %(day)s"),
        _("specification version could be used until %(day)s"),
    ),
    Window.CERTIFICATION: (
        _("no new certificates for the version after %(day)s"),
        _("no new certificates for the version since %(day)s"),
    ),
}

# What does not fit, and the word of its state.
_ODDS = {
    Odd.NOT_YET: (_("the certificate is valid from %(day)s on"), _("not valid yet")),
    Odd.NOT_IN_USE: (
        _("the specification version may be used from %(day)s on"),
        _("not valid yet"),
    ),
    Odd.TOO_EARLY: (
        _(
            "the certificate is dated before %(day)s, the first day on which anything was "
            "certified against the version"
        ),
        _("does not fit"),
    ),
    Odd.TOO_LATE: (
        _(
            "the certificate is dated after %(day)s, the last day on which anything was "
            "certified against the version"
        ),
        _("does not fit"),
    ),
}


def environment(value: str) -> str:
    return str(Environment(value).label)


def waits(who: str, waited: timedelta, *, is_staff: bool) -> str:
    """Who has the move, and for how long; nothing where nobody has."""
    said = (_STAFF_WAITS if is_staff else _CUSTOMER_WAITS).get(who)
    return str(said) % {"length": wait_text(waited)} if said else ""


def window(found: Warning) -> str:
    return str(_WINDOWS[found.window][found.passed]) % {"day": day_text(found.until)}


def of_system(row: CertifiedSystem, found: Iterable[Warning]) -> list[tuple[str, str]]:
    """Sentences, each with the word of what is wrong; a certification window that has closed is
    nothing wrong by itself.
    """
    ended = gettext("ran out")
    return odds_of(row) + [
        (window(each), ended if each.passed and each.window != Window.CERTIFICATION else "")
        for each in found
    ]


def odds_of(row: CertifiedSystem) -> list[tuple[str, str]]:
    found = odds(dates_of(row), today())
    return [(str(_ODDS[odd][0]) % {"day": day_text(day)}, str(_ODDS[odd][1])) for odd, day in found]


def alarm(found: Alarm) -> str:
    if found.kind == AlarmKind.NOTICE:
        day = day_text(found.until) if found.until else "–"
        return gettext("last day of use %(day)s") % {"day": day}
    if found.kind == AlarmKind.TERMS:
        return gettext("not accepted: %(document)s") % {"document": TermsKind(found.what).label}
    day = day_text(found.until) if found.until else "–"
    said = str(_WINDOWS[Window(found.what)][found.passed]) % {"day": day}
    return f"{found.subject}: {said}"


def why(row: Transition) -> str:
    """The reason of a step: as it was given, or the system's own in words."""
    return str(_SYSTEMS_OWN.get(row.reason, row.reason))


def decided(error: StepOutOfOrder) -> str:
    """To who comes second: who has decided about a person that asks to be let in; what next."""
    if error.facts["decided"] == RequestState.DONE:
        said = gettext(
            "%(person)s let %(who)s in %(when)s. The role can be changed or taken away among"
            " the people of the organisation."
        )
    else:
        said = gettext(
            "%(person)s turned %(who)s away %(when)s. Nothing more is needed. To let the person in"
            " after all, invite the person."
        )
    at = datetime.fromisoformat(error.facts["at"])
    told = {"person": error.facts["by"], "who": error.facts["who"], "when": when_text(at)}
    return said % told
