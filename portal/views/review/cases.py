"""Cases of review: the list, one case with everything in it, its report as PDF."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.actors import Actor
from archive.models import ExplanationState, ReviewCase
from archive.queries import reviews
from archive.services import review_cases
from portal import formats, review_pdf
from portal.forms.review import NoteForm, ReviewCaseFilters
from portal.review_rows import lines
from portal.review_words import measured, title
from portal.staff import Request, page
from portal.views.fragments import answer
from portal.views.review import opened
from portal.views.review.deeds import open_deeds

LIST = "list"


@page("review-cases")
def front(request: Request, actor: Actor) -> HttpResponse:
    form = ReviewCaseFilters(request.GET, reviews.names_of(review_cases.reviewers()))
    filters = form.filters(request.environment)
    rows = reviews.cases(actor, filters) if filters else ReviewCase.objects.none()
    try:
        found = reviews.case_page(rows, **opened.place(request))
    except ValueError as error:
        raise opened.not_a_place(error) from error
    opened.viewed(actor, "cases", request.environment, entries=len(found.rows))
    context = {
        "title": _title(len(reviews.offered(actor, request.environment))),
        "form": form,
        "rows": found.rows,
        "page": found,
        "is_unread": filters is None,
        "filtered": bool(request.GET.keys() & form.fields.keys()),
    }
    return answer(request, "review/cases.html", context, part="review/_cases.html", target=LIST)


def _title(count: int) -> str:
    said = ngettext(
        "Log review: %(count)s case is open", "Log review: %(count)s cases are open", count
    )
    return said % {"count": formats.number_text(count)}


@page("review-case")
def case(request: Request, actor: Actor, case_id: UUID) -> HttpResponse:
    row = reviews.case(actor, case_id)
    opened.viewed_case(request, actor, row, "case")
    asked = list(row.explanations.select_related("organisation").order_by("-asked_at", "-id"))
    suspicions = row.suspicions.select_related("organisation", "patient").order_by("raised_at")
    context = {
        "case": row,
        "title": f"{row}: {row.title}",
        "suspicions": [(each, title(each), measured(each.facts)) for each in suspicions],
        "asked": [(each, lines(reviews.asked_about(each))) for each in asked],
        "waits": any(each.state == ExplanationState.ASKED for each in asked),
        "notes": row.notes.order_by("at", "id"),
        "note_form": NoteForm(),
        "deeds": open_deeds(row),
        "trail": [
            (_("Log review"), reverse("review")),
            (_("Review cases"), reverse("review-cases")),
        ],
    }
    return render(request, "review/case.html", context)


@page("review-case")
def pdf(request: Request, actor: Actor, case_id: UUID) -> HttpResponse:
    row = reviews.case(actor, case_id)
    opened.viewed_case(request, actor, row, "report")
    response = HttpResponse(review_pdf.made(row, actor.name), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{row}.pdf"'
    return response
