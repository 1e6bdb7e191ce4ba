"""Dated rules of retention: what is in force and what comes; added, closed and confirmed after a
preview in words (AR-9).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
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
from portal.previewing import goes_on, kept
from portal.retention_words import name_of, period_words, scope_words
from portal.staff import Request, page
from portal.views import lists
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


@dataclass(frozen=True, slots=True)
class Change:
    """`check` raises what `act` would; `say` tells what it will do."""

    title: str
    check: Callable[[], object]
    act: Callable[[], object]
    say: Callable[[], list[str]]


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
    """The form; then what it will do; then, when that is confirmed, it is done."""
    sentences: list[str] = []
    if goes_on(request, form) and _fits(form, change.check):
        if "sure" not in request.POST:
            sentences = change.say()
        elif _fits(form, change.act):
            messages.success(request, _("The rule is recorded."))
            return redirect("retention-rules")
    context: dict[str, Any] = {
        "title": change.title,
        "heading": _("What this changes"),
        "show": _("Show what it changes"),
        "button": _("Record it"),
        "back": reverse("retention-rules"),
        "form": form,
        "sentences": sentences,
        "kept": kept(request, form) if sentences else [],
        "trail": [
            (_("Retention"), reverse("retention")),
            (_("Rules"), reverse("retention-rules")),
        ],
    }
    status = 422 if form.errors else 200
    return render(request, "retention/change.html", context, status=status)


def _fits(form: forms.Form, act: Callable[[], object]) -> bool:
    """Whether the service takes it; if not, the form says why."""
    try:
        act()
    except ValueUnfit as error:
        field = error.facts["field"]
        form.add_error(field if field in form.fields else None, WRONG[field])
        return False
    except ArchiveError as error:
        form.add_error(None, str(advise(error.reason()).cause))
        return False
    return True


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
