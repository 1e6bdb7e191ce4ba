"""Passwords of XDS connections and document sources: told once, to a person (ON-3)."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import ApiScope, Connection, Environment
from onboarding.services import connections as services
from onboarding.services import openings
from portal.api.doors import Door, Opened, given
from portal.api.idempotency import ToldOnce
from portal.api.joining import TAGS, acting_for, road_of
from portal.api.planned_connections import planned
from portal.api.strict import Strict


class PasswordOut(ToldOnce):
    """The secret is the password; it is kept as a digest."""

    connection_id = serializers.UUIDField()
    environment = serializers.ChoiceField(Environment.choices)
    user = serializers.CharField()


def _told(row: Connection, secret: str, status: int) -> Response:
    body = {"connection_id": row.id, "environment": row.environment, "user": row.xds_user}
    return Response({**PasswordOut(body).data, "secret": secret}, status=status)


class NewPassword(Opened):
    doors = {"POST": Door(("joining-people",), ApiScope.CREDENTIALS_ACT)}

    @extend_schema(operation_id="planned_password", tags=TAGS, request=None, responses=PasswordOut)
    def post(self, request: Request, organisation_id: UUID, planned_id: UUID) -> Response:
        """A new password of an open XDS connection; the one before ends at once."""
        actor, row = planned(request, organisation_id, planned_id)
        if row.connection is None:
            raise NotFound()
        return _told(row.connection, services.renew_password(actor, row.connection), 200)


class SourceIn(Strict):
    environment = serializers.ChoiceField(Environment.choices)


class DocumentSources(Opened):
    doors = {"POST": Door(("joining-source",), ApiScope.CREDENTIALS_ACT)}

    @extend_schema(
        operation_id="document_source_open",
        tags=TAGS,
        request=SourceIn,
        responses={201: PasswordOut},
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Let a document source of the customer's in, at once."""
        environment = Environment(given(SourceIn, request)["environment"])
        organisation = road_of(request, organisation_id).organisation
        actor = acting_for(request, organisation)
        return _told(*openings.open_source(actor, organisation, environment), 201)
