"""Tokens of the API over the API: a person lists and ends them, and makes ones that do no more than
the token with which they are made. A system reads of its own token alone.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.config import settings
from archive.errors import NotFound
from archive.models import ApiScope, ApiToken, Environment, Organisation, Role
from archive.queries import keyset
from archive.services import api_tokens as services
from archive.services.api_tokens import Holder, Maker
from archive.values import now
from portal import tokens
from portal.api.cases import AfterShape
from portal.api.doors import Door, Opened, asked, caller_of, given, person_in
from portal.api.idempotency import ToldOnce
from portal.api.logs import reader_in
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free
from portal.lists.programs import NEWEST

TAGS = ["tokens"]
MOST_DAYS = 365


class TokenOut(serializers.Serializer[Any]):
    """A person's has no customer, role or environment. The secret itself is kept nowhere."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    hint = serializers.CharField(help_text="its beginning; empty for clients of the provider")
    client = serializers.CharField(
        source="external_id",
        help_text="at the OpenID provider: the client of a person, the subject of a system",
    )
    customer_id = serializers.UUIDField(source="organisation_id", allow_null=True)
    role = serializers.ChoiceField(Role.choices, allow_blank=True)
    environment = serializers.ChoiceField(Environment.choices, allow_blank=True)
    scopes = serializers.ListField(child=serializers.CharField())
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField(source="made_by_name")
    made_with = serializers.UUIDField(
        source="made_with_id", allow_null=True, help_text="the token with which it was made"
    )
    expires_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="to the minute")
    revoked_at = serializers.DateTimeField(allow_null=True)
    in_use = serializers.SerializerMethodField()

    def get_in_use(self, row: ApiToken) -> bool:
        return row.is_live_at(now())


class TokensOut(serializers.Serializer[Any]):
    results = TokenOut(many=True)
    next = serializers.URLField(allow_null=True)


class MadeTokenOut(TokenOut, ToldOnce):
    """A system that the OpenID provider knows has no secret."""


class TokenIn(Strict):
    name = code_free(100, help_text="what it is for, and where it is kept")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(ApiScope.choices), allow_empty=False, max_length=100
    )
    days = serializers.IntegerField(
        min_value=1,
        max_value=MOST_DAYS,
        default=90,
        help_text="for which it is good; it ends with the token that makes it at the latest",
    )


class SystemTokenIn(TokenIn):
    customer = serializers.UUIDField(help_text="an organisation that one speaks for")
    role = serializers.ChoiceField(Role.choices, help_text="one that the caller has there")
    environment = serializers.ChoiceField(Environment.choices)
    subject = code_free(
        200,
        default="",
        allow_blank=True,
        help_text="when it calls with access tokens of the OpenID provider: their claim sub",
    )


def _make(request: Request, holder: Holder, wanted: dict[str, Any]) -> Response:
    caller = caller_of(request)
    row, secret = services.make(
        person_in(request),
        holder,
        name=wanted["name"],
        scopes=[ApiScope(each) for each in wanted["scopes"]],
        days=wanted["days"],
        maker=Maker(caller.token, caller.person.roles),
    )
    told = {} if row.external_id else {"secret": secret}
    return Response({**TokenOut(row).data, **told}, status=201)


def _require(allowed: bool, field: str, told: str) -> None:
    """Raises ValidationError."""
    if not allowed:
        raise serializers.ValidationError({field: told})


class Tokens(Opened):
    doors = {
        "GET": Door(("tokens",), ApiScope.CREDENTIALS_READ),
        "POST": Door(("tokens",), ApiScope.CREDENTIALS_ACT),
    }

    @extend_schema(
        operation_id="tokens_list", tags=TAGS, parameters=[AfterShape], responses=TokensOut
    )
    def get(self, request: Request) -> Response:
        """One's own, and those of systems that one speaks for; the latest first. To a system the
        token with which it calls.
        """
        caller, after = caller_of(request), asked(AfterShape, request).get("after", "")
        known = tokens.visible(caller.person)
        rows = known if caller.token.user else ApiToken.objects.filter(id=caller.token.id)
        page = by_key(lambda: keyset.page(rows, NEWEST, after=after))
        return listed(list(TokenOut(page.rows, many=True).data), page.following, request)

    @extend_schema(
        operation_id="token_make", tags=TAGS, request=TokenIn, responses={201: MadeTokenOut}
    )
    def post(self, request: Request) -> Response:
        """One of one's own, within the token that calls: its scopes, the roles it has now, and its
        time. It is revoked with it.
        """
        wanted = given(TokenIn, request)
        person_in(request)
        caller = caller_of(request)
        offered = set(tokens.scopes_of(caller.person))
        _require(set(wanted["scopes"]) <= offered, "scopes", "not offered to your role")
        return _make(request, Holder(user=caller.token.user), wanted)


class SystemTokens(Opened):
    doors = {"POST": Door(("token-system",), ApiScope.CREDENTIALS_ACT)}

    @extend_schema(
        operation_id="token_make_for_system",
        tags=TAGS,
        request=SystemTokenIn,
        responses={201: MadeTokenOut},
    )
    def post(self, request: Request) -> Response:
        """A system's: it has a role that the caller has, in an organisation of the caller's, and
        does so while the caller does. It ends, and is revoked, with the token that calls.
        """
        wanted = given(SystemTokenIn, request)
        person_in(request)
        person = caller_of(request).person
        owner = next((each for each in person.speaks_for if each.id == wanted["customer"]), None)
        _require(owner is not None, "customer", "you do not speak for it")
        _require(wanted["role"] in tokens.systems_roles(person), "role", "not offered to systems")
        offered = set(tokens.systems_scopes(person))
        _require(set(wanted["scopes"]) <= offered, "scopes", "not offered to systems")
        _require_free(wanted["subject"])
        return _make(request, _system(owner, wanted), wanted)


def _system(owner: Organisation | None, wanted: dict[str, Any]) -> Holder:
    return Holder(
        organisation=owner,
        role=Role(wanted["role"]),
        environment=Environment(wanted["environment"]),
        subject=wanted["subject"],
    )


def _require_free(subject: str) -> None:
    """Raises ValidationError."""
    if subject:
        _require(bool(settings().oidc_api_issuer), "subject", "no OpenID provider is set up")
        _require(not services.is_known(subject), "subject", "a system is known by this already")


class OneToken(Opened):
    doors = {"DELETE": Door(("tokens",), ApiScope.CREDENTIALS_ACT)}

    @extend_schema(operation_id="token_revoke", tags=TAGS, request=None, responses={204: None})
    def delete(self, request: Request, token_id: UUID) -> Response:
        """It may not be used from this second on, and neither may what was made with it; a client
        of the OpenID provider is shut out.
        """
        actor, person = reader_in(request), caller_of(request).person
        row = tokens.visible(person).filter(id=token_id, revoked_at=None).first()
        if row is None:
            raise NotFound()
        services.revoke(actor, row)
        return Response(status=204)
