"""Who calls with a token: a person with the roles of this moment, or a customer's or the operator's
system with the one role that was given to it.
"""

from dataclasses import dataclass

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from archive.actors import Actor, ActorKind
from archive.models import STAFF_ROLES, ApiToken, Environment
from archive.services import api_tokens
from portal import second_factor
from portal.staff import Person, person_of


@dataclass(frozen=True, slots=True)
class Caller:
    """What the pages know of a signed-in person, and the token by which it calls."""

    token: ApiToken
    person: Person

    @property
    def actor(self) -> Actor:
        """A system is no user: it is known by its name and organisation."""
        if self.token.user is not None:
            return self.person.actor()
        kind = ActorKind.STAFF if self.person.is_staff else ActorKind.CUSTOMER
        name, organisation_id = self.person.name, self.token.organisation_id
        return Actor(kind, name, None, organisation_id, self.person.roles)


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer idr_...`; `request.user` is the Caller, `request.auth` its Actor."""

    def authenticate(self, request: Request) -> tuple[Caller, Actor] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = api_tokens.identify(secret.strip())
        caller = _caller(token) if token is not None else None
        if caller is None:
            raise AuthenticationFailed("the token is nobody's here, or may not be used any more")
        return caller, caller.actor

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="API"'


def _caller(token: ApiToken) -> Caller | None:
    """None for a person to whom the pages are closed too."""
    if token.user is not None:
        person = person_of(token.user)
        lacking = second_factor.is_lacking(token.user, is_staff=person.is_staff)
        return Caller(token, person) if person.roles and not lacking else None
    owner = token.organisation
    assert owner is not None
    is_staff = owner.is_operator and token.role in STAFF_ROLES
    if owner.is_operator != is_staff:
        return None
    person = Person(token.id, token.name, frozenset({token.role}), (owner,), is_staff)
    return Caller(token, person)


def environment_of(caller: Caller, asked: str) -> str:
    """A system's own; a person names one, else it is production."""
    return caller.token.environment or asked or Environment.PRODUCTION.value


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Its words in the published schema."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from the page Tokens, of a person or of a system.",
        }
