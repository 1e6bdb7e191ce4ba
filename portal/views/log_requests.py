"""A customer's log requests: what log review asks to be explained, and the answer (LG-5)."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import ExplanationRequest, ExplanationState
from archive.queries import reviews
from archive.values import today
from onboarding.services import log_requests
from portal.advice import advise
from portal.forms.review import AnswerForm
from portal.lists.reviews import LOG_REQUESTS, Asked
from portal.review_rows import lines
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened


@page("log-requests")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    words = {
        "title": _("Log requests"),
        "say": _("What the review of the logs asks you to explain about looks of your people."),
        "answers": bool(log_requests.answers_for(actor)),
    }
    several = len(request.person.organisations) > 1
    listing = LOG_REQUESTS if several else LOG_REQUESTS.without("organisation")
    opened = opened_by(request, actor, request.GET)
    part = "log_requests/_list.html"
    return lists.answer(request, actor, listing, opened, part, lambda _rows: words)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Asked]:
    """Without a filter: whatever the address says."""
    rows = log_requests.open_to(actor).filter(case__environment=request.environment)

    def in_words(found: Sequence[ExplanationRequest]) -> list[Asked]:
        return [Asked(row, _is_late(row)) for row in found]

    return Opened(Form(), rows, reviews.REQUESTS, in_words)


def _is_late(row: ExplanationRequest) -> bool:
    return row.state == ExplanationState.ASKED and row.due_on < today()


@require_http_methods(["GET", "HEAD", "POST"])
@page("log-request")
def detail(request: Request, actor: Actor, request_id: UUID) -> HttpResponseBase:
    row = log_requests.one(actor, request_id)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _show(request, actor, row, form, status=422 if form.is_bound else 200)
    text = form.cleaned_data["answer"]
    try:
        log_requests.answer(actor, row.id, text)
    except ArchiveError as error:
        advice = advise(error.reason())
        messages.error(request, str(advice.customer_cause))
        return _show(request, actor, log_requests.one(actor, row.id), form, text, status=409)
    messages.success(request, _("Your explanation is with log review."))
    return redirect("log-request", row.id)


def _show(
    request: Request,
    actor: Actor,
    row: ExplanationRequest,
    form: AnswerForm,
    unsent: str = "",
    *,
    status: int,
) -> HttpResponseBase:
    """`unsent`: what was written while somebody else answered, to be taken along."""
    request.environment = row.case.environment
    log_requests.viewed(actor, row)
    around = lists.around(request, actor, LOG_REQUESTS, opened_by, row)
    context = {
        "row": row,
        "form": form if row.state == ExplanationState.ASKED else None,
        "unsent": unsent,
        "lines": lines(reviews.asked_about(row), linked=False),
        "is_late": _is_late(row),
        **around,
        "trail": [(_("Log requests"), around["back"])],
    }
    return render(request, "log_requests/detail.html", context, status=status)
