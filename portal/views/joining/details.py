"""What a registration told: read with the checklist, and kept true afterwards (ON-1, ON-5)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from archive.actors import Actor
from archive.errors import ArchiveError
from onboarding.models import ActivityRole, Joining
from onboarding.queries import guide
from onboarding.queries.file import kanta_services
from onboarding.services import registration
from onboarding.services.registration import ACTIVITY, IDENTITY
from portal.forms.registration import DetailsForm
from portal.staff import Request, page
from portal.views.joining.opened import Opened, address, blame, open_file, show
from portal.views.public.wording import in_language


@dataclass(frozen=True, slots=True)
class Told:
    """In the reader's words; `url` leads to where this reader changes it, if anywhere."""

    names: list[str]
    sector: str
    roles: list[str]
    contents: list[str]
    services: list[str]
    url: str


def told(opened: Opened) -> Told:
    joining, organisation = opened.joining, opened.organisation
    services = _services()
    names = (organisation.name_fi, organisation.name_sv, organisation.name_en)
    return Told(
        names=[name for name in names if name],
        sector=str(organisation.get_sector_display()),
        roles=[str(ActivityRole(each).label) for each in joining.roles],
        contents=[in_language(row, "name") for row in guide.told(joining.content_types)],
        services=[services.get(each, each) for each in joining.services_used],
        url=address("joining-details", opened) if _may_change(opened) else "",
    )


def _may_change(opened: Opened) -> bool:
    return opened.speaks and registration.may_change(opened.joining, opened.party)


def _contents(joining: Joining) -> dict[str, str]:
    """What can be stored now, and whatever was told already."""
    rows = guide.contents()
    now = {row.content_type for row in guide.archived_now(rows)} | set(joining.content_types)
    return {row.content_type: in_language(row, "name") for row in rows if row.content_type in now}


def _services() -> dict[str, str]:
    return {row.code: in_language(row, "name") for row in kanta_services()}


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-move")
def details(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponseBase:
    opened = open_file(request, organisation_id)
    joining = opened.joining
    kept: dict[str, Any] = {name: getattr(joining, name) for name in ACTIVITY}
    kept |= {name: getattr(opened.organisation, name) for name in IDENTITY}
    form = DetailsForm(
        request.POST if request.method == "POST" else None,
        kept,
        contents=_contents(joining),
        services=_services(),
        identity=registration.may_change(joining, opened.party, identity=True),
    )
    if form.is_bound and form.is_valid():
        try:
            registration.save(opened.actor, joining, step=joining.step, values=form.cleaned_data)
        except ArchiveError as error:
            blame(form, error, is_staff=opened.is_staff)
        else:
            messages.success(request, _("What the registration tells is kept."))
            return redirect("joining-file", organisation_id)
    context = {"form": form, "is_open": _may_change(opened)}
    return show(request, "joining/details.html", opened, context)
