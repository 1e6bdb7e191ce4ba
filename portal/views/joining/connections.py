"""Deployment data: planned connections, tried out with a C-ECHO, opened by an officer (ON-3)."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from archive.actors import Actor
from archive.config import settings
from archive.edges.dicom import client
from archive.errors import (
    ArchiveError,
    NotFound,
    PeerAborted,
    PeerRejected,
    PeerSilent,
    PeerUnreachable,
)
from archive.models import ConnectionKind, Environment
from archive.values import now
from onboarding import queries as customer_queries
from onboarding.errors import StepOutOfOrder
from onboarding.models import PlannedConnection
from onboarding.queries import file as queries
from onboarding.rules import road
from onboarding.services import connections as services
from onboarding.services import openings
from portal import pace, reached
from portal.forms.connections import FORMS, SourceForm, kept
from portal.staff import Request, page
from portal.views.errors import too_many
from portal.views.joining.opened import Opened, address, blame, open_file, show, words

ECHO_TIMEOUT = 4.0  # seconds; somebody waits at the page


@require_safe
@page("joining-file")
def connections(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponse:
    opened = open_file(request, organisation_id)
    planned = queries.planned_connections(opened.organisation)
    known = {row.connection_id for row in planned}
    sides = [
        (
            environment.label,
            settings().ae_title(environment.value),
            [(row, _opens(opened, row)) for row in planned if row.environment == environment],
        )
        for environment in Environment
    ]
    others = [
        row
        for row in customer_queries.connections(opened.organisation)
        if row.id not in known and row.valid_until is None
    ]
    context = {
        "sides": sides,
        "reached": reached.dicom(request),
        "others": others,
        "kinds": ConnectionKind.choices,
        "may_plan": opened.fills_in and opened.joining.state not in road.OVER,
        "may_call": opened.is_officer or opened.joining.state in road.TESTING | road.LIVE,
        "source": SourceForm() if opened.is_officer else None,
        "now": now(),
    }
    return show(request, "joining/connections.html", opened, context)


def _opens(opened: Opened, row: PlannedConnection) -> bool:
    """Whether this person may make the plan real now (`connections.open_planned`)."""
    state = opened.joining.state
    if row.opened_at is not None:
        return False
    if row.environment == Environment.TEST:
        return opened.fills_in and state in road.TESTING | road.LIVE
    return opened.is_officer and state in road.LIVE


def _planned(opened: Opened, planned_id: UUID) -> PlannedConnection:
    """Of this customer only."""
    rows = PlannedConnection.objects.select_related("organisation", "connection")
    found = rows.filter(organisation=opened.organisation, id=planned_id).first()
    if found is None:
        raise NotFound()
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-fill")
def plan(request: Request, actor: Actor, organisation_id: UUID, kind: str) -> HttpResponseBase:
    """A new one."""
    opened = open_file(request, organisation_id)
    if kind not in FORMS:
        raise Http404
    form = FORMS[kind](request.POST or None, request.FILES or None, initial=_first(opened))
    if form.is_bound and form.is_valid():
        try:
            services.plan(opened.actor, opened.organisation, form.plan())
        except ArchiveError as error:
            blame(form, error, is_staff=opened.is_staff)
        else:
            messages.success(request, _("The connection is planned."))
            return redirect("joining-connections", organisation_id)
    context = {"form": form, "row": None, "kind": ConnectionKind(kind).label}
    return show(request, "joining/connection.html", opened, _above(opened, context))


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-fill")
def change(
    request: Request, actor: Actor, organisation_id: UUID, planned_id: UUID
) -> HttpResponseBase:
    opened = open_file(request, organisation_id)
    row = _planned(opened, planned_id)
    form = FORMS[row.kind](request.POST or None, request.FILES or None, initial=kept(row))
    form.fields["environment"].disabled = True
    if form.is_bound and form.is_valid():
        try:
            services.change(opened.actor, row, form.plan())
        except ArchiveError as error:
            blame(form, error, is_staff=opened.is_staff)
        else:
            messages.success(request, _("The connection is changed."))
            return redirect("joining-connections", organisation_id)
    context = {"form": form, "row": row, "kind": row.get_kind_display(), "now": now()}
    return show(request, "joining/connection.html", opened, _above(opened, context))


def _first(opened: Opened) -> dict[str, object]:
    """Whoever is not in production yet begins with the test environment."""
    is_live = opened.joining.state in road.LIVE
    return {"environment": Environment.PRODUCTION if is_live else Environment.TEST}


def _above(opened: Opened, context: Mapping[str, object]) -> dict[str, object]:
    return {**context, "back": address("joining-connections", opened)}


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-fill")
def remove(
    request: Request, actor: Actor, organisation_id: UUID, planned_id: UUID
) -> HttpResponseBase:
    """Of an open connection asked for once more: it ends at once."""
    opened = open_file(request, organisation_id)
    row = _planned(opened, planned_id)
    if request.method != "POST":
        asked = {
            "title": _("Remove this connection"),
            "about": f"{row}, {row.get_environment_display()}",
            "ask": _("Remove this connection?"),
            "say": _(
                "The system is refused from that moment on: nothing is stored, searched or fetched "
                "by it. What has been archived stays. A connection that is planned anew works "
                "again when it has been opened."
            ),
            "button": _("Remove"),
            "back": address("joining-planned", opened, row.id),
        }
        return show(request, "sure.html", opened, asked)
    services.remove(opened.actor, row)
    messages.success(request, _("The connection was removed."))
    return redirect("joining-connections", organisation_id)


@require_POST
@page("joining-fill")
def make_real(
    request: Request, actor: Actor, organisation_id: UUID, planned_id: UUID
) -> HttpResponseBase:
    opened = open_file(request, organisation_id)
    row = _planned(opened, planned_id)
    try:
        services.open_planned(opened.actor, row)
    except ArchiveError as error:
        messages.error(request, words(error, is_staff=opened.is_staff))
    else:
        messages.success(request, _("%(connection)s is open.") % {"connection": row})
    return redirect("joining-connections", organisation_id)


@require_POST
@page("joining-fill")
def echo(
    request: Request, actor: Actor, organisation_id: UUID, planned_id: UUID
) -> HttpResponseBase:
    """Call the customer's system as the archive does: C-ECHO."""
    opened = open_file(request, organisation_id)
    row = _planned(opened, planned_id)
    if row.kind != ConnectionKind.DICOM:
        raise NotFound()
    try:
        services.require_may_call(opened.actor, row)
    except StepOutOfOrder as error:
        messages.error(request, words(error, is_staff=opened.is_staff))
        return redirect("joining-connections", organisation_id)
    if not pace.allows(request, request.user, "echo"):
        return too_many(request)
    try:
        client.echo(replace(services.target(row), timeout=ECHO_TIMEOUT))
    except (PeerUnreachable, PeerRejected, PeerAborted) as error:
        said = f"{row}: {_echo_words(error)} ({error.detail})"
        messages.error(request, said)
    else:
        said = _("%(connection)s answered the C-ECHO. The connection works.")
        messages.success(request, said % {"connection": row})
    return redirect("joining-connections", organisation_id)


