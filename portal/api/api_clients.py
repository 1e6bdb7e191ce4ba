"""Clients of the citizen API and their keys: let in and withdrawn by an administrator (AC-6)."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import ApiClient, ApiScope, Environment
from archive.services import api_clients as services
from archive.services.api_clients import MAX_KEY
from archive.values import today
from portal.api.case_acts import ReasonIn
from portal.api.doors import Door, Opened, given, person_in
from portal.api.strict import code_free

TAGS = ["tokens"]
ACT = {"POST": Door(("api-clients",), ApiScope.CREDENTIALS_ACT)}


class ClientOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    environment = serializers.ChoiceField(Environment.choices)
    name = serializers.CharField()
    issuer = serializers.CharField()
    key_id = serializers.CharField(help_text="RFC 7638 thumbprint")
    calls_a_minute = serializers.IntegerField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True, help_text="the last day")


class ClientsOut(serializers.Serializer[Any]):
    results = ClientOut(many=True)


class ClientIn(ReasonIn):
    environment = serializers.ChoiceField(Environment.choices)
    name = code_free(100)
    issuer = code_free(100, help_text="what its assertions say in the claim iss")
    public_key = serializers.CharField(
        max_length=MAX_KEY, help_text="PEM or JWK, for ES256 or RS256; never a private key"
    )
    calls_a_minute = serializers.IntegerField(min_value=1, max_value=100_000, default=600)


class Clients(Opened):
    doors = {"GET": Door(("api-clients",), ApiScope.CREDENTIALS_READ), **ACT}

    @extend_schema(operation_id="clients_list", tags=TAGS, responses=ClientsOut)
    def get(self, request: Request) -> Response:
        """All keys, those that were withdrawn among them."""
        return Response({"results": ClientOut(ApiClient.objects.all(), many=True).data})

    @extend_schema(
        operation_id="client_add", tags=TAGS, request=ClientIn, responses={201: ClientOut}
    )
    def post(self, request: Request) -> Response:
        """Let a service in with a key, from now on. A second key of the same issuer may overlap."""
        wanted = given(ClientIn, request)
        wanted["environment"] = Environment(wanted["environment"])
        return Response(ClientOut(services.add(person_in(request), **wanted)).data, status=201)


class RetireClient(Opened):
    doors = ACT

    @extend_schema(operation_id="client_retire", tags=TAGS, request=ReasonIn, responses=ClientOut)
    def post(self, request: Request, client_id: UUID) -> Response:
        """The key may not be used from this second on."""
        reason = given(ReasonIn, request)["reason"]
        actor = person_in(request)
        row = ApiClient.objects.filter(id=client_id).first()
        if row is None or not row.is_valid_on(today()):
            raise NotFound()
        services.retire(actor, row, reason=reason)
        row.refresh_from_db()
        return Response(ClientOut(row).data)
