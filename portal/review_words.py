"""Suspicions and the rules that raise them, in words."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.models import ReviewKind, ReviewRule, Suspicion
from portal import formats


def measured(facts: Mapping[str, Any]) -> str:
    """What was measured, at its highest."""
    if count := facts.get("persons"):
        said = ngettext("%(count)s patient", "%(count)s patients", count)
    elif count := facts.get("looks"):
        said = ngettext("%(count)s look", "%(count)s looks", count)
    else:
        return ""
    return said % {"count": formats.number_text(count)}


def title(row: Suspicion) -> str:
    """The cause and whoever looked."""
    return f"{_first_up(row.get_kind_display())}: {row.who or '–'}"


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def condition(rule: ReviewRule) -> str:
    """From what on a rule raises a suspicion."""
    values = {
        "count": formats.number_text(rule.threshold),
        "length": formats.length_text(timedelta(minutes=rule.window_minutes)),
    }
    if rule.kind == ReviewKind.EMERGENCY_WITHOUT_CARE:
        return _("when no care has followed within %(length)s") % values
    if rule.kind == ReviewKind.MANY_PATIENTS:
        return _("from %(count)s patients within %(length)s on") % values
    if rule.kind == ReviewKind.WITHOUT_CASE:
        said = _("from %(count)s looks within %(length)s on whose reason names no case")
        return said % values
    if rule.kind == ReviewKind.LOG_READING:
        return _("from %(count)s looks at logs within %(length)s on") % values
    if rule.kind == ReviewKind.OUTSIDE_HOURS:
        said = _("from %(count)s looks within %(length)s on, outside %(hours)s")
        return said % {**values, "hours": _hours(rule)}
    return _("each time")


def _hours(rule: ReviewRule) -> str:
    if rule.opens is None or rule.closes is None:
        return "–"
    span = f"{formats.time_text(rule.opens)}–{formats.time_text(rule.closes)}"
    return _("%(span)s on weekdays") % {"span": span} if rule.weekdays_only else span
