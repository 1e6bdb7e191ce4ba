"""The address in an invitation's mail: an account is made or signed in to, and accepts (ON-1)."""

from allauth.account.utils import perform_login
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from archive.models import Role, User
from onboarding.errors import FieldInvalid, InvitationGone, InvitationOfAnother
from onboarding.models import Invitation
from onboarding.services import invitations as services
from onboarding.services.invitations import NewAccount
from portal.forms.people import NewAccountForm
from portal.views.joining.opened import words


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password", "again")
def invitation(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Whoever has the secret was invited."""
    try:
        found = services.find(secret)
        if request.user.is_authenticated:
            return _signed_in(request, secret, found)
        if services.needs_account(found):
            return _new(request, secret, found)
    except InvitationGone:
        return _gone(request, secret)
    except InvitationOfAnother as error:
        context = {"words": words(error, is_staff=False), "next": request.path}
        return render(request, "joining/invitation.html", context, status=403)
    return _show(request, found)


def _signed_in(request: HttpRequest, secret: str, found: Invitation) -> HttpResponseBase:
    assert isinstance(request.user, User)
    if request.method != "POST":
        return _show(request, found)
    services.accept(secret, request.user)
    return _welcome(request, found)


def _welcome(request: HttpRequest, found: Invitation) -> HttpResponse:
    messages.success(request, _("You now act for %(name)s.") % {"name": found.organisation})
    if found.organisation.is_operator:
        return redirect("overview")
    return redirect("organisation", found.organisation_id)


def _new(request: HttpRequest, secret: str, found: Invitation) -> HttpResponseBase:
    """The account is made here: the mail has shown whose the address is."""
    form = NewAccountForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        new = NewAccount(
            told["first_name"],
            told["last_name"],
            told["password"],
            (get_language() or "fi")[:2],
        )
        try:
            user = services.accept_as_new(secret, new)
        except FieldInvalid as error:
            field = error.facts["field"]
            form.add_error(field, error.facts.get("said") or words(error, is_staff=False))
        else:
            next_page = _welcome(request, found).headers["Location"]
            answer: HttpResponseBase = perform_login(request, user, redirect_url=next_page)
            return answer
    return _show(request, found, form)


def _show(
    request: HttpRequest, found: Invitation, form: NewAccountForm | None = None
) -> HttpResponse:
    context = {"invitation": found, "role": Role(found.role).label, "form": form}
    status = 422 if form is not None and form.errors else 200
    return render(request, "joining/invitation.html", context, status=status)


def _gone(request: HttpRequest, secret: str) -> HttpResponse:
    """Whoever has the secret was told in the mail who invites, and so may be told it again."""
    context = {"former": services.former(secret)}
    return render(request, "joining/invitation_gone.html", context, status=404)
