"""A register's passing to a successor: shown, asked for by one officer, granted by another where
`second-officer` decides, called off (ON-8).
"""

from datetime import date
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import ApiScope, Environment, Organisation
from onboarding.queries import succession as queries
from onboarding.rules.succession import Obstacle
from onboarding.services import succession as services
from portal.api.customers import RegisterOut, customer
from portal.api.doors import Door, Opened, actor_in, given, person_in
from portal.api.joining import TAGS, road_of
from portal.api.second_officer import SecondOfficerOut
from portal.api.strict import Strict, code_free, day_field

SEE = Door(("succession",), ApiScope.JOINING_READ)
ACT = Door(("succession",), ApiScope.JOINING_ACT)


class SuccessionOut(serializers.Serializer[Any]):
    """`day` is the first on which the successor is controller."""

    controller_oid = serializers.CharField(source="register.controller_oid")
    from_customer_id = serializers.UUIDField(source="from_organisation_id")
    to_customer_id = serializers.UUIDField(source="to_organisation_id")
    day = serializers.DateField()
    passed_at = serializers.DateTimeField(allow_null=True)


class SuccessionsOut(serializers.Serializer[Any]):
    results = SuccessionOut(many=True)


class PassingIn(Strict):
    successor = serializers.UUIDField(help_text="customer's id")
    day = day_field(help_text="the first of the successor")


class PassingVolumeOut(serializers.Serializer[Any]):
    environment = serializers.ChoiceField(Environment.choices)
    studies = serializers.IntegerField()
    objects = serializers.IntegerField(source="instances")
    bytes = serializers.IntegerField()
    patients = serializers.IntegerField()
    documents = serializers.IntegerField()


class PassingOut(serializers.Serializer[Any]):
    """What would pass; `open_cases` stay, and with an obstacle nothing passes."""

    registers = RegisterOut(many=True)
    volumes = PassingVolumeOut(many=True)
    open_cases = serializers.IntegerField()
    obstacles = serializers.ListField(
        child=serializers.ChoiceField([each.value for each in Obstacle])
    )


class AskPassingIn(PassingIn):
    reason = code_free(2000, min_length=3)


def _sides(
    request: Request, organisation_id: UUID, wanted: dict[str, Any]
) -> tuple[Organisation, Organisation, date]:
    """Raises NotFound."""
    former = road_of(request, organisation_id).organisation
    return former, customer(request, wanted["successor"]), wanted["day"]


class Successions(Opened):
    doors = {"GET": SEE, "POST": ACT, "DELETE": ACT}

    @extend_schema(operation_id="successions_list", tags=TAGS, responses=SuccessionsOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """Registers that have passed from or to a customer, or will."""
        rows = queries.successions(customer(request, organisation_id))
        return Response({"results": SuccessionOut(rows, many=True).data})

    @extend_schema(
        operation_id="succession_ask",
        tags=TAGS,
        request=AskPassingIn,
        responses={202: SecondOfficerOut},
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Ask for the registers to pass; another officer grants it."""
        wanted, actor = given(AskPassingIn, request), person_in(request)
        former, successor, day = _sides(request, organisation_id, wanted)
        made = services.ask(actor, former, successor, on=day, reason=wanted["reason"])
        return Response(SecondOfficerOut(made).data, status=202)

    @extend_schema(operation_id="succession_call_off", tags=TAGS, responses={204: None})
    def delete(self, request: Request, organisation_id: UUID) -> Response:
        """Call off what was agreed on and has not come about."""
        services.call_off(actor_in(request), road_of(request, organisation_id).organisation)
        return Response(status=204)


class PreviewSuccession(Opened):
    doors = {"POST": SEE}

    @extend_schema(
        operation_id="succession_preview", tags=TAGS, request=PassingIn, responses=PassingOut
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """What would pass, and what stands in the way. Nothing is kept."""
        sides = _sides(request, organisation_id, given(PassingIn, request))
        return Response(PassingOut(services.preview(*sides)).data)
