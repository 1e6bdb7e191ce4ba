"""The operator's own people: who they are, their roles, and who has been invited (NF-3)."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.models import Role
from onboarding.queries import staff as queries
from onboarding.queries.staff import Colleague
from onboarding.services import staff as services
from portal import formats
from portal.forms.people import RolesForm, StaffInviteForm
from portal.lists.people import PEOPLE
from portal.staff import Request, page
from portal.views import lists
from portal.views.joining.opened import blame, words
from portal.views.joining.people import link_of
from portal.views.lists import Opened


@require_http_methods(["GET", "HEAD", "POST"])
@page("people")
def people(request: Request, actor: Actor) -> HttpResponseBase:
    """Everybody, and a new invitation."""
    form = StaffInviteForm(
        request.POST if request.method == "POST" else None,
        initial={"language": (get_language() or "fi")[:2]},
    )
    if form.is_bound and form.is_valid():
        try:
            services.invite(actor, **form.cleaned_data, link=link_of(request))
        except ArchiveError as error:
            blame(form, error, is_staff=True)
        else:
            told = form.cleaned_data
            messages.success(request, _("The invitation to %(email)s is on its way.") % told)
            return redirect("people")
    listed = opened_by(request, actor, request.GET)
    answer = lists.answer(
        request, actor, PEOPLE, listed, "people/_list.html", lambda _rows: _words(listed, form)
    )
    if form.errors:
        answer.status_code = 422
    return answer


def opened_by(request: Request, actor: Actor, query: QueryDict) -> Opened[Colleague]:
    """Without a filter: whatever the address says."""
    return Opened(Form(), queries.colleagues())


def _words(listed: Opened[Colleague], form: StaffInviteForm) -> dict[str, object]:
    active = sum(each.user.is_active for each in listed.rows)
    title = ngettext("%(count)s person of the staff", "%(count)s people of the staff", active)
    return {
        "page_title": _("People"),
        "title": title % {"count": formats.number_text(active)},
        "say": _("The service’s own people. A customer’s people stand on the customer’s page."),
        "invitations": [(row, Role(row.role).label) for row in queries.invitations()],
        "invite": form,
    }


def _colleague(user_id: UUID) -> Colleague:
    found = next((each for each in queries.colleagues() if each.user.id == user_id), None)
    if found is None:
        raise NotFound()
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@page("person")
def person(request: Request, actor: Actor, user_id: UUID) -> HttpResponseBase:
    """One of them, with roles to change."""
    found = _colleague(user_id)
    form = RolesForm(
        request.POST if request.method == "POST" else None, initial={"roles": list(found.roles)}
    )
    if form.is_bound and form.is_valid():
        try:
            services.set_roles(actor, found.user, form.cleaned_data["roles"])
        except ArchiveError as error:
            blame(form, error, is_staff=True)
        else:
            messages.success(request, _("The roles are changed."))
            return _after(request, user_id)
    around = lists.around(request, actor, PEOPLE, opened_by, found.user)
    context = {
        "found": found,
        "form": form,
        "own": user_id == request.person.id,
        **around,
        "trail": [(_("People"), around["back"])],
    }
    return render(request, "people/person.html", context, status=422 if form.errors else 200)


def _after(request: Request, user_id: UUID) -> HttpResponse:
    """Who has given away the own role to see this page is led to the start."""
    if user_id == request.person.id:
        return redirect("overview")
    return redirect("person", user_id)


def _do(
    request: Request, user_id: UUID, act: Callable[[Colleague], object], said: str
) -> HttpResponseBase:
    found = _colleague(user_id)
    try:
        act(found)
    except ArchiveError as error:
        messages.error(request, words(error, is_staff=True))
    else:
        messages.success(request, said)
    return redirect("person", user_id)


@require_POST
@page("person")
def deactivate(request: Request, actor: Actor, user_id: UUID) -> HttpResponseBase:
    said = _("The account is closed. Nobody signs in with it.")
    return _do(request, user_id, lambda found: services.deactivate(actor, found.user), said)


@require_POST
@page("person")
def reactivate(request: Request, actor: Actor, user_id: UUID) -> HttpResponseBase:
    said = _("The account is open again, with the roles it had.")
    return _do(request, user_id, lambda found: services.reactivate(actor, found.user), said)


@require_POST
@page("person")
def reset(request: Request, actor: Actor, user_id: UUID) -> HttpResponseBase:
    said = _("The second factor is reset. A new one is asked for at the next page.")
    return _do(request, user_id, lambda found: services.drop_second_factor(actor, found.user), said)


@require_POST
@page("person")
def withdraw(request: Request, actor: Actor, invitation_id: UUID) -> HttpResponseBase:
    row = queries.invitations().filter(id=invitation_id).first()
    if row is None:
        raise NotFound()
    try:
        services.withdraw(actor, row)
    except ArchiveError as error:
        messages.error(request, words(error, is_staff=True))
    else:
        messages.success(request, _("The invitation was withdrawn."))
    return redirect("people")