def _echo_words(error: ArchiveError) -> str:
    if isinstance(error, PeerUnreachable):
        return _(
            "nobody answered. Check that the system runs, and that its host, port and firewall "
            "let us in."
        )
    if isinstance(error, PeerRejected):
        return _("the system refused us. Check its AE title, and that it knows ours.")
    if isinstance(error, PeerSilent):
        return _("the system took the connection and then did not answer in time. See its log.")
    return _("the system broke off. See its log at this minute.")


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-people")
def password(
    request: Request, actor: Actor, organisation_id: UUID, planned_id: UUID
) -> HttpResponseBase:
    """Shown once, in the answer to the button; kept as a digest. A system that has one stands
    still until it has the new one, so it is asked for once more.
    """
    opened = open_file(request, organisation_id)
    row = _planned(opened, planned_id)
    if row.connection is None or not opened.speaks:
        raise NotFound()
    if request.method != "POST":
        asked = {
            "title": _("New password"),
            "about": f"{row}, {row.get_environment_display()}",
            "ask": _("Make a new password?"),
            "say": _(
                "The one before no longer works from that moment on: the system gets no answer "
                "until the new one is set in it. It is shown once."
            ),
            "button": _("Make a new password"),
            "back": address("joining-connections", opened),
        }
        return show(request, "sure.html", opened, asked)
    secret = services.renew_password(opened.actor, row.connection)
    context = {"row": row, "secret": secret, "back": address("joining-connections", opened)}
    return show(request, "joining/password.html", opened, context)


@require_POST
@page("joining-source")
def source(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponseBase:
    """A document source, open at once; its password is in this answer and nowhere else."""
    opened = open_file(request, organisation_id)
    form = SourceForm(request.POST)
    if not opened.is_officer or not form.is_valid():
        return redirect("joining-connections", organisation_id)
    environment = Environment(form.cleaned_data["environment"])
    made, secret = openings.open_source(opened.actor, opened.organisation, environment)
    context = {
        "row": {"connection": made},
        "secret": secret,
        "new": True,
        "back": address("joining-connections", opened),
    }
    return show(request, "joining/password.html", opened, context)
