"""A new order, step by step; each step is kept, and one goes on later where one left off (AC-3)."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.errors import ArchiveError
from archive.errors.authorisations import AuthorisationInvalid
from archive.models import (
    AuthorisationDraft,
    AuthorisationLevel,
    Patient,
    Register,
    StudyCodeEntry,
)
from archive.models.dated import valid_on
from archive.queries.authorisations import organisations_of
from archive.services import authorisation_drafts as drafts
from archive.services.authorisation_parties import producers
from archive.services.authorisation_rows import faults_of
from archive.values import today
from portal.authorisation_words import FAULTS, FIELDS
from portal.formats import day_text
from portal.forms.authorisations import (
    OrderForm,
    TermsForm,
    WhomForm,
    blame,
    kept,
    order_of,
    refusal,
    register_words,
)
from portal.staff import Request, page

STEPS = (
    ("whom", gettext_lazy("Patient and register")),
    ("order", gettext_lazy("What is ordered")),
    ("terms", gettext_lazy("Producer, validity and rights")),
    ("check", gettext_lazy("Check")),
)
NEXT = dict(zip([key for key, _title in STEPS], [key for key, _title in STEPS[1:]], strict=False))


@require_http_methods(["GET", "HEAD", "POST"])
@page("order-new")
def begin(request: Request, actor: Actor) -> HttpResponseBase:
    """The first step makes the draft."""
    form = _whom_form(request, actor, {}, None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            draft = drafts.begin(actor, given["register"], request.environment, given["patient"])
        except ArchiveError as error:
            blame(form, error)
        else:
            drafts.keep(draft, {"level": given["level"]})
            return redirect("order-order", draft.id)
    return _step(request, "whom", form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@page("order-new")
def whom(request: Request, actor: Actor, draft_id: UUID) -> HttpResponseBase:
    draft = _draft(request, actor, draft_id)
    initial = {**draft.values, "register": draft.register_id}
    form = _whom_form(request, actor, initial, draft.patient)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            drafts.readdress(draft, given["register"], given["patient"])
        except ArchiveError as error:
            blame(form, error)
        else:
            drafts.keep(draft, {"level": given["level"]})
            return redirect("order-order", draft.id)
    return _step(request, "whom", form, draft)


def _whom_form(
    request: Request, actor: Actor, initial: dict[str, Any], known: Patient | None
) -> WhomForm:
    registers = Register.objects.filter(organisation__in=organisations_of(actor))
    registers = registers.select_related("organisation").order_by(
        "organisation__name_fi", "-is_default", "type", "specifier"
    )
    posted = request.POST if request.method == "POST" else None
    return WhomForm(posted, initial=initial, registers=registers, known=known)


@require_http_methods(["GET", "HEAD", "POST"])
@page("order-new")
def order(request: Request, actor: Actor, draft_id: UUID) -> HttpResponseBase:
    return _kept_step(request, actor, draft_id, "order", _order_form)


@require_http_methods(["GET", "HEAD", "POST"])
@page("order-new")
def terms(request: Request, actor: Actor, draft_id: UUID) -> HttpResponseBase:
    return _kept_step(request, actor, draft_id, "terms", _terms_form)


def _order_form(draft: AuthorisationDraft, data: Any) -> forms.Form:
    return OrderForm(data, initial=draft.values)


def _terms_form(draft: AuthorisationDraft, data: Any) -> forms.Form:
    return TermsForm(
        data,
        initial={"valid_from": today(), **draft.values},
        producers=producers(draft.register.organisation_id, draft.environment),
    )


Making = Callable[[AuthorisationDraft, Any], forms.Form]


def _kept_step(
    request: Request, actor: Actor, draft_id: UUID, key: str, make: Making
) -> HttpResponseBase:
    draft = _draft(request, actor, draft_id)
    form = make(draft, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        drafts.keep(draft, kept(form))
        return redirect(f"order-{NEXT[key]}", draft.id)
    return _step(request, key, form, draft)


@require_http_methods(["GET", "HEAD", "POST"])
@page("order-new")
def check(request: Request, actor: Actor, draft_id: UUID) -> HttpResponseBase:
    """Everything once more; then it is made, or what is wrong is said with the way to it."""
    draft = _draft(request, actor, draft_id)
    values = {**draft.values}
    whole = (_order_form(draft, values), _terms_form(draft, values))
    wrongs = [
        (str(form.fields[name].label), errors[0], _step_address(name, draft))
        for form in whole
        for name, errors in form.errors.items()
    ]
    told = ""
    if request.method == "POST" and not wrongs:
        given = {**whole[0].cleaned_data, **whole[1].cleaned_data}
        try:
            made = drafts.complete(actor, draft, order_of(given), given["producer"])
        except AuthorisationInvalid as error:
            wrongs = [
                (str(FIELDS.get(field, field)), str(FAULTS[fault]), _step_address(field, draft))
                for field, fault in faults_of(error)
            ]
        except ArchiveError as error:
            told = refusal(error)
        else:
            messages.success(request, _("The authorisation is made."))
            return redirect("authorisation", made.id)
    context = {
        "facts": _facts(draft, whole),
        "wrongs": wrongs,
        "told": told,
        "level": AuthorisationLevel(draft.values.get("level", "population")).label,
        "register": register_words(draft.register),
    }
    status = 422 if request.method == "POST" else 200
    return _page(request, "check", "authorisations/check.html", draft, context, status=status)


def _facts(draft: AuthorisationDraft, whole: tuple[forms.Form, ...]) -> list[tuple[str, Any, str]]:
    """Each field with its words and the way to change it."""
    found = []
    for form in whole:
        for bound in form:
            value = getattr(form, "cleaned_data", {}).get(bound.name, "")
            choices = dict(getattr(bound.field, "choices", ()))
            shown = choices.get(value, value)
            if isinstance(value, bool):
                shown = _("yes") if value else _("no")
            elif isinstance(value, date):
                shown = day_text(value)
            found.append((str(bound.label), shown, _step_address(bound.name, draft)))
    return found


def _step_address(field: str, draft: AuthorisationDraft) -> str:
    key = "terms" if field in TermsForm.base_fields else "order"
    key = "whom" if field in WhomForm.base_fields or field == "patient" else key
    return reverse(f"order-{key}", args=[draft.id])


@require_http_methods(["GET", "HEAD", "POST"])
@page("order-new")
def discard(request: Request, actor: Actor, draft_id: UUID) -> HttpResponseBase:
    """Asked for once more: it is pages of work, and its button stands beside the one that leads."""
    draft = _draft(request, actor, draft_id)
    if request.method != "POST":
        context = {
            "title": _("Discard the draft"),
            "about": draft.register.organisation.name,
            "ask": _("Discard the draft?"),
            "say": _("What has been filled in is lost. No authorisation has been made of it."),
            "button": _("Discard the draft"),
            "back": reverse("order-check", args=[draft.id]),
            "trail": [(_("Authorisations"), reverse("authorisations"))],
        }
        return render(request, "sure.html", context)
    drafts.discard(draft)
    messages.success(request, _("The draft is discarded."))
    return redirect("authorisations")


def _draft(request: Request, actor: Actor, draft_id: UUID) -> AuthorisationDraft:
    draft = drafts.one(actor, draft_id)
    request.environment = draft.environment
    return draft


def _step(
    request: Request, key: str, form: forms.Form, draft: AuthorisationDraft | None
) -> HttpResponse:
    context = {"form": form, "codes": _codes() if key == "order" else ()}
    status = 422 if form.is_bound else 200
    return _page(request, key, "authorisations/step.html", draft, context, status=status)


def _codes() -> list[StudyCodeEntry]:
    """Suggestions for the code field."""
    return list(StudyCodeEntry.objects.filter(valid_on(today())))


def _page(
    request: Request,
    key: str,
    template: str,
    draft: AuthorisationDraft | None,
    context: dict[str, Any],
    *,
    status: int,
) -> HttpResponse:
    keys = [each for each, _title in STEPS]
    place = keys.index(key)
    back = reverse(f"order-{keys[place - 1]}", args=[draft.id]) if draft and place else ""
    whole = {
        "draft": draft,
        "place": place + 1,
        "count": len(STEPS),
        "title": dict(STEPS)[key],
        "back": back,
        "trail": [(_("Authorisations"), reverse("authorisations"))],
        **context,
    }
    return render(request, template, whole, status=status)
