"""A customer's log requests: what log review asks to be explained, and the answer (LG-5)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
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
from portal.review_rows import lines
from portal.staff import Request, page


@page("log-requests")
def front(request: Request, actor: Actor) -> HttpResponse:
    rows = log_requests.open_to(actor).filter(case__environment=request.environment)
    try:
        found = reviews.request_page(
            rows, after=request.GET.get("after", ""), before=request.GET.get("before", "")
        )
    except ValueError as error:
        raise BadRequest("not a place in this list") from error
    context = {
        "rows": [(row, _is_late(row)) for row in found.rows],
        "page": found,
        "answers": bool(log_requests.answers_for(actor)),
        "several": len(request.person.organisations) > 1,
    }
    return render(request, "log_requests/list.html", context)


def _is_late(row: ExplanationRequest) -> bool:
    return row.state == ExplanationState.ASKED and row.due_on < today()


@require_http_methods(["GET", "HEAD", "POST"])
@page("log-request")
def detail(request: Request, actor: Actor, request_id: UUID) -> HttpResponseBase:
    row = log_requests.one(actor, request_id)
    request.environment = row.case.environment
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _answer(request, actor, row, form)
    log_requests.viewed(actor, row)
    context = {
        "row": row,
        "form": form if row.state == ExplanationState.ASKED else None,
        "lines": lines(reviews.asked_about(row), linked=False),
        "is_late": _is_late(row),
        "trail": [(_("Log requests"), reverse("log-requests"))],
    }
    status = 422 if form.is_bound else 200
    return render(request, "log_requests/detail.html", context, status=status)


def _answer(
    request: Request, actor: Actor, row: ExplanationRequest, form: AnswerForm
) -> HttpResponseBase:
    try:
        log_requests.answer(actor, row.id, form.cleaned_data["answer"])
    except ArchiveError as error:
        advice = advise(error.reason())
        messages.error(request, f"{advice.customer_cause} {advice.customer_step}")
    else:
        messages.success(request, _("Your explanation is with log review."))
    return redirect("log-request", row.id)
