"""The door of every page: who is signed in, in which environment, and whether the table of pages
lets them in.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django_htmx.middleware import HtmxDetails

from archive.actors import Actor, ActorKind
from archive.errors import NotFound
from archive.models import STAFF_ROLES, Environment, Membership, Organisation, Role, User
from portal import second_factor
from portal.pages import BY_NAME, SPEAKERS

P = ParamSpec("P")

DEFAULT_ENVIRONMENT = Environment.PRODUCTION


@dataclass(frozen=True, slots=True)
class Person:
    """The signed-in person with what follows from their memberships. A staff role counts in the
    operator only.
    """

    id: UUID
    name: str
    roles: frozenset[str]
    organisations: tuple[Organisation, ...]
    is_staff: bool
    speaks_for: tuple[Organisation, ...] = ()  # those that the person's own role there binds

    @property
    def organisation_name(self) -> str:
        return self.organisations[0].name if self.organisations else ""

    @property
    def role_word(self) -> str:
        words = [str(role.label) for role in Role if role.value in self.roles]
        return ", ".join(words) or _("no role")

    def actor(self, organisation_id: UUID | None = None) -> Actor:
        """The person as the engine knows them; of several customers the named one, else the
        first.
        """
        first = self.organisations[0].id if self.organisations else None
        kind = ActorKind.STAFF if self.is_staff else ActorKind.CUSTOMER
        return Actor(kind, self.name, self.id, organisation_id or first, self.roles)


class Request(HttpRequest):
    """A request behind the door: somebody is signed in, and the environment is settled."""

    user: User
    htmx: HtmxDetails
    person: Person
    environment: str
    page: str


def person_of(user: User) -> Person:
    """One query. Staff are staff wherever else they belong; then only the operator's roles
    count.
    """
    rows = Membership.objects.filter(user=user).select_related("organisation")
    found = sorted(rows, key=lambda row: row.organisation.name.casefold())
    staff = [row for row in found if row.role in STAFF_ROLES and row.organisation.is_operator]
    own = staff or [row for row in found if row.role not in STAFF_ROLES]
    return Person(
        id=user.id,
        name=user.get_full_name() or user.get_username(),
        roles=frozenset(row.role for row in own),
        organisations=_distinct(own),
        is_staff=bool(staff),
        speaks_for=_distinct(row for row in own if row.role in SPEAKERS),
    )


def _distinct(rows: Iterable[Membership]) -> tuple[Organisation, ...]:
    return tuple({row.organisation_id: row.organisation for row in rows}.values())


def environment_of(request: HttpRequest) -> str:
    """From the address, kept in the session; production when nobody has chosen."""
    chosen = request.GET.get("environment", "")
    if chosen in Environment.values:
        if request.session.get("environment") != chosen:
            request.session["environment"] = chosen
        return chosen
    kept = request.session.get("environment", "")
    return kept if kept in Environment.values else DEFAULT_ENVIRONMENT.value


def _environment_unsaid(request: Request) -> bool:
    """A list of other material than production's says so in its address, which may be shared."""
    unsaid = request.environment != DEFAULT_ENVIRONMENT and "environment" not in request.GET
    return unsaid and request.method == "GET" and not request.htmx


def _with_environment(request: Request) -> str:
    query = request.GET.copy()
    query["environment"] = request.environment
    return query.urlencode()


View = Callable[Concatenate[Request, Actor, P], HttpResponseBase]
Door = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page(name: str) -> Callable[[View[P]], Door[P]]:
    """`@page("studies")`: opens for the roles of that row in `portal.pages`, and gives the view
    its Actor.

    The staff read that their role may not; anybody else reads what they would read of an address
    that is not there.
    """
    row = BY_NAME[name]

    def decorate(view: View[P]) -> Door[P]:
        @never_cache
        @wraps(view)
        def door(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            person = person_of(request.user)
            if not row.may_open(person.roles):
                if person.is_staff:
                    raise PermissionDenied
                raise Http404
            if second_factor.is_lacking(request.user, is_staff=person.is_staff):
                return redirect("mfa_index")
            entered = enter(request, person, name)
            if row.in_rail and _environment_unsaid(entered):
                return redirect(f"{request.path}?{_with_environment(entered)}")
            try:
                return view(entered, person.actor(), *args, **kwargs)
            except NotFound as error:
                raise Http404 from error

        return door

    return decorate


def enter(request: HttpRequest, person: Person, name: str) -> Request:
    """Settle on the request what the view and the frame ask for."""
    request.person = person  # type: ignore[attr-defined]
    request.environment = environment_of(request)  # type: ignore[attr-defined]
    request.page = name  # type: ignore[attr-defined]
    return request  # type: ignore[return-value]
