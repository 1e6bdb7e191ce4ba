"""Words of the road: what is lacking, who waits for whom, what runs out."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding.models import TermsKind
from onboarding.queries.alarms import Alarm, AlarmKind
from onboarding.rules.certification import Warning, Window
from onboarding.rules.preconditions import Lack
from portal.formats import day_text, length_text

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


def waits(who: str, waited: timedelta, *, is_staff: bool) -> str:
    """Who has the move, and for how long; nothing where nobody has."""
    said = (_STAFF_WAITS if is_staff else _CUSTOMER_WAITS).get(who)
    return str(said) % {"length": length_text(waited)} if said else ""


def window(found: Warning) -> str:
    return str(_WINDOWS[found.window][found.passed]) % {"day": day_text(found.until)}


def stops(found: Warning) -> bool:
    """Whether it has run out and hinders use; a certification window that has closed does not."""
    return found.passed and found.window != Window.CERTIFICATION


def alarm(found: Alarm) -> str:
    if found.kind == AlarmKind.NOTICE:
        day = day_text(found.until) if found.until else "–"
        return gettext("last day of use %(day)s") % {"day": day}
    if found.kind == AlarmKind.TERMS:
        return gettext("not accepted: %(document)s") % {"document": TermsKind(found.what).label}
    day = day_text(found.until) if found.until else "–"
    said = str(_WINDOWS[Window(found.what)][found.passed]) % {"day": day}
    return f"{found.subject}: {said}"
