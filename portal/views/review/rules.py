"""Rules of review: dated rows with their numbers; a change closes one and begins the next."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import ReviewRule
from archive.services import review_rules
from archive.values import now
from portal.forms.review import RuleForm
from portal.forms.watching import RuleFilters
from portal.lists.cells import State
from portal.lists.reviews import REVIEW_RULES, OfReview
from portal.pages import BY_NAME
from portal.review_words import condition
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened
from portal.views.review import opened

WRONG = {
    "first_day": gettext_lazy("That day is past: what was judged stays judged."),
    "threshold": gettext_lazy("One at least."),
    "window": gettext_lazy("A minute at least, a year at most."),
    "opens": gettext_lazy("Give both hours."),
    "closes": gettext_lazy("The hours begin and end at the same time."),
}


@require_safe
@page("review-rules")
def rules(request: Request, actor: Actor) -> HttpResponseBase:
    """Those in force and to come, or those that have ended."""
    form = RuleFilters(request.GET)
    rows = [_listed(row) for row in ReviewRule.objects.order_by("scope", "kind", "-version")]
    shown = [each for each in rows if (each.standing.shape == "stop") == form.of_the_past]
    words = {
        "title": _("Rules of log review"),
        "say": _(
            "What raises a suspicion, as dated rows. A row is never rewritten, so a suspicion tells"
            " by what it was raised. Only an administrator changes them."
        ),
        "none_fits": _("No rule has ended"),
    }
    may_change = BY_NAME["review-rule"].may_open(actor.roles)
    listing = REVIEW_RULES if may_change else REVIEW_RULES.without("act")
    found: Opened[OfReview] = Opened(form, shown, is_unread=not form.is_valid())
    return lists.answer(request, actor, listing, found, "review/_rules.html", lambda _rows: words)


def _listed(row: ReviewRule) -> OfReview:
    return OfReview(row, capfirst(row.get_kind_display()), _standing(row), condition(row))


def _standing(row: ReviewRule) -> State:
    at = now()
    if row.valid_until is not None and row.valid_until <= at:
        return State("stop", _("ended"))
    if row.valid_from > at:
        return State("wait", _("to come"))
    return State("done", _("in force")) if row.is_on else State("none", _("off"))


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
