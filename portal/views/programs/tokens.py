"""Tokens of the API: a person's own, and those of systems of the organisations it speaks for."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import ApiScope, ApiToken, Environment, Organisation, Role
from archive.services import api_tokens as services
from archive.services.api_tokens import Holder
from archive.values import now
from portal import tokens
from portal.forms.api_tokens import SystemTokenForm, TokenForm
from portal.lists.programs import NEWEST, TOKENS, Held
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened


@require_safe
@page("tokens")
def listed(request: Request, actor: Actor) -> HttpResponseBase:
    words = {
        "title": _("Tokens of the API"),
        "say": _("With a token a program does over the API what its holder does on these pages."),
        "speaks": tokens.speaks(request.person),
    }
    opened = Opened(Form(), tokens.visible(request.person), NEWEST, _in_words)
    part = "programs/_tokens.html"
    return lists.answer(request, actor, TOKENS, opened, part, lambda _rows: words)


def _in_words(found: Sequence[ApiToken]) -> list[Held]:
    at = now()
    return [Held(row, row.is_live_at(at)) for row in found]


@require_http_methods(["GET", "POST"])
@page("tokens")
def add(request: Request, actor: Actor) -> HttpResponseBase:
    form = TokenForm(request.POST or None, tokens.scopes_of(request.person))
    if request.method == "POST" and form.is_valid():
        return _made(request, actor, Holder(user=request.user), form)
    say = _("It does what you may do, within what you choose. It ends when your roles end.")
    return _ask(request, form, _("New token of your own"), say)


@require_http_methods(["GET", "POST"])
@page("token-system")
def add_for_system(request: Request, actor: Actor) -> HttpResponseBase:
    person = request.person
    form = SystemTokenForm(
        request.POST or None,
        tokens.systems_scopes(person),
        person.speaks_for,
        tokens.systems_roles(person),
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        holder = Holder(
            organisation=Organisation.objects.get(id=given["organisation"]),
            role=Role(given["role"]),
            environment=Environment(given["environment"]),
            subject=given.get("subject", ""),
        )
        return _made(request, actor, holder, form)
    say = _("It is the organisation’s, not a person’s, and stays when people change.")
    return _ask(request, form, _("New token of a system"), say)


def _ask(request: Request, form: TokenForm, title: str, say: str) -> HttpResponse:
    context = {"form": form, "title": title, "say": say, "trail": _trail()}
    return render(request, "programs/token_new.html", context, status=422 if form.is_bound else 200)


def _made(request: Request, actor: Actor, holder: Holder, form: TokenForm) -> HttpResponseBase:
    """The page with the secret, this once; a system that needs none goes back to the list."""
    given = form.cleaned_data
    row, secret = services.make(
        actor,
        holder,
        name=given["name"],
        scopes=[ApiScope(each) for each in given["scopes"]],
        days=given["days"],
    )
    if row.external_id:
        messages.success(request, _("The system may call with its access tokens."))
        return redirect("tokens")
    context = {"row": row, "secret": secret, "trail": _trail()}
    return render(request, "programs/token.html", context)


@require_http_methods(["GET", "POST"])
@page("tokens")
def revoke(request: Request, actor: Actor, token_id: UUID) -> HttpResponseBase:
    row = tokens.visible(request.person).filter(id=token_id, revoked_at=None).first()
    if row is None:
        raise NotFound()
    if request.method == "POST":
        services.revoke(actor, row)
        messages.success(request, _("The token may not be used any more."))
        return redirect("tokens")
    context = {"row": row, "trail": _trail(), "back": reverse("tokens")}
    return render(request, "programs/token_revoke.html", context)


def _trail() -> list[tuple[str, str]]:
    return [(_("Tokens of the API"), reverse("tokens"))]
