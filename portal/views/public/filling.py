"""Filling in a registration: a page a thing, saved page by page, gone on with from any browser,
then looked through and sent (ON-1). Of two who fill in at once the last saved wins, and is told so.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from archive.actors import Actor
from archive.values import BusinessId
from onboarding.errors import (
    EmailUnverified,
    FieldInvalid,
    PreconditionsMissing,
    StepOutOfOrder,
)
from onboarding.models import Joining
from onboarding.queries.file import joining_of
from onboarding.rules.road import FILLED_IN
from onboarding.services import joining as road
from portal.forms.registration import ROLES
from portal.staff import Person
from portal.views.public.applicant import applicant
from portal.views.public.steps import BY_KEY, CHECK, KEYS, STEPS, Step, Values, mark, onward

ANSWERS = "guide"  # in the session: answers of the guide that a registration starts with
SAME = "same"  # in the address: begin with the first contact
CONTACT = next(each for each in STEPS if each.kind)
SEEN = "seen"  # in a form: the mark of what it was filled in upon


def page(request: HttpRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """A page of the registration, with its place among them."""
    count = len(KEYS) + 1  # the business id comes first
    return render(request, template, {**context, "here": "join", "count": count})


def address(joining: Joining, key: str) -> str:
    if key == CHECK:
        return reverse("join-check", args=[joining.organisation_id])
    return reverse(f"join-own-{key}", args=[joining.organisation_id])


def blame(form: forms.Form, error: FieldInvalid) -> None:
    """What the service refuses, at its field; a contact's fields are named by kind."""
    field = error.facts["field"].rsplit("-", 1)[-1]
    said = _("This cannot be taken as it is. Check it for unusual characters and its length.")
    form.add_error(field if field in form.fields else None, said)


def _open_joining(person: Person, organisation_id: UUID) -> tuple[Actor, Joining, bool]:
    actor = person.actor(organisation_id)
    joining = joining_of(actor, organisation_id)
    return actor, joining, joining.state in FILLED_IN


def _sent_already(request: HttpRequest) -> HttpResponse:
    messages.info(request, _("The registration was sent already; it cannot be changed now."))
    return redirect("join-status")


@applicant
def step(request: HttpRequest, person: Person, organisation_id: UUID, key: str) -> HttpResponseBase:
    actor, joining, is_open = _open_joining(person, organisation_id)
    if not is_open:
        return _sent_already(request)
    asked = BY_KEY[key]
    kept = asked.kept(joining)
    start = kept if asked.words(kept) else {**kept, **_suggested(request, joining, asked)}
    form = asked.form(request.POST if request.method == "POST" else None, start)
    if request.method == "POST" and form.is_valid():
        following = onward(joining, asked)
        if _keep(actor, joining, asked, form, following):
            _tell_of_another(request, asked, kept)
            return redirect(address(joining, following))
    context = {
        "step": asked,
        "form": form,
        "place": KEYS.index(key) + 2,
        "identifier": BusinessId(joining.organisation.business_id),
        "joining": joining,
        "seen": request.POST.get(SEEN) or mark(kept),
        "offers_same": asked.kind and asked != CONTACT and not asked.words(kept),
        "back": address(joining, KEYS[KEYS.index(key) - 1]) if key != KEYS[0] else "",
    }
    return page(request, "public/join/step.html", context)


def _suggested(request: HttpRequest, joining: Joining, asked: Step) -> dict[str, Any]:
    """For a page that nobody has answered: the first contact where it is asked for, else what the
    guide's answers suggest.
    """
    if asked.kind:
        return CONTACT.kept(joining) if SAME in request.GET else {}
    answers = request.session.get(ANSWERS, {})
    if asked.key == "contents":
        return {"content_types": answers.get("content", [])}
    if asked.key == ROLES.name and {"produces", "both"} & set(answers.get("services", [])):
        return {ROLES.name: ["produces"]}
    return {}


def _keep(actor: Actor, joining: Joining, asked: Step, form: forms.Form, following: str) -> bool:
    """All of the page or nothing; False when the form holds an error now."""
    values = asked.told(form.cleaned_data)
    try:
        with transaction.atomic():
            if asked.kind:
                road.set_contacts(actor, joining, {asked.kind: values})
                values = {}
            road.save(actor, joining, step=following, values=values)
    except FieldInvalid as error:
        blame(form, error)
        return False
    return True


def _tell_of_another(request: HttpRequest, asked: Step, kept: Values) -> None:
    """Somebody has saved this page between its being shown and its being sent."""
    if request.POST.get(SEEN, mark(kept)) == mark(kept):
        return
    was = ", ".join(asked.words(kept)) or "–"
    said = _(
        "“%(page)s” had been changed meanwhile, in another window or by another person, to: "
        "%(was)s. What you sent last is kept."
    )
    messages.warning(request, said % {"page": asked.title, "was": was})


# --- looked through and sent ----------------------------------------------------------------------


@applicant
def check(request: HttpRequest, person: Person, organisation_id: UUID) -> HttpResponseBase:
    actor, joining, is_open = _open_joining(person, organisation_id)
    if not is_open:
        return _sent_already(request)
    rows = [(each, each.words(each.kept(joining)), address(joining, each.key)) for each in STEPS]
    seen = mark([each.kept(joining) for each in STEPS])
    wrongs = [(each.title, url) for each, words, url in rows if not words]
    told = ""
    if request.method == "POST":
        try:
            told = _sent(request, actor, joining, seen, bool(wrongs))
        except StepOutOfOrder:  # by another window, this moment
            return _sent_already(request)
        if not told:
            messages.success(request, _("The registration is sent."))
            return redirect("join-status")
    context = {
        "here": "join",
        "joining": joining,
        "identifier": BusinessId(joining.organisation.business_id),
        "rows": rows,
        "seen": seen,
        "told": told,
        "wrongs": wrongs if request.method == "POST" else [],
        "is_full": not wrongs,
        "place": len(KEYS) + 1,
        "count": len(KEYS) + 1,
    }
    return render(request, "public/join/check.html", context)


def _sent(request: HttpRequest, actor: Actor, joining: Joining, seen: str, is_lacking: bool) -> str:
    """Why it was not sent; nothing when it was."""
    lacking = _("Something is missing yet. Nothing was sent.")
    if is_lacking:
        return lacking
    if request.POST.get(SEEN, seen) != seen:
        return _(
            "Something was changed in another window or by another person while you looked. "
            "Check it again, then send it."
        )
    try:
        road.submit(actor, joining)
    except PreconditionsMissing:
        return lacking
    except EmailUnverified:
        return _("Your e-mail address is not confirmed. Open the link in the mail, then send.")
    return ""
