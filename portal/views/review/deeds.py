"""What reviewers do in a case, each said before it is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import Organisation, ReviewCase, ReviewFinding, User
from archive.queries import reviews
from archive.services import review_cases, review_explanations
from portal.forms.review import (
    AskForm,
    ClosingForm,
    FindingForm,
    NoteForm,
    OwnerForm,
    ReopenForm,
)
from portal.staff import Request, page
from portal.views.review import opened

Given = Mapping[str, Any]
WRONG = {
    "owner": gettext_lazy("This person reviews no logs, or is the one whom the case is about."),
    "organisation": gettext_lazy("No entry of the case is about this customer."),
}


@dataclass(frozen=True, slots=True)
class Deed:
    """`say` is what will happen; `is_open` whether the case must be open for it."""

    key: str
    label: Any
    say: Any
    done: Any
    form: Callable[[Any, ReviewCase], forms.Form]
    act: Callable[[Actor, ReviewCase, Given], object]
    is_open: bool = True


def _owners(case: ReviewCase) -> list[tuple[str, str]]:
    return reviews.names_of(review_cases.reviewers().exclude(id__in=reviews.subjects(case)))


def _assign(actor: Actor, case: ReviewCase, given: Given) -> None:
    review_cases.assign(actor, case, get_object_or_404(User, id=given["owner"]))


def _ask(actor: Actor, case: ReviewCase, given: Given) -> None:
    organisation = get_object_or_404(Organisation, id=given["organisation"])
    review_explanations.ask(actor, case, organisation, given["question"])


DEEDS = (
    Deed(
        "note",
        gettext_lazy("Write a note"),
        gettext_lazy("The note stays in the case and in its report."),
        gettext_lazy("The note is written."),
        lambda data, case: NoteForm(data),
        lambda actor, case, given: review_cases.note(actor, case, given["text"]),
    ),
    Deed(
        "owner",
        gettext_lazy("Hand over"),
        gettext_lazy("The case gets another owner among those who review."),
        gettext_lazy("The case has a new owner."),
        lambda data, case: OwnerForm(data, _owners(case)),
        _assign,
    ),
    Deed(
        "ask",
        gettext_lazy("Ask for an explanation"),
        gettext_lazy(
            "The customer’s data protection contact is told by mail, and reads the question with "
            "the entries of its people in the portal."
        ),
        gettext_lazy("The customer is asked."),
        lambda data, case: AskForm(data, reviews.can_be_asked(case)),
        _ask,
    ),
    Deed(
        "finding",
        gettext_lazy("Record a finding"),
        gettext_lazy("A finding can be recorded anew while the case is open."),
        gettext_lazy("The finding is recorded."),
        lambda data, case: FindingForm(data),
        lambda actor, case, given: review_cases.conclude(
            actor, case, ReviewFinding(given["finding"]), given["text"]
        ),
    ),
    Deed(
        "close",
        gettext_lazy("Close the case"),
        gettext_lazy(
            "Its suspicions are settled, what is still asked of customers is withdrawn, and the "
            "digest of the report goes to the log."
        ),
        gettext_lazy("The case is closed."),
        lambda data, case: ClosingForm(data),
        lambda actor, case, given: review_cases.close(actor, case, decision=given["decision"]),
    ),
    Deed(
        "reopen",
        gettext_lazy("Open again"),
        gettext_lazy("Finding and decision stay until they are given anew."),
        gettext_lazy("The case is open again."),
        lambda data, case: ReopenForm(data),
        lambda actor, case, given: review_cases.reopen(actor, case, reason=given["reason"]),
        is_open=False,
    ),
)
BY_KEY = {deed.key: deed for deed in DEEDS}


def open_deeds(case: ReviewCase) -> list[Deed]:
    """Those with a page of their own that can be done now; without a finding nothing is closed,
    and nobody is asked whose people the case does not tell of.
    """
    left_out = {"note"}
    if not case.finding:
        left_out.add("close")
    if not reviews.can_be_asked(case).exists():
        left_out.add("ask")
    return [deed for deed in DEEDS if deed.is_open == case.is_open and deed.key not in left_out]


@require_http_methods(["GET", "HEAD", "POST"])
@page("review-act")
def act(request: Request, actor: Actor, case_id: UUID, key: str) -> HttpResponseBase:
    deed = BY_KEY.get(key)
    if deed is None:
        raise Http404
    case = reviews.case(actor, case_id)
    request.environment = case.environment
    form = deed.form(request.POST if request.method == "POST" else None, case)
    if request.method == "POST" and form.is_valid() and _done(form, deed, actor, case):
        messages.success(request, str(deed.done))
        return redirect("review-case", case.id)
    context = {
        "deed": deed,
        "case": case,
        "form": form,
        "is_now": deed.is_open == case.is_open,
        "trail": [
            (_("Review cases"), reverse("review-cases")),
            (str(case), reverse("review-case", args=[case.id])),
        ],
    }
    return render(request, "review/act.html", context, status=422 if form.is_bound else 200)


def _done(form: forms.Form, deed: Deed, actor: Actor, case: ReviewCase) -> bool:
    try:
        deed.act(actor, case, form.cleaned_data)
    except ArchiveError as error:
        opened.blame(form, error, WRONG)
        return False
    return True


@require_POST
@page("review-act")
def withdraw(request: Request, actor: Actor, case_id: UUID, request_id: UUID) -> HttpResponseBase:
    case = reviews.case(actor, case_id)
    row = get_object_or_404(case.explanations, id=request_id)
    try:
        review_explanations.withdraw(actor, row)
    except ArchiveError as error:
        opened.refused(request, error)
    else:
        messages.success(request, _("The request is withdrawn. The customer cannot answer it."))
    return redirect("review-case", case.id)
