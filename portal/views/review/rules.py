"""Rules of review: dated rows with their numbers; a change closes one and begins the next."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import ReviewRule
from archive.services import review_rules
from archive.values import now
from portal.forms.review import RuleForm
from portal.pages import BY_NAME
from portal.review_words import condition
from portal.staff import Request, page
from portal.views.review import opened

WRONG = {
    "first_day": gettext_lazy("That day is past: what was judged stays judged."),
    "threshold": gettext_lazy("One at least."),
    "window": gettext_lazy("A minute at least, a year at most."),
    "opens": gettext_lazy("Give both hours."),
    "closes": gettext_lazy("The hours begin and end at the same time."),
}


@dataclass(frozen=True, slots=True)
class Listed:
    row: ReviewRule
    shape: str
    word: str
    condition: str
    is_last: bool


@require_safe
@page("review-rules")
def rules(request: Request, actor: Actor) -> HttpResponse:
    rows = [_listed(row) for row in ReviewRule.objects.order_by("scope", "kind", "-version")]
    live = [each for each in rows if each.shape != "stop"]
    context = {
        "live": live,
        "ended": [each for each in rows if each.shape == "stop"],
        "may_change": BY_NAME["review-rule"].may_open(actor.roles),
    }
    return render(request, "review/rules.html", context)


def _listed(row: ReviewRule) -> Listed:
    at = now()
    if row.valid_until is not None and row.valid_until <= at:
        shape, word = "stop", _("ended")
    elif row.valid_from > at:
        shape, word = "wait", _("to come")
    elif not row.is_on:
        shape, word = "none", _("off")
    else:
        shape, word = "done", _("in force")
    return Listed(row, shape, word, condition(row), row.valid_until is None)


@require_http_methods(["GET", "HEAD", "POST"])
@page("review-rule")
def change(request: Request, actor: Actor, rule_id: UUID) -> HttpResponseBase:
    row = get_object_or_404(ReviewRule, id=rule_id)
    form = RuleForm(request.POST if request.method == "POST" else None, row)
    if request.method == "POST" and form.is_valid() and _changed(form, actor, row):
        messages.success(request, _("The rule is recorded."))
        return redirect("review-rules")
    context = {
        "row": row,
        "form": form,
        "condition": condition(row),
        "trail": [
            (_("Log review"), reverse("review")),
            (_("Rules of log review"), reverse("review-rules")),
        ],
    }
    return render(request, "review/rule.html", context, status=422 if form.is_bound else 200)


def _changed(form: RuleForm, actor: Actor, row: ReviewRule) -> bool:
    try:
        review_rules.change(actor, row, form.settings(), reason=form.cleaned_data["reason"])
    except ArchiveError as error:
        opened.blame(form, error, WRONG)
        return False
    return True
