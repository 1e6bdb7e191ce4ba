"""Deployment data: connections as a customer plans them, and their opening (ON-3)."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.edges.dicom import client
from archive.errors import NotFound, PeerAborted, PeerRejected, PeerUnreachable
from archive.models import ApiScope, Connection, ConnectionKind, Environment, Organisation
from archive.values import today
from onboarding.models import PlannedConnection
from onboarding.queries.file import planned_connections
from onboarding.rules.certificates import MAX_PEM
from onboarding.services import connections as services
from onboarding.services.connections import Plan
from portal.api.case_acts import ReasonIn
from portal.api.customers import customer
from portal.api.doors import Door, Opened, actor_in, caller_of, given, require_environment
from portal.api.joining import FILE, TAGS, acting_for, require_pace, road_of
from portal.api.joining_acts import FILL
from portal.api.strict import Strict, code_free

ECHO_TIMEOUT = 4.0  # seconds; a caller waits


class PlannedOut(serializers.Serializer[Any]):
    """`opened_at` is null while the plan, or its change, is not in use. Its secret is not told."""

    id = serializers.UUIDField()
    environment = serializers.ChoiceField(Environment.choices)
    kind = serializers.ChoiceField(ConnectionKind.choices)
    title = serializers.CharField(source="__str__")
    name = serializers.CharField()
    aet = serializers.CharField()
    host = serializers.CharField()
    port = serializers.IntegerField(allow_null=True)
    ian_on = serializers.BooleanField()
    may_store = serializers.BooleanField()
    may_fetch = serializers.BooleanField()
    retrieve_destination = serializers.BooleanField()
    tls = serializers.BooleanField()
    certificate_subject = serializers.CharField()
    certificate_sha256 = serializers.CharField()
    certificate_until = serializers.DateTimeField(allow_null=True)
    hl7_application = serializers.CharField()
    hl7_facility = serializers.CharField()
    opened_at = serializers.DateTimeField(allow_null=True)
    connection_id = serializers.UUIDField(allow_null=True)


class AllPlannedOut(serializers.Serializer[Any]):
    results = PlannedOut(many=True)


class PlanIn(Strict):
    """What a kind does not need is passed over: a DICOM system has an AE title, host and port, an
    HL7 sender its application, facility and host, an XDS system a name.
    """

    environment = serializers.ChoiceField(Environment.choices)
    kind = serializers.ChoiceField(ConnectionKind.choices)
    name = code_free(100, default="", allow_blank=True)
    aet = code_free(16, default="", allow_blank=True)
    host = code_free(255, default="", allow_blank=True)
    port = serializers.IntegerField(
        min_value=1, max_value=65_535, required=False, allow_null=True, default=None
    )
    ian_on = serializers.BooleanField(default=False, help_text="confirmations of registration")
    may_store = serializers.BooleanField(default=True, help_text="over DICOM; and correct")
    may_fetch = serializers.BooleanField(default=True, help_text="over DICOM; and query")
    retrieve_destination = serializers.BooleanField(default=True, help_text="of a C-MOVE")
    tls = serializers.BooleanField(default=False, help_text="and never without it")
    certificate = serializers.CharField(
        max_length=MAX_PEM, default="", allow_blank=True, help_text="PEM, no private key"
    )
    hl7_application = code_free(100, default="", allow_blank=True, help_text="MSH-3")
    hl7_facility = code_free(100, default="", allow_blank=True, help_text="MSH-4")


def _plan(request: Request) -> Plan:
    wanted = given(PlanIn, request)
    require_environment(request, wanted["environment"])
    known = {
        "environment": Environment(wanted["environment"]),
        "kind": ConnectionKind(wanted["kind"]),
    }
    return Plan(**{**wanted, **known})


class PlannedConnections(Opened):
    doors = {**FILE, **FILL}

    @extend_schema(operation_id="planned_list", tags=TAGS, responses=AllPlannedOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """A customer's plans, production before test."""
        rows = planned_connections(road_of(request, organisation_id).organisation)
        environment = caller_of(request).token.environment
        shown = [row for row in rows if environment in ("", row.environment)]
        return Response({"results": PlannedOut(shown, many=True).data})

    @extend_schema(
        operation_id="planned_add", tags=TAGS, request=PlanIn, responses={201: PlannedOut}
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Plan a connection."""
        told = _plan(request)
        organisation = road_of(request, organisation_id).organisation
        made = services.plan(acting_for(request, organisation), organisation, told)
        return Response(PlannedOut(made).data, status=201)


def _found(organisation: Organisation, planned_id: UUID) -> PlannedConnection:
    """Of this customer only. Raises NotFound."""
    rows = PlannedConnection.objects.select_related("organisation", "connection")
    row = rows.filter(organisation=organisation, id=planned_id).first()
    if row is None:
        raise NotFound()
    return row


def planned(
    request: Request, organisation_id: UUID, planned_id: UUID
) -> tuple[Actor, PlannedConnection]:
    organisation = road_of(request, organisation_id).organisation
    row = _found(organisation, planned_id)
    require_environment(request, row.environment)
    return acting_for(request, organisation), row


class OnePlanned(Opened):
    doors = {**FILL, "DELETE": FILL["POST"]}

    @extend_schema(operation_id="planned_change", tags=TAGS, request=PlanIn, responses=PlannedOut)
    def post(self, request: Request, organisation_id: UUID, planned_id: UUID) -> Response:
        """Say anew what it is. An open connection keeps its old data until the change is opened: in
        the test environment at once, in production by an officer.
        """
        told = _plan(request)
        actor, row = planned(request, organisation_id, planned_id)
        return Response(PlannedOut(services.change(actor, row, told)).data)

    @extend_schema(operation_id="planned_remove", tags=TAGS, responses={204: None})
    def delete(self, request: Request, organisation_id: UUID, planned_id: UUID) -> Response:
        """Its open connection, if there is one, ends at once."""
        services.remove(*planned(request, organisation_id, planned_id))
        return Response(status=204)


class OpenPlanned(Opened):
    doors = FILL

    @extend_schema(operation_id="planned_open", tags=TAGS, request=None, responses=PlannedOut)
    def post(self, request: Request, organisation_id: UUID, planned_id: UUID) -> Response:
        """Make it real from this second on; in production an officer does."""
        actor, row = planned(request, organisation_id, planned_id)
        services.open_planned(actor, row)
        return Response(PlannedOut(row).data)


class EchoOut(serializers.Serializer[Any]):
    answered = serializers.BooleanField()
    detail = serializers.CharField(help_text="what went wrong, else empty")


class EchoPlanned(Opened):
    doors = FILL
    keeps_answers = False  # no transaction stays open while the network is waited for

    @extend_schema(operation_id="planned_echo", tags=TAGS, request=None, responses=EchoOut)
    def post(self, request: Request, organisation_id: UUID, planned_id: UUID) -> Response:
        """Call the customer's DICOM system as the archive does: C-ECHO."""
        actor, row = planned(request, organisation_id, planned_id)
        if row.kind != ConnectionKind.DICOM:
            raise NotFound()
        services.require_may_call(actor, row)
        require_pace(request, "echo")
        try:
            client.echo(replace(services.target(row), timeout=ECHO_TIMEOUT))
        except (PeerUnreachable, PeerRejected, PeerAborted) as error:
            return Response({"answered": False, "detail": error.detail})
        return Response({"answered": True, "detail": ""})


class AssertionIn(ReasonIn):
    required = serializers.BooleanField()


class AssertionOut(serializers.Serializer[Any]):
    required = serializers.BooleanField(source="xua_required")


class RequireAssertion(Opened):
    doors = {"POST": Door(("xua-switch",), ApiScope.JOINING_ACT)}

    @extend_schema(
        operation_id="connection_assertion", tags=TAGS, request=AssertionIn, responses=AssertionOut
    )
    def post(self, request: Request, organisation_id: UUID, connection_id: UUID) -> Response:
        """Whether each message of an XDS connection needs a signed assertion, from the next on."""
        wanted = given(AssertionIn, request)
        organisation = customer(request, organisation_id)
        rows = Connection.objects.filter(organisation=organisation, kind=ConnectionKind.XDS)
        row = rows.select_related("organisation").filter(id=connection_id).first()
        if row is None or not row.is_valid_on(today()):
            raise NotFound()
        require_environment(request, row.environment)
        services.require_assertion(actor_in(request), row, **wanted)
        row.refresh_from_db()
        return Response(AssertionOut(row).data)
