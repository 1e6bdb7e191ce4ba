"""Retention in sentences: what a rule says, how a study stands, why one was spared."""

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from archive.models import RegisterType, RetentionBasis, RetentionRule
from archive.queries import content_policies
from archive.rules.retention import Standing
from archive.services.retention_rules import Rule
from archive.values import today
from portal.formats import day_text, number_text


def name_of(row: RetentionRule) -> str:
    return getattr(row, f"name_{(get_language() or 'fi')[:2]}", "") or row.name_fi


def period_words(rule: RetentionRule | Rule) -> str:
    """How long: "12 years from the patient’s death"."""
    if rule.permanent or rule.years is None:
        return _("for ever")
    said = {
        RetentionBasis.DEATH: ngettext(
            "%(count)s year from the patient’s death",
            "%(count)s years from the patient’s death",
            rule.years,
        ),
        RetentionBasis.BIRTH: ngettext(
            "%(count)s year from the patient’s birth",
            "%(count)s years from the patient’s birth",
            rule.years,
        ),
        RetentionBasis.STUDY: ngettext(
            "%(count)s year from the study", "%(count)s years from the study", rule.years
        ),
    }
    return said[RetentionBasis(rule.basis)] % {"count": number_text(rule.years)}


def scope_words(rule: RetentionRule | Rule) -> str:
    """Of what: "ct, mr; occupational health care; born on day 18, 28"."""
    parts = []
    if rule.content_types:
        named = content_policies.names(today())
        parts.append(", ".join(named.get(each, each) for each in rule.content_types))
    if rule.register_types:
        parts.append(", ".join(str(RegisterType(each).label) for each in rule.register_types))
    if rule.birth_days:
        days = ", ".join(str(day) for day in rule.birth_days)
        parts.append(_("patients born on day %(days)s of a month") % {"days": days})
    return "; ".join(parts) or _("everything")


def standing_words(standing: Standing, rule: RetentionRule | None) -> str:
    """How a study stands by the rules of today."""
    named = name_of(rule) if rule else ""
    if standing.permanent is not None:
        return _("For ever: %(rule)s.") % {"rule": named}
    if standing.term is None:
        return _("No end is known: no rule settles it by the days that are known.")
    said = _("Until %(day)s: %(rule)s.")
    return said % {"day": day_text(standing.term.ends_on), "rule": named}
