"""Registration up to the organisation: business id, sector, names (ON-1).

The first two wait in the session until the names make the organisation; from then on everything is
kept with it (`filling`).
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from archive.models import Sector
from archive.values import BusinessId
from onboarding.errors import FieldInvalid
from onboarding.queries.registration import of_person, organisation_with
from onboarding.services import joining as road
from onboarding.services.customers import Names
from portal.forms import guide as questions
from portal.forms.registration import SECTORS, BusinessIdForm
from portal.staff import Person, person_of
from portal.views.public.applicant import applicant
from portal.views.public.filling import ANSWERS, address, blame, page
from portal.views.public.steps import BY_KEY, KEYS

BEGUN = "registration"  # in the session: what is known before there is an organisation
BEGUN_WITH = FIRST, LAST_OF_BEGUN = "sector", "names"


@never_cache
@require_safe
def join(request: HttpRequest) -> HttpResponseBase:
    """What it takes; who has begun goes on. Answers of the guide come along."""
    if answers := _answers(request):
        request.session[ANSWERS] = answers
    if not request.user.is_authenticated:
        return render(request, "public/join/front.html", {"here": "join"})
    own = of_person(request.user)
    return redirect("join-status" if own.joinings or own.requests else "join-business-id")


def _answers(request: HttpRequest) -> dict[str, list[str]]:
    """Only those that are answers; which contents there are is checked when they are used."""
    query = request.GET
    found = {each.name: list(each.answers(query.getlist(each.name))) for each in ASKED}
    found["content"] = [value for value in query.getlist("content")[:50] if len(value) <= 32]
    return {name: values for name, values in found.items() if values}


ASKED = (questions.SECTOR, questions.SYSTEM, questions.SERVICES)


# --- before there is an organisation --------------------------------------------------------------


@applicant
def business_id(request: HttpRequest, person: Person) -> HttpResponseBase:
    begun = request.session.get(BEGUN, {})
    form = BusinessIdForm(request.POST or None, initial={"business_id": begun.get("business_id")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["business_id"]
        found = organisation_with(given)
        if found is not None and found.is_operator:
            form.add_error("business_id", _("This is the business id of the service itself."))
        else:
            request.session[BEGUN] = {**begun, "business_id": given}
            if found is None:
                return redirect(f"join-{FIRST}")
            mine = any(each.id == found.id for each in person.organisations)
            return redirect("join-status" if mine else "join-known")
    return page(request, "public/join/business_id.html", {"form": form, "place": 1})


@applicant
def known(request: HttpRequest, person: Person) -> HttpResponseBase:
    """The organisation is here already: it is joined, not doubled."""
    given = request.session.get(BEGUN, {}).get("business_id", "")
    found = organisation_with(BusinessId(given)) if given else None
    if found is None or found.is_operator:
        return redirect("join-business-id")
    if request.method == "POST":
        road.register(
            request.user,  # type: ignore[arg-type]
            BusinessId(given),
            Names(found.name_fi),
            Sector(found.sector),
        )
        del request.session[BEGUN]
        messages.info(request, _("Your request was sent. You get a mail when you are let in."))
        return redirect("join-status")
    return page(request, "public/join/known.html", {"business_id": given})


@applicant
def begin(request: HttpRequest, person: Person, key: str) -> HttpResponseBase:
    """Sector, then names: the names make the organisation."""
    begun: dict[str, Any] = request.session.get(BEGUN, {})
    step = BY_KEY[key]
    if "business_id" not in begun or (key == LAST_OF_BEGUN and "sector" not in begun):
        return redirect("join-business-id")
    answers = request.session.get(ANSWERS, {})
    kept = {"sector": begun.get("sector") or answers.get("sector", [])} if key == FIRST else {}
    form = step.form(request.POST if request.method == "POST" else None, kept)
    if request.method == "POST" and form.is_valid():
        if key == FIRST:
            request.session[BEGUN] = {**begun, **form.cleaned_data}
            return redirect(f"join-{LAST_OF_BEGUN}")
        made = _register(request, begun, form)
        if made is not None:
            return made
    identifier = BusinessId(begun["business_id"])
    context = {"step": step, "form": form, "place": KEYS.index(key) + 2, "identifier": identifier}
    return page(request, "public/join/step.html", context)


def _register(
    request: HttpRequest, begun: Mapping[str, Any], form: forms.Form
) -> HttpResponse | None:
    """None when the form holds an error now."""
    assert request.user.is_authenticated
    given = form.cleaned_data
    names = Names(given["name_fi"], given["name_sv"], given["name_en"])
    sector = Sector(SECTORS[begun["sector"][0]])
    try:
        made = road.register(request.user, BusinessId(begun["business_id"]), names, sector)
    except FieldInvalid as error:
        blame(form, error)
        return None
    del request.session[BEGUN]
    own = {each.id: each for each in of_person(request.user).joinings}
    if made.id not in own:  # somebody else was faster
        messages.info(
            request,
            _("Somebody was faster and registered it. You get a mail when you are let in."),
        )
        return redirect("join-status")
    following = KEYS[KEYS.index(LAST_OF_BEGUN) + 1]
    actor = person_of(request.user).actor(made.organisation_id)
    road.save(actor, made, step=following, values={})
    return redirect(address(made, following))
