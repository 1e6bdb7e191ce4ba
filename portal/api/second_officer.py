"""What one officer has asked for on a customer's road, and another decides (NF-3)."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import ApiScope
from archive.queries import keyset
from onboarding.models import FourEyes, RequestState
from onboarding.services import joining, succession
from portal.api.cases import AfterShape
from portal.api.doors import Door, Opened, actor_in, asked
from portal.api.joining import TAGS
from portal.api.operation import by_key, listed

LATEST_ASKED = (keyset.Key("asked_at", keyset.moment, True), keyset.Key("id", UUID, True))
GRANTS: Mapping[str, Callable[[Actor, FourEyes], object]] = {
    joining.WAIVER: joining.grant_waiver,
    succession.SUCCESSION: succession.carry_out,
}
REFUSALS: Mapping[str, Callable[[Actor, FourEyes], object]] = {
    joining.WAIVER: joining.refuse_waiver,
    succession.SUCCESSION: succession.refuse,
}


class SecondOfficerOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(list(GRANTS))
    customer_id = serializers.UUIDField(source="joining.organisation_id")
    state = serializers.ChoiceField(RequestState.choices)
    reason = serializers.CharField()
    asked_by = serializers.CharField(source="asked_by.get_full_name")
    asked_at = serializers.DateTimeField()
    decided_by = serializers.CharField(source="decided_by.get_full_name", allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class SecondOfficersOut(serializers.Serializer[Any]):
    results = SecondOfficerOut(many=True)
    next = serializers.URLField(allow_null=True)


class SecondOfficerShape(AfterShape):
    state = serializers.ChoiceField(RequestState.choices, required=False)


def _asked() -> Any:
    return FourEyes.objects.select_related("joining__organisation", "asked_by", "decided_by")


class SecondOfficer(Opened):
    doors = {"GET": Door(("four-eyes",), ApiScope.JOINING_READ)}

    @extend_schema(
        operation_id="second_officer_list",
        tags=TAGS,
        parameters=[SecondOfficerShape],
        responses=SecondOfficersOut,
    )
    def get(self, request: Request) -> Response:
        """What one officer has asked for and another decides, the latest first."""
        wanted = asked(SecondOfficerShape, request)
        after, rows = wanted.pop("after", ""), _asked().filter(**wanted)
        page = by_key(lambda: keyset.page(rows, LATEST_ASKED, after=after))
        return listed(list(SecondOfficerOut(page.rows, many=True).data), page.following, request)


def _deciding(
    operation_id: str, say: str, decide: Mapping[str, Callable[[Actor, FourEyes], object]]
) -> type[Opened]:
    class Deciding(Opened):
        doors = {"POST": Door(("four-eyes",), ApiScope.JOINING_ACT)}

        @extend_schema(
            operation_id=operation_id,
            description=say,
            tags=TAGS,
            request=None,
            responses=SecondOfficerOut,
        )
        def post(self, request: Request, request_id: UUID) -> Response:
            row = _asked().filter(id=request_id).first()
            if row is None:
                raise NotFound()
            decide[row.kind](actor_in(request), row)
            return Response(SecondOfficerOut(_asked().get(id=request_id)).data)

    return Deciding


Grant = _deciding("second_officer_grant", "By another officer than the one who asked.", GRANTS)
RefuseAsked = _deciding(
    "second_officer_refuse", "By any officer; who asked takes it back so.", REFUSALS
)
