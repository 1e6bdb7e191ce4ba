"""The one search box. Posted: what is typed may be a personal code, and no code may stand in an
address.
"""

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from archive import gate
from archive.actors import Actor
from archive.models import Study
from archive.queries import search
from archive.rules.access import Action
from archive.values import PersonId
from portal.advice import advise
from portal.staff import Request, page
from portal.views.overview import address

LONGEST = 200


@require_http_methods(["GET", "POST"])
@page("search")
def find(request: Request, actor: Actor) -> HttpResponseBase:
    text = request.POST.get("q", "").strip()[:LONGEST].replace("\0", "")
    if not text:
        return render(request, "search/found.html", {"query": ""})
    if _is_person_code(text):
        return render(request, "search/found.html", {"query": "", "is_person_code": True})
    visible = gate.visible(Study.objects.all(), actor, Action.SEE_STUDY)
    found = search.find(text, request.environment, visible)
    studies = [(study, address("study", study)) for study in found.studies]
    cases = [(case, advise(case.reason), address("case", case)) for case in found.cases]
    organisations = [(each, address("organisation", each)) for each in found.organisations]
    addresses = [row[-1] for row in (*studies, *cases, *organisations)]
    if len(addresses) == 1 and addresses[0]:
        return redirect(str(addresses[0]))
    context = {
        "query": text,
        "count": found.count,
        "studies": studies,
        "cases": cases,
        "organisations": organisations,
    }
    return render(request, "search/found.html", context)


def _is_person_code(text: str) -> bool:
    try:
        PersonId(text)
    except ValueError:
        return False
    return True
