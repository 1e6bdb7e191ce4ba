"""The certified systems that a customer runs (ON-2 a): read with its road, named by its people."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.errors import NotFound
from archive.values import today
from onboarding.models import CertifiedSystem, SpecificationVersion
from onboarding.queries.facts import dates_of
from onboarding.queries.file import systems
from onboarding.rules.certification import Odd, Window, odds, warnings
from onboarding.services import systems as services
from onboarding.services.systems import System
from portal.api.doors import Opened, given
from portal.api.joining import FILE, TAGS, acting_for, road_of
from portal.api.joining_acts import FILL
from portal.api.strict import Strict, code_free, day_field


class WindowOut(serializers.Serializer[Any]):
    window = serializers.ChoiceField([each.value for each in Window])
    until = serializers.DateField()
    passed = serializers.BooleanField()


class OddOut(serializers.Serializer[Any]):
    what = serializers.ChoiceField([each.value for each in Odd])
    day = serializers.DateField()


class CertifiedSystemOut(serializers.Serializer[Any]):
    """`runs_out` names what has run out or soon will, the soonest first; `does_not_fit` what is at
    odds between the certificate, the windows of its specification version and today.
    """

    id = serializers.UUIDField()
    product = serializers.CharField()
    version = serializers.CharField()
    certificate_number = serializers.CharField()
    regulation = serializers.CharField()
    specification = serializers.CharField(source="specification.name")
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    runs_out = serializers.SerializerMethodField()
    does_not_fit = serializers.SerializerMethodField()

    @extend_schema_field(WindowOut(many=True))
    def get_runs_out(self, row: CertifiedSystem) -> list[Any]:
        return list(WindowOut(warnings(dates_of(row), today()), many=True).data)

    @extend_schema_field(OddOut(many=True))
    def get_does_not_fit(self, row: CertifiedSystem) -> list[Any]:
        found = [{"what": odd, "day": day} for odd, day in odds(dates_of(row), today())]
        return list(OddOut(found, many=True).data)


class CertifiedSystemsOut(serializers.Serializer[Any]):
    results = CertifiedSystemOut(many=True)


class CertifiedSystemIn(Strict):
    product = code_free(200)
    version = code_free(60)
    certificate_number = code_free(100)
    regulation = code_free(200, help_text="what it was certified against")
    specification = code_free(20, help_text="version of the technical specification")
    valid_from = day_field()
    valid_until = day_field(required=False, allow_null=True, default=None)

    def validate_specification(self, told: str) -> SpecificationVersion:
        found = SpecificationVersion.objects.filter(name=told).first()
        if found is None:
            raise serializers.ValidationError("is no version that is known here")
        return found


class CertifiedSystems(Opened):
    doors = {**FILE, **FILL}

    @extend_schema(operation_id="systems_list", tags=TAGS, responses=CertifiedSystemsOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """Its systems with their certificates."""
        rows = [row for row, _stops in systems(road_of(request, organisation_id).organisation)]
        return Response({"results": CertifiedSystemOut(rows, many=True).data})

    @extend_schema(
        operation_id="system_add",
        tags=TAGS,
        request=CertifiedSystemIn,
        responses={201: CertifiedSystemOut},
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Name a system."""
        told = System(**given(CertifiedSystemIn, request))
        organisation = road_of(request, organisation_id).organisation
        made = services.add_system(acting_for(request, organisation), organisation, told)
        return Response(CertifiedSystemOut(made).data, status=201)


def _system(
    request: Request, organisation_id: UUID, system_id: UUID
) -> tuple[Actor, CertifiedSystem]:
    """Of this customer only. Raises NotFound."""
    organisation = road_of(request, organisation_id).organisation
    row = CertifiedSystem.objects.filter(organisation=organisation, id=system_id).first()
    if row is None:
        raise NotFound()
    return acting_for(request, organisation), row


class OneCertifiedSystem(Opened):
    doors = {**FILL, "DELETE": FILL["POST"]}

    @extend_schema(
        operation_id="system_change",
        tags=TAGS,
        request=CertifiedSystemIn,
        responses=CertifiedSystemOut,
    )
    def post(self, request: Request, organisation_id: UUID, system_id: UUID) -> Response:
        """Say anew what it is."""
        told = System(**given(CertifiedSystemIn, request))
        actor, row = _system(request, organisation_id, system_id)
        if row.taken_off_at is not None:  # put back first
            raise NotFound()
        return Response(CertifiedSystemOut(services.change_system(actor, row, told)).data)

    @extend_schema(operation_id="system_remove", tags=TAGS, responses={204: None})
    def delete(self, request: Request, organisation_id: UUID, system_id: UUID) -> Response:
        """The customer does not run it any more. It can be put back."""
        services.remove_system(*_system(request, organisation_id, system_id))
        return Response(status=204)


class PutBack(Opened):
    doors = FILL

    @extend_schema(
        operation_id="system_put_back", tags=TAGS, request=None, responses=CertifiedSystemOut
    )
    def post(self, request: Request, organisation_id: UUID, system_id: UUID) -> Response:
        """One that was taken off is run again."""
        actor, row = _system(request, organisation_id, system_id)
        services.put_back(actor, row)
        row.refresh_from_db()
        return Response(CertifiedSystemOut(row).data)
