"""The state of the service: what answers, planned breaks, notices. Customers acknowledge notices;
the staff see who has not.
"""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import Announcement, AnnouncementReceipt, Organisation, PlannedBreak
from archive.queries import interface_health
from archive.queries import service_status as queries
from archive.services import service_status as services
from archive.values import now
from portal.formats import number_text
from portal.lists.watching import INTERFACES
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views.desk import is_customer


@require_safe
def front(request: HttpRequest) -> HttpResponseBase:
    return own(request) if is_customer(request) else staff(request)


@dataclass(frozen=True, slots=True)
class Told:
    """A notice with what the reader's organisations have to do with it."""

    row: Announcement
    receipts: list[AnnouncementReceipt]
    owed_by: list[Organisation]
    missing: int = 0  # for the staff: customers that have not acknowledged


@page("own-status")
def own(request: Request, actor: Actor) -> HttpResponse:
    organisations = request.person.organisations
    ids = [each.id for each in organisations]
    receipts = queries.receipts_of(ids)
    told = []
    for row in queries.announcements():
        done = receipts.get(row.id, [])
        seen = {each.organisation_id for each in done}
        owed = [each for each in organisations if row.is_acknowledged and each.id not in seen]
        told.append(Told(row, done, owed))
    channels = interface_health.channels(request.environment).filter(organisation__in=ids)
    lines = interface_health.lines(list(channels), request.environment)
    stood = [(line, INTERFACES.cell("state", line)) for line in lines]
    return _show(request, told, {"lines": stood, "is_staff": False, "changes": False})


@page("status")
def staff(request: Request, actor: Actor) -> HttpResponse:
    missing = queries.missing_readers()
    told = [Told(row, [], [], missing.get(row.id, 0)) for row in queries.announcements()]
    changes = BY_NAME["status-change"].may_open(actor.roles)
    return _show(request, told, {"is_staff": True, "changes": changes})


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a customer's first page says of the service: breaks, and notices that wait for it."""

    breaks: list[PlannedBreak]
    owed: int


def ahead(organisation: Organisation) -> Ahead:
    asked = queries.announcements().filter(is_acknowledged=True)
    return Ahead(queries.breaks(), asked.exclude(receipts__organisation=organisation).count())


def _show(request: Request, told: list[Told], more: dict[str, object]) -> HttpResponse:
    parts = queries.parts()
    down = sum(not each.answers for each in parts)
    if down:
        said = ngettext("%(count)s part does not answer", "%(count)s parts do not answer", down) % {
            "count": number_text(down)
        }
    else:
        said = _("Everything answers")
    context = {
        "title": said,
        "parts": parts,
        "breaks": [(row, _phase(row)) for row in queries.breaks()],
        "notices": told,
        **more,
    }
    return render(request, "service/status.html", context)


def _phase(row: PlannedBreak) -> tuple[str, str]:
    """Shape and word."""
    if row.starts_at <= now():
        return "stop", _("on now")
    return "wait", _("to come")


@require_safe
@page("announcement")
def announcement(request: Request, actor: Actor, announcement_id: UUID) -> HttpResponse:
    """Who has acknowledged, and who has not."""
    row = _row(announcement_id)
    missing = queries.expected_readers(row) if row.is_acknowledged else Organisation.objects.none()
    context = {
        "row": row,
        "receipts": row.receipts.select_related("organisation").order_by("-at"),
        "missing": missing,
        "changes": BY_NAME["status-change"].may_open(actor.roles),
        "trail": [(_("State of the service"), reverse("status"))],
    }
    return render(request, "service/announcement.html", context)


@require_POST
@page("announcement-read")
def acknowledge(request: Request, actor: Actor, announcement_id: UUID) -> HttpResponseBase:
    """For every organisation of the person's that has not yet."""
    row = _row(announcement_id)
    done = [
        services.acknowledge(request.person.actor(each.id), row, each.id)
        for each in request.person.organisations
    ]
    if any(done):
        messages.success(request, _("Your organisation has taken note."))
    else:
        messages.info(request, _("This notice no longer waits for your organisation."))
    return redirect("status")


def _row(announcement_id: UUID) -> Announcement:
    """Raises NotFound."""
    row = Announcement.objects.filter(id=announcement_id).first()
    if row is None:
        raise NotFound()
    return row
