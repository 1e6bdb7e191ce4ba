"""Rules of alarms: in force and ended; added, replaced, ended by an administrator."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import NotFound
from archive.errors.wishes import ValueUnfit
from archive.models import AlarmRule
from archive.queries import alarms
from archive.queries.keyset import Key, moment
from archive.services import alarm_rules as services
from onboarding.queries import customers
from portal.alarm_words import scope_words, when_words
from portal.forms.watching import AlarmRuleFilters, EndForm, RuleForm
from portal.lists.watching import ALARM_RULES, Ruled
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened

LATEST = (Key("until", moment, True), Key("id", UUID, True))
WRONG = {
    "clear_at": gettext_lazy("It is on the good side of the value at which the alarm is raised."),
    "recipients": gettext_lazy("One of these is no mail address."),
    "measure": gettext_lazy("Another measure is another rule: add it, and end this one."),
    "": gettext_lazy("Somebody has replaced or ended this rule meanwhile."),
}
MISSING = gettext_lazy("This is missing.")


@require_safe
@page("alarm-rules")
def listed(request: Request, actor: Actor) -> HttpResponseBase:
    may_change = BY_NAME["alarm-rule-change"].may_open(actor.roles)
    opened = _opened(request)
    words = {
        "title": _("Rules of alarms"),
        "say": _(
            "One alarm a rule and object. Each change is a new row; what stands open goes over to"
            " it."
        ),
        "none_fits": _("Every rule tells somebody")
        if opened.form.untold
        else _("No rule has ended"),
        "may_change": may_change,
        "trail": _trail()[:1],
    }
    left_out = ("act",) if opened.form.of_the_past else ("until",)
    listing = ALARM_RULES.without(*left_out, *(() if may_change else ("act",)))
    part = "watching/_rules.html"
    return lists.answer(request, actor, listing, opened, part, lambda _rows: words)


def _opened(request: Request) -> Opened[Ruled]:
    """Those in force; or those that have ended, the latest first."""
    form = AlarmRuleFilters(request.GET)
    if not form.is_valid():
        return Opened(form, [], is_unread=True)
    rows = AlarmRule.objects.select_related("organisation")
    if form.of_the_past:
        return Opened(form, rows.exclude(until=None), LATEST, _in_words)
    live = alarms.untold() if form.untold else list(rows.filter(until=None))
    return Opened(form, live, (), _in_words)


def _in_words(found: Sequence[AlarmRule]) -> list[Ruled]:
    told = alarms.reach(found)
    return [Ruled(row, when_words(row), scope_words(row), not told[row.id]) for row in found]


@require_http_methods(["GET", "HEAD", "POST"])
@page("alarm-rule-change")
def add(request: Request, actor: Actor) -> HttpResponseBase:
    form = RuleForm(request.POST or None, customers())
    return _change(
        request,
        form,
        _("Add a rule of alarms"),
        lambda: services.add(actor, form.rule(), reason=form.cleaned_data["reason"]),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page("alarm-rule-change")
def change(request: Request, actor: Actor, rule_id: UUID) -> HttpResponseBase:
    row = _row(rule_id)
    if request.method == "POST":
        form = RuleForm(request.POST, customers())
    else:
        form = RuleForm.of(row, customers())
    return _change(
        request,
        form,
        _("Change: %(rule)s") % {"rule": row.name},
        lambda: services.replace(actor, row, form.rule(), reason=form.cleaned_data["reason"]),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page("alarm-rule-change")
def end(request: Request, actor: Actor, rule_id: UUID) -> HttpResponseBase:
    row, form = _row(rule_id), EndForm(request.POST or None)
    return _change(
        request,
        form,
        _("End: %(rule)s") % {"rule": row.name},
        lambda: services.end(actor, row, reason=form.cleaned_data["reason"]),
        say=_follows(row),
    )


def _follows(row: AlarmRule) -> str:
    """What stands open of it, and what nobody is told of any more."""
    count = alarms.open_of(row)
    cleared = ngettext(
        "%(count)s alarm that stands open by this rule is cleared.",
        "%(count)s alarms that stand open by this rule are cleared.",
        count,
    ) % {"count": count}
    untold = _("This rule tells nobody any more of: %(when)s, %(scope)s.") % {
        "when": f"{row.get_measure_display()}, {when_words(row)}",
        "scope": scope_words(row),
    }
    again = _("It is not begun again: for that a rule is added anew.")
    return " ".join([untold, cleared, again] if count else [untold, again])


def _change(
    request: Request, form: forms.Form, title: str, act: Callable[[], object], say: str = ""
) -> HttpResponseBase:
    if form.is_bound and form.is_valid() and _fits(form, act):
        messages.success(request, _("The rule is recorded, and holds from now on."))
        return redirect("alarm-rules")
    context: dict[str, Any] = {
        "form": form,
        "title": title,
        "say": say,
        "back": reverse("alarm-rules"),
        "button": _("Record it"),
        "trail": _trail(),
    }
    return render(request, "watching/form.html", context, status=422 if form.is_bound else 200)


def _fits(form: forms.Form, act: Callable[[], object]) -> bool:
    """Whether the service takes it; if not, the form says why."""
    try:
        act()
    except ValueUnfit as error:
        field = error.facts["field"]
        form.add_error(field if field in form.fields else None, str(WRONG.get(field, MISSING)))
        return False
    return True


def _row(rule_id: UUID) -> AlarmRule:
    """One in force. Raises NotFound."""
    row = AlarmRule.objects.filter(id=rule_id, until=None).first()
    if row is None:
        raise NotFound()
    return row


def _trail() -> list[tuple[str, str]]:
    return [(_("Alarms"), reverse("alarms")), (_("Rules of alarms"), reverse("alarm-rules"))]
