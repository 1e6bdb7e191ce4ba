"""What has been corrected and rejected: two lists under one address."""

from django.core.exceptions import BadRequest
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from archive.actors import Actor
from archive.objects.study_facts import StudyFacts
from archive.queries import corrections as queries
from portal.correcting_words import fields_words
from portal.pages import BY_NAME
from portal.staff import Request, page

METADATA, REJECTIONS = "metadata", "rejections"


@page("corrections")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    what = REJECTIONS if request.GET.get("what") == REJECTIONS else METADATA
    place = {"after": request.GET.get("after", ""), "before": request.GET.get("before", "")}
    context = {
        "what": what,
        "tabs": (
            (METADATA, _("Corrected metadata")),
            (REJECTIONS, _("Rejected objects")),
        ),
        "may_set": BY_NAME["may-correct"].may_open(request.person.roles),
    }
    try:
        if what == REJECTIONS:
            found = queries.rejections(request.environment, **place)
            return render(request, "corrections/rejections.html", {**context, "page": found})
        made = queries.corrections(request.environment, **place)
    except ValueError as error:
        raise BadRequest("not a place in this list") from error
    rows = [(row, fields_words(changed(row.before, row.after))) for row in made.rows]
    return render(request, "corrections/list.html", {**context, "page": made, "rows": rows})


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The attributes that a correction changed, by keyword."""
    return list(StudyFacts.from_json(before).changes(StudyFacts.from_json(after)))
