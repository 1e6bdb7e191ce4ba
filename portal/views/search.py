"""The one search box. Posted: what is typed may be a personal code, and no code may stand in an
address. What is no code may also be asked by ?q=.
"""

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive import gate
from archive.actors import Actor
from archive.models import Study
from archive.queries import search
from archive.queries.search import Found
from archive.rules.access import Action
from portal.advice import advise, having_words
from portal.forms.codes import looks_like_code
from portal.forms.reasons import PatientForm
from portal.hl7_words import event_words
from portal.pages import BY_NAME, address
from portal.registry_words import action_words
from portal.staff import Request, page
from portal.views import reasons

LONGEST = 200
REFUSED = "refused"


@require_http_methods(["GET", "POST"])
@page("search")
def find(request: Request, actor: Actor) -> HttpResponseBase:
    is_posted = request.method == "POST"
    asked = request.POST if is_posted else request.GET
    text = asked.get("q", "").strip()[:LONGEST].replace("\0", "")
    if looks_like_code(text) and not is_posted:
        return redirect(f"{reverse('search')}?{REFUSED}=1")
    if looks_like_code(text) or REFUSED in request.GET:
        return _patient(request, actor, text)
    if not text:
        return render(request, "search/found.html", {"query": ""})
    visible = gate.visible(Study.objects.all(), actor, Action.SEE_STUDY)
    found = search.find(text, request.environment, visible, having_words(text))
    context = _told(found, actor)
    addresses = [row[-1] for rows in context.values() for row in rows]
    if len(addresses) == 1 and addresses[0]:
        return redirect(str(addresses[0]))
    return render(request, "search/found.html", {"query": text, "count": found.count, **context})


def _told(found: Found, actor: Actor) -> dict[str, list[tuple[Any, ...]]]:
    """Each kind with the address of each row last, as far as the role opens it."""
    roles = actor.roles
    opens_traces = BY_NAME["trace-association"].may_open(roles)
    return {
        "studies": [(each, address(roles, "study", each)) for each in found.studies],
        "cases": [
            (each, advise(each.reason), address(roles, "case", each)) for each in found.cases
        ],
        "messages_found": [
            (each, event_words(each.event), address(roles, "message", each))
            for each in found.messages
        ],
        "registry_messages": [
            (each, action_words(each.action), address(roles, "registry-message", each))
            for each in found.registry_messages
        ],
        "organisations": [
            (each, address(roles, "organisation", each)) for each in found.organisations
        ],
        "associations": [
            (each, reverse("trace-association", args=[each]) if opens_traces else "")
            for each in found.associations
        ],
    }


def _patient(request: Request, actor: Actor, text: str) -> HttpResponseBase:
    """A code with its reason beside it is searched at once; without one the form asks for both.
    The code is never given back.
    """
    context: dict[str, Any] = {"query": "", "is_person_code": True}
    if not BY_NAME["patient-search"].may_open(actor.roles):
        return render(request, "search/found.html", context)
    reason = request.POST.get("reason", "").strip()
    form = PatientForm({"code": text, "reason": reason}) if text and reason else PatientForm()
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        found = reasons.search(request, actor, given["identifier"], given["reason"])
        if found is not None:
            return redirect(f"{reverse('studies')}?patient={found}")
        context["not_found"] = _(
            "No patient with this code has anything archived in this environment."
        )
    elif form.is_bound:
        context["not_found"] = _("This is no valid code. Check each character.")
    empty = PatientForm()
    empty.fields["code"].help_text = ""  # no code stands on the page, not even an example
    return render(request, "search/found.html", {**context, "form": empty})
