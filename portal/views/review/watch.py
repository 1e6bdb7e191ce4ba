"""The watch list: persons in whom many may be curious, put on it by exact code for a reason."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import WatchedPerson
from archive.queries import reviews
from archive.services import review_rules
from archive.values import today
from portal.forms.review import EndWatchForm, WatchForm
from portal.lists.reviews import WATCHED
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened
from portal.views.review import opened

WRONG = {
    "first_day": gettext_lazy("That day is past: what was judged stays judged."),
    "last_day": gettext_lazy("The last day is past, before the first or after the row’s own end."),
}


@require_safe
@page("review-watch")
def watched(request: Request, actor: Actor) -> HttpResponseBase:
    def words(rows: Sequence[WatchedPerson]) -> dict[str, object]:
        opened.viewed(actor, "watch list", request.environment, entries=len(rows))
        return {
            "title": _("Watch list"),
            "say": _(
                "Persons in whom many may be curious. Every look at them comes to review while the"
                " row lasts. Your look at the list is recorded."
            ),
        }

    rows = reviews.watched(request.environment)
    listed: Opened[WatchedPerson] = Opened(Form(), rows, reviews.WATCHES)
    exported = opened.exported(actor, "watch list", request.environment)
    part = "review/_watch.html"
    return lists.answer(request, actor, WATCHED, listed, part, words, exported=exported)


@require_http_methods(["GET", "HEAD", "POST"])
@page("review-watch-change")
def add(request: Request, actor: Actor) -> HttpResponseBase:
    form = WatchForm(
        request.POST if request.method == "POST" else None, initial={"first_day": today()}
    )
    if request.method == "POST" and form.is_valid() and _added(form, request, actor):
        messages.success(request, _("Every look at this person comes to review."))
        return redirect("review-watch")
    return _form(request, form, _("Watch for a person"))


def _added(form: WatchForm, request: Request, actor: Actor) -> bool:
    given = form.cleaned_data
    try:
        review_rules.watch(
            actor,
            request.environment,
            given["identifier"],
            first_day=given["first_day"],
            last_day=given["last_day"],
            reason=given["reason"],
        )
    except ArchiveError as error:
        opened.blame(form, error, WRONG)
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@page("review-watch-change")
def end(request: Request, actor: Actor, watch_id: UUID) -> HttpResponseBase:
    row = reviews.watch(watch_id)
    request.environment = row.environment
    form = EndWatchForm(
        request.POST if request.method == "POST" else None, initial={"last_day": today()}
    )
    if request.method == "POST" and form.is_valid() and _ended(form, actor, row):
        messages.success(request, _("The row has its last day."))
        return redirect("review-watch")
    return _form(request, form, _("Watch for no longer"), row.patient.masked)


def _ended(form: EndWatchForm, actor: Actor, row: WatchedPerson) -> bool:
    try:
        review_rules.end_watch(actor, row, **form.cleaned_data)
    except ArchiveError as error:
        opened.blame(form, error, WRONG)
        return False
    return True


def _form(
    request: Request, form: WatchForm | EndWatchForm, title: str, masked: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "masked": masked,
        "trail": [
            (_("Log review"), reverse("review")),
            (_("Watch list"), reverse("review-watch")),
        ],
    }
    status = 422 if form.is_bound else 200
    return render(request, "review/watch_form.html", context, status=status)
