"""A customer's contacts and people: invited by mail, given roles, let in (ON-1)."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.models import Membership
from onboarding import queries as customer_queries
from onboarding.errors import ActorUnfit, StepOutOfOrder
from onboarding.models import AccessRequest, Contact, ContactKind, Invitation
from onboarding.queries import file as queries
from onboarding.queries.invitations import waiting
from onboarding.services import joining as joining_services
from onboarding.services import people as services
from portal import pace
from portal.forms.joining import ContactsForm, InviteForm, RoleForm
from portal.previewing import goes_on, kept
from portal.staff import Request, page
from portal.views.errors import too_many
from portal.views.joining.opened import Opened, address, blame, open_file, show, words


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-fill")
def contacts(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponseBase:
    opened = open_file(request, organisation_id)
    rows = queries.contacts(opened.organisation)
    initial: dict[str, str] = {}
    for row in rows:
        for name in ("name", "email", "phone", "language"):
            initial[f"{row.kind}-{name}"] = getattr(row, name)
    form = ContactsForm(request.POST if request.method == "POST" else None, initial=initial)
    if goes_on(request, form):
        gone = [row for row in rows if not form.is_filled(row.kind)]
        if gone and "sure" not in request.POST:
            return show(request, "change.html", opened, _parting(request, form, rows, gone))
        try:
            joining_services.set_contacts(opened.actor, opened.joining, form.told())
        except ArchiveError as error:
            blame(form, error, is_staff=opened.is_staff)
        else:
            messages.success(request, _("The contacts are kept."))
            return redirect("joining-file", organisation_id)
    groups = [
        (kind.label, [form[f"{kind}-{name}"] for name in ("name", "email", "phone", "language")])
        for kind in ContactKind
    ]
    return show(request, "joining/contacts.html", opened, {"form": form, "groups": groups})


def _parting(
    request: Request, form: ContactsForm, rows: Sequence[Contact], gone: Sequence[Contact]
) -> dict[str, Any]:
    """What it means that a contact is taken away."""
    untold = _("%(name)s (%(kind)s) gets no more mails about this customer.")
    said = [untold % {"name": row.name, "kind": row.get_kind_display()} for row in gone]
    said.append(_("The deployment data then lack a contact, and the precondition does not hold."))
    if len(gone) == len(rows) and not any(map(form.is_filled, ContactKind.values)):
        said.append(_("While there is no contact, mails go to the customer’s administrators."))
    return {
        "title": _("Contacts"),
        "heading": _("Take a contact away?"),
        "sentences": said,
        "kept": kept(request, form),
        "button": _("Keep"),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-people")
def people(request: Request, actor: Actor, organisation_id: UUID) -> HttpResponseBase:
    """Who has a role, who is invited, who asks to be let in; a new invitation."""
    opened = open_file(request, organisation_id)
    if not opened.speaks:  # an administrator elsewhere
        raise ActorUnfit()
    language = opened.organisation.contacts.values_list("language", flat=True).first() or "fi"
    form = InviteForm(
        request.POST if request.method == "POST" else None, initial={"language": language}
    )
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        if not (opened.is_staff or pace.allows(request, request.user, "invite")):
            return too_many(request)
        try:
            services.invite(
                opened.actor,
                opened.organisation,
                email=told["email"],
                role=told["role"],
                link=link_of(request),
                language=told["language"],
            )
        except ArchiveError as error:
            blame(form, error, is_staff=opened.is_staff)
        else:
            messages.success(request, _("The invitation to %(email)s is on its way.") % told)
            return redirect("joining-people", organisation_id)
    context: dict[str, Any] = {
        "form": form,
        "people": customer_queries.people(opened.organisation),
        "roles": RoleForm.base_fields["role"].choices,  # type: ignore[attr-defined]
        "invitations": waiting(opened.organisation),
        "requests": services.access_requests(opened.organisation),
    }
    return show(request, "joining/people.html", opened, context)


def link_of(request: HttpRequest) -> Callable[[str], str]:
    """How the secret of an invitation becomes an address."""
    return lambda secret: request.build_absolute_uri(reverse("invitation", args=[secret]))


# --- roles, invitations, requests -----------------------------------------------------------------


def _after(
    request: Request, opened: Opened, act: Callable[[], object], said: str
) -> HttpResponseBase:
    """Do it, or say why not, and show the people again."""
    try:
        act()
    except ArchiveError as error:
        messages.error(request, words(error, is_staff=opened.is_staff))
    else:
        messages.success(request, said)
    return redirect("joining-people", opened.organisation.id)


def _membership(opened: Opened, membership_id: UUID) -> Membership:
    """Of this customer only."""
    rows = Membership.objects.select_related("organisation")
    found = rows.filter(organisation=opened.organisation, id=membership_id).first()
    if found is None:
        raise NotFound()
    return found


def _role(request: Request) -> RoleForm:
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Http404
    return form


@require_POST
@page("joining-people")
def change_role(
    request: Request, actor: Actor, organisation_id: UUID, membership_id: UUID
) -> HttpResponseBase:
    opened = open_file(request, organisation_id)
    row, role = _membership(opened, membership_id), _role(request).chosen
    return _after(
        request, opened, lambda: services.change_role(opened.actor, row, role), _("Role changed.")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-people")
def remove(
    request: Request, actor: Actor, organisation_id: UUID, membership_id: UUID
) -> HttpResponseBase:
    """Asked for once more: with the role goes what the person sees."""
    opened = open_file(request, organisation_id)
    if not opened.speaks:
        raise ActorUnfit()
    row = _membership(opened, membership_id)
    if request.method != "POST":
        return show(request, "sure.html", opened, _removing(request, opened, row))
    said = _("The person no longer has this role.")
    answer = _after(request, opened, lambda: services.remove(opened.actor, row), said)
    still = Membership.objects.filter(
        user_id=request.person.id, organisation=opened.organisation
    ).exists()
    if not opened.is_staff and not still:  # they have taken their own role away
        return redirect("overview")
    return answer


def _removing(request: Request, opened: Opened, row: Membership) -> dict[str, Any]:
    """What is asked, and what will follow."""
    named = {
        "person": row.user.get_full_name() or row.user.username,
        "role": row.get_role_display(),
        "organisation": opened.organisation.name,
    }
    is_own = row.user_id == request.person.id
    say = (
        _("You no longer see anything of %(organisation)s here, nor do anything for it.")
        if is_own
        else _("%(person)s no longer sees anything of %(organisation)s, nor does anything for it.")
    )
    again = _("To come back takes a new invitation. What was done in the role stays in the log.")
    return {
        "title": _("Remove a person"),
        "about": _("%(person)s, %(role)s") % named,
        "ask": (_("Give up your role?") if is_own else _("Take the role away?")),
        "say": f"{say % named} {again}",
        "button": _("Remove"),
        "back": address("joining-people", opened),
    }


@require_POST
@page("joining-people")
def withdraw(
    request: Request, actor: Actor, organisation_id: UUID, invitation_id: UUID
) -> HttpResponseBase:
    opened = open_file(request, organisation_id)
    row = Invitation.objects.filter(organisation=opened.organisation, id=invitation_id).first()
    if row is None:
        raise NotFound()
    said = _("The invitation was withdrawn.")
    return _after(request, opened, lambda: services.withdraw_invitation(opened.actor, row), said)


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-people")
def decide(
    request: Request, actor: Actor, organisation_id: UUID, request_id: UUID
) -> HttpResponseBase:
    """Let in with a role, or turn away, somebody who has registered the same organisation. The
    latter is asked for once more."""
    opened = open_file(request, organisation_id)
    if not opened.speaks:
        raise ActorUnfit()
    rows = AccessRequest.objects.select_related("organisation", "user")
    asked = rows.filter(organisation=opened.organisation, id=request_id).first()
    if asked is None:
        raise NotFound()
    if request.method != "POST":
        context = turning_away(request, asked, is_staff=opened.is_staff)
        if context is None:
            return redirect("joining-people", organisation_id)
        context["back"] = address("joining-people", opened)
        return show(request, "sure.html", opened, context)
    if request.POST.get("verdict") == "turn-away":
        said = _("The person was turned away.")
        return _after(request, opened, lambda: services.turn_away(opened.actor, asked), said)
    role = _role(request).chosen
    said = _("The person was let in, and is told by mail.")
    return _after(request, opened, lambda: services.let_in(opened.actor, asked, role=role), said)


def turning_away(
    request: Request, asked: AccessRequest, *, is_staff: bool
) -> dict[str, Any] | None:
    """What is asked, and what will follow; nothing when somebody was quicker, who is told of."""
    try:
        services.require_open(asked)
    except StepOutOfOrder as error:
        messages.error(request, words(error, is_staff=is_staff))
        return None
    named = {
        "person": asked.user.get_full_name() or asked.user.username,
        "organisation": asked.organisation.name,
    }
    nothing = _("%(person)s gets no role and sees nothing of %(organisation)s.") % named
    told = _("No mail is sent: the person reads it at the state of the registration.")
    again = _("It is not taken back here: the person must ask anew, or be invited.")
    return {
        "title": _("Turn away"),
        "about": f"{named['person']}, {asked.user.email}",
        "ask": _("Turn the person away?"),
        "sentences": [nothing, told, again],
        "hidden": [("verdict", "turn-away")],
        "button": _("Turn away"),
    }
