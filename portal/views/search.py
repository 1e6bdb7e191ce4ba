"""The one search box. Posted: what is typed may be a personal code, and no code may stand in an
address. What is no code may also be asked by ?q=.
"""

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from archive import gate
from archive.actors import Actor
from archive.models import Study
from archive.queries import search
from archive.rules.access import Action
from portal.advice import advise
from portal.forms.codes import looks_like_code
from portal.hl7_words import event_words
from portal.pages import address
from portal.staff import Request, page

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
        return render(request, "search/found.html", {"query": "", "is_person_code": True})
    if not text:
        return render(request, "search/found.html", {"query": ""})
    visible = gate.visible(Study.objects.all(), actor, Action.SEE_STUDY)
    found = search.find(text, request.environment, visible)
    studies = [(study, address(actor.roles, "study", study)) for study in found.studies]
    cases = [
        (case, advise(case.reason), address(actor.roles, "case", case)) for case in found.cases
    ]
    told = [
        (row, event_words(row.event), address(actor.roles, "message", row))
        for row in found.messages
    ]
    organisations = [
        (each, address(actor.roles, "organisation", each)) for each in found.organisations
    ]
    addresses = [row[-1] for row in (*studies, *cases, *told, *organisations)]
    if len(addresses) == 1 and addresses[0]:
        return redirect(str(addresses[0]))
    context = {
        "query": text,
        "count": found.count,
        "studies": studies,
        "cases": cases,
        "messages_found": told,
        "organisations": organisations,
    }
    return render(request, "search/found.html", context)
