"""Who calls with a token: a person with the roles of this moment, or a customer's or the operator's
system with the one role that was given to it.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from allauth.account.models import EmailAddress
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from archive.actors import Actor, ActorKind
from archive.edges.issuer import tokens as access_tokens
from archive.edges.issuer.tokens import Claims
from archive.errors.api import AccessTokenRefused
from archive.models import STAFF_ROLES, ApiToken, Environment, User
from archive.services import api_limits, api_tokens
from portal import second_factor
from portal.pages import SPEAKERS
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
        caller = _known(secret.strip())
        if caller is None:
            raise AuthenticationFailed("the token is nobody's here, or may not be used any more")
        actor = caller.actor
        bound = None if caller.person.is_staff else actor.organisation_id
        if (wait := api_limits.seconds_to_wait(caller.token.id, bound)) is not None:
            raise Throttled(wait)
        return caller, actor

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="API"'


def _known(secret: str) -> Caller | None:
    """Raises AuthenticationFailed, IssuerUnreachable."""
    if access_tokens.looks_like_one(secret):
        try:
            return _of_provider(access_tokens.read(secret))
        except AccessTokenRefused as refused:
            raise AuthenticationFailed(refused.detail) from None
    token = api_tokens.identify(secret)
    return _caller(token) if token is not None else None


def _of_provider(claims: Claims) -> Caller | None:
    """A person by the verified address, as at sign-on; a system by its subject. Its scopes are the
    access token's, and of a system those of its row as well.
    """
    if not claims.email:
        token = api_tokens.of_subject(claims.subject)
        return _narrowed(_caller(token), claims.scopes & set(token.scopes)) if token else None
    address = EmailAddress.objects.select_related("user").filter(
        email__iexact=claims.email, verified=True
    )
    found = address.first()
    if found is None or not claims.client:
        return None
    token = api_tokens.of_person(found.user, claims.client, until=claims.until)
    caller = _narrowed(_caller(token), claims.scopes) if token else None
    if caller is not None:
        caller.token.expires_at = claims.until  # of this call, too: what is made with it ends then
    if caller is None or claims.roles is None:
        return caller
    return _within(caller, claims.roles)


def _within(caller: Caller, roles: AbstractSet[str]) -> Caller | None:
    left = caller.person.roles & roles
    return replace(caller, person=replace(caller.person, roles=left)) if left else None


def _narrowed(caller: Caller | None, scopes: AbstractSet[str]) -> Caller | None:
    if caller is not None:
        caller.token.scopes = sorted(scopes)  # of this call; the row keeps its own
    return caller


def _caller(token: ApiToken) -> Caller | None:
    """None for a person to whom the pages are closed too. A token made with another does nothing
    that its maker may not do by now.
    """
    caller = _persons(token, token.user) if token.user else _systems(token)
    if caller is None or token.made_with is None:
        return caller
    maker = _caller(token.made_with)
    if maker is None:
        return None
    roles = maker.person.roles
    return _within(caller, roles & set(token.within) if token.user else roles)


def _persons(token: ApiToken, user: User) -> Caller | None:
    person = person_of(user)
    lacking = second_factor.is_lacking(user, is_staff=person.is_staff)
    return Caller(token, person) if person.roles and not lacking else None


def _systems(token: ApiToken) -> Caller | None:
    owner = token.organisation
    assert owner is not None
    is_staff = owner.is_operator and token.role in STAFF_ROLES
    if owner.is_operator != is_staff:
        return None
    bound = (owner,) if token.role in SPEAKERS else ()
    person = Person(token.id, token.name, frozenset({token.role}), (owner,), is_staff, bound)
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
            "description": "A token from the page Tokens, of a person or of a system; or, where "
            "the operator has set one up, an access token of its OpenID provider.",
        }
