"""Cases of review: the list, one case with everything in it, its report as PDF."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, QueryDict
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
from portal.lists.corrections import REVIEW_CASES
from portal.review_rows import lines
from portal.review_words import measured, title
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened
from portal.views.review import opened
from portal.views.review.deeds import open_deeds


@page("review-cases")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    def words(rows: Sequence[ReviewCase]) -> dict[str, object]:
        opened.viewed(actor, "cases", request.environment, entries=len(rows))
        return {
            "page_title": _("Review cases"),
            "title": _title(len(reviews.offered(actor, request.environment))),
            "say": _(
                "What is looked into, up to the closing decision. A case is opened from a"
                " suspicion."
            ),
            "none_fits": _("No review case fits the filters"),
        }

    listed = opened_by(request, actor, request.GET)
    exported = opened.exported(actor, "cases", request.environment)
    part = "review/_cases.html"
    return lists.answer(request, actor, REVIEW_CASES, listed, part, words, exported=exported)


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[ReviewCase]:
    form = ReviewCaseFilters(query, reviews.names_of(review_cases.reviewers()))
    filters = form.filters(request.environment)
    rows = reviews.cases(actor, filters) if filters else ReviewCase.objects.none()
    return Opened(form, rows, reviews.CASES, is_unread=filters is None)


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
    around = lists.around(request, actor, REVIEW_CASES, opened_by, row)
    context = {
        "case": row,
        "title": f"{row}: {row.title}",
        "suspicions": [(each, title(each), measured(each.facts)) for each in suspicions],
        "asked": [(each, lines(reviews.asked_about(each))) for each in asked],
        "waits": any(each.state == ExplanationState.ASKED for each in asked),
        "notes": row.notes.order_by("at", "id"),
        "note_form": NoteForm(),
        "deeds": open_deeds(row),
        **around,
        "trail": [(_("Log review"), reverse("review")), (_("Review cases"), around["back"])],
    }
    return render(request, "review/case.html", context)


@page("review-case")
def pdf(request: Request, actor: Actor, case_id: UUID) -> HttpResponse:
    row = reviews.case(actor, case_id)
    opened.viewed_case(request, actor, row, "report")
    response = HttpResponse(review_pdf.made(row, actor.name), content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{row}.pdf"'
    return response
