"""Dated rules of retention: what is in force and what comes; added, closed and confirmed after a
preview in words (AR-9).
"""

from uuid import UUID

from django import forms
from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.errors.wishes import ValueUnfit
from archive.models import RetentionRule
from archive.services import retention_rules as services
from archive.services.retention_rules import Rule
from portal.advice import advise
from portal.formats import day_text
from portal.forms.retention import CloseForm, ConfirmForm, RuleForm
from portal.lists.dated import RETENTION_RULES, OfRetention
from portal.pages import BY_NAME
from portal.retention_words import name_of, period_words, scope_words
from portal.staff import Request, page
from portal.views import changes, lists
from portal.views.changes import Around, Change
from portal.views.lists import Opened


@require_safe
@page("retention-rules")
def rules(request: Request, actor: Actor) -> HttpResponseBase:
    may_change = BY_NAME["retention-rule-change"].may_open(request.person.roles)
    words = {
        "title": _("Rules of retention"),
        "say": _(
            "Dated rows, each with its source. A study of several contents is kept as long as the"
            " longest demands; what no rule settles is kept."
        ),
        "may_change": may_change,
    }
    listing = RETENTION_RULES if may_change else RETENTION_RULES.without("act")
    rows = [_listed(row) for row in RetentionRule.objects.all()]
    opened: Opened[OfRetention] = Opened(forms.Form(), rows)
    part = "retention/_rules.html"
    return lists.answer(request, actor, listing, opened, part, lambda _rows: words)


def _listed(row: RetentionRule) -> OfRetention:
    is_open = not services.has_ended(row)
    return OfRetention(row, name_of(row), period_words(row), scope_words(row), is_open)


# --- changes, each with its preview ---------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page("retention-rule-change")
def add(request: Request, actor: Actor) -> HttpResponseBase:
    form = RuleForm(request.POST or None)
    change = Change(
        _("Add a rule of retention"),
        check=lambda: services.check(form.rule()),
        act=lambda: services.add(actor, form.rule(), reason=form.cleaned_data["reason"]),
        say=lambda: _added(form.rule()),
    )
    return _change(request, form, change)


def _added(rule: Rule) -> list[str]:
    places = {
        "day": day_text(rule.valid_from),
        "scope": scope_words(rule),
        "period": period_words(rule),
    }
    said = [_("From %(day)s this is kept: %(scope)s, %(period)s.") % places]
    if rule.permanent:
        said.append(_("While it is in force nothing that fits it is destroyed."))
    else:
        above = _("It takes the place of periods of lower priority than %(priority)s that fit.")
        said.append(above % {"priority": rule.priority})
    end = _("Its last day is %(day)s.")
    if rule.valid_until is None:
        return [*said, _("It holds until it is closed.")]
    return [*said, end % {"day": day_text(rule.valid_until)}]


@require_http_methods(["GET", "HEAD", "POST"])
@page("retention-rule-change")
def close(request: Request, actor: Actor, rule_id: UUID) -> HttpResponseBase:
    row, form = _row(rule_id), CloseForm(request.POST or None)

    def say() -> list[str]:
        said = _("After %(day)s this rule keeps nothing: %(rule)s, %(period)s.")
        day = day_text(form.cleaned_data["last_day"])
        sentences = [said % {"day": day, "rule": name_of(row), "period": period_words(row)}]
        if row.permanent:
            freed = _("What no other rule keeps may then be proposed for destruction.")
            sentences.append(freed)
        return sentences

    change = Change(
        _("Close: %(rule)s") % {"rule": name_of(row)},
        check=lambda: services.check_end(row, form.cleaned_data["last_day"]),
        act=lambda: services.close(actor, row, **form.cleaned_data),
        say=say,
    )
    return _change(request, form, change)


@require_http_methods(["GET", "HEAD", "POST"])
@page("retention-rule-change")
def confirm(request: Request, actor: Actor, rule_id: UUID) -> HttpResponseBase:
    row, form = _row(rule_id), ConfirmForm(request.POST or None)
    change = Change(
        _("Confirm from the source: %(rule)s") % {"rule": name_of(row)},
        check=lambda: None,
        act=lambda: services.confirm(actor, row, reason=form.cleaned_data["reason"]),
        say=lambda: [_("The rule is marked as read in its source: %(s)s.") % {"s": _(row.source)}],
    )
    return _change(request, form, change)


def _change(request: Request, form: forms.Form, change: Change) -> HttpResponseBase:
    back = reverse("retention-rules")
    trail = [(_("Retention"), reverse("retention")), (_("Rules"), back)]
    around = Around(back, _("The rule is recorded."), trail, _blame)
    return changes.answer(request, form, change, around)


def _blame(form: forms.Form, error: ArchiveError) -> None:
    if isinstance(error, ValueUnfit):
        field = error.facts["field"]
        form.add_error(field if field in form.fields else None, WRONG[field])
    else:
        form.add_error(None, str(advise(error.reason()).cause))


WRONG = {
    **dict.fromkeys(("name_fi", "name_sv", "name_en", "source"), gettext_lazy("This is missing.")),
    "valid_from": gettext_lazy("A rule begins today at the earliest."),
    "valid_until": gettext_lazy("The last day is before the first."),
    "last_day": gettext_lazy("That day is past, or after the rule’s own end."),
    "basis": gettext_lazy("A period has an event and years; what is for ever has neither."),
    "years": gettext_lazy("A period has an event and years; what is for ever has neither."),
    "birth_days": gettext_lazy("Days of a month are from 1 to 31."),
}


def _row(rule_id: UUID) -> RetentionRule:
    """Raises NotFound."""
    row = RetentionRule.objects.filter(id=rule_id).first()
    if row is None:
        raise NotFound()
    return row
