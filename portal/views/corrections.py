"""What has been corrected and rejected: two lists under one address."""

from collections.abc import Sequence

from django.forms import Form
from django.http import HttpResponseBase, QueryDict
from django.utils.translation import gettext as _

from archive.actors import Actor
from archive.models import Correction, Rejection
from archive.objects.study_facts import StudyFacts
from archive.queries import corrections as queries
from portal.correcting_words import fields_words
from portal.lists.corrections import CORRECTIONS, REJECTIONS, Corrected
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened

METADATA, REJECTED = "metadata", "rejections"


@page("corrections")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    is_rejections = request.GET.get("what") == REJECTED
    if is_rejections:
        words = {
            "title": _("Rejected objects"),
            "say": _(
                "Objects that are not given out any more, by customers’ notes or by an archivist."
            ),
        }
    else:
        words = {
            "title": _("Corrected metadata"),
            "say": _(
                "Patient and study data corrected by customers or here. The original bytes are"
                " kept."
            ),
        }
    context = {
        **words,
        "what": REJECTED if is_rejections else METADATA,
        "tabs": ((METADATA, _("Corrected metadata")), (REJECTED, _("Rejected objects"))),
        "may_set": BY_NAME["may-correct"].may_open(request.person.roles),
    }
    listing, opener = (
        (REJECTIONS, opened_rejections) if is_rejections else (CORRECTIONS, opened_corrections)
    )
    opened = opener(request, actor, request.GET)
    part = "corrections/_list.html"
    return lists.answer(request, actor, listing, opened, part, lambda _rows: context)


def opened_corrections(request: Request, actor: Actor, query: QueryDict) -> Opened[Corrected]:
    def in_words(found: Sequence[Correction]) -> list[Corrected]:
        return [Corrected(row, fields_words(changed(row.before, row.after))) for row in found]

    return Opened(Form(), queries.corrections(request.environment), queries.NEWEST, in_words)


def opened_rejections(request: Request, actor: Actor, query: QueryDict) -> Opened[Rejection]:
    return Opened(Form(), queries.rejections(request.environment), queries.NEWEST)


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The attributes that a correction changed, by keyword."""
    return list(StudyFacts.from_json(before).changes(StudyFacts.from_json(after)))
