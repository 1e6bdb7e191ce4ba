"""What one officer has asked for and another must decide (NF-3)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.models import Organisation
from archive.queries.keyset import Key, moment
from onboarding.models import FourEyes, RequestState
from onboarding.services import joining, succession
from portal.formats import day_text
from portal.lists.customers import DECIDED, Asked
from portal.staff import Request, page
from portal.views import lists
from portal.views.joining.opened import words
from portal.views.joining.words import FOUR_EYES
from portal.views.lists import Opened

LATEST = (Key("decided_at", moment, True), Key("id", UUID, True))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a second officer's decision calls, and what is said of a grant."""

    grant: Callable[[Actor, FourEyes], object]
    refuse: Callable[[Actor, FourEyes], object]
    granted: Any


KINDS: Mapping[str, Kind] = {
    joining.WAIVER: Kind(
        joining.grant_waiver, joining.refuse_waiver, gettext_lazy("The waiver is granted.")
    ),
    succession.SUCCESSION: Kind(
        succession.carry_out, succession.refuse, gettext_lazy("The succession is agreed on.")
    ),
}


@require_safe
@page("four-eyes")
def requests(request: Request, actor: Actor) -> HttpResponseBase:
    return _show(request, actor)


def _show(request: Request, actor: Actor) -> HttpResponseBase:
    """What waits, and below it what was decided, the latest first."""
    rows = FourEyes.objects.select_related("joining__organisation", "asked_by", "decided_by")

    def in_words(found: Sequence[FourEyes]) -> list[Asked]:
        return [_told(row, request.person.id) for row in found]

    waiting = in_words(list(rows.filter(state=RequestState.OPEN).order_by("asked_at")))
    words = {
        "page_title": _("Second officer"),
        "title": _("What waits for a second officer"),
        "say": _(
            "Who asked cannot grant. Any officer may refuse, and the asker so takes the request"
            " back."
        ),
        "waiting": waiting,
        "trail": [(_("Joining"), reverse("joining"))],
    }
    decided: Opened[Asked] = Opened(Form(), rows.exclude(state=RequestState.OPEN), LATEST, in_words)
    part = "joining/_four_eyes.html"
    return lists.answer(request, actor, DECIDED, decided, part, lambda _rows: words)


def _told(row: FourEyes, reader: UUID) -> Asked:
    effect, url = "", reverse("joining-file", args=[row.joining.organisation_id])
    if row.kind == succession.SUCCESSION:
        successor = Organisation.objects.get(id=row.details["to"])
        effect = _("%(name)s becomes controller on %(day)s.") % {
            "name": successor.name,
            "day": day_text(succession.asked_day(row)),
        }
        url = reverse("succession", args=[row.joining.organisation_id])
    return Asked(row, row.asked_by_id == reader, FOUR_EYES[row.kind][0], effect, url)


@require_POST
@page("four-eyes")
def decide(request: Request, actor: Actor, request_id: UUID, verdict: str) -> HttpResponseBase:
    asked = FourEyes.objects.select_related("joining__organisation").filter(id=request_id).first()
    if asked is None:
        raise NotFound()
    kind, granted = KINDS[asked.kind], verdict == "grant"
    try:
        (kind.grant if granted else kind.refuse)(actor, asked)
    except ArchiveError as error:
        messages.error(request, words(error, is_staff=True))
        answer = _show(request, actor)
        answer.status_code = 409
        return answer
    messages.success(request, str(kind.granted) if granted else _("It is refused."))
    return redirect("four-eyes")
