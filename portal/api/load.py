"""Who loads the archive, and how much each customer may (AR-13)."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import ApiScope, Organisation
from archive.queries import load as queries
from archive.services import limits as services
from archive.services.limits import NO_LIMIT, Limits
from archive.values import now
from portal.api.case_acts import ReasonIn
from portal.api.customers import TAGS, customer, own
from portal.api.doors import (
    Door,
    EnvironmentShape,
    Opened,
    actor_in,
    asked,
    caller_of,
    environment_in,
    given,
)

LIMITS = Door(("load-limits",), ApiScope.RULES_ACT)
MOST_HOURS = 48


class LoadOut(serializers.Serializer[Any]):
    """Of a customer in one environment. `associations` are those that stored, asked or fetched."""

    customer_id = serializers.UUIDField()
    associations = serializers.IntegerField()
    objects = serializers.IntegerField(help_text="stored")
    bytes = serializers.IntegerField(source="size")
    queries = serializers.IntegerField()
    objects_returned = serializers.IntegerField(source="returned")
    bytes_returned = serializers.IntegerField(source="returned_size")
    refusals = serializers.IntegerField()


class LoadsOut(serializers.Serializer[Any]):
    results = LoadOut(many=True)


class LoadShape(EnvironmentShape):
    hours = serializers.IntegerField(min_value=1, max_value=MOST_HOURS, default=24)


class Load(Opened):
    doors = {"GET": Door(("load",), ApiScope.WATCHING_READ)}

    @extend_schema(operation_id="load_list", tags=TAGS, parameters=[LoadShape], responses=LoadsOut)
    def get(self, request: Request) -> Response:
        """Customers that did anything in the last hours, whoever moved most first."""
        since = now() - timedelta(hours=asked(LoadShape, request)["hours"])
        found = queries.of_all(environment_in(request, LoadShape), since)
        known = set(own(caller_of(request)).values_list("id", flat=True))
        rows = [(who, load) for who, load in found.items() if who in known]
        rows.sort(key=lambda row: (-row[1].weight, row[0]))
        told = [{"customer_id": who, **asdict(load)} for who, load in rows]
        return Response({"results": LoadOut(told, many=True).data})


class LimitsShape(serializers.Serializer[Any]):
    """Associations at once and objects a minute are of each environment, and of each machine that
    receives: two machines take twice as many. Calls are counted over all machines.
    """

    associations = serializers.IntegerField(min_value=1, max_value=NO_LIMIT)
    objects_per_minute = serializers.IntegerField(min_value=1, max_value=NO_LIMIT)
    calls_per_minute = serializers.IntegerField(min_value=1, max_value=NO_LIMIT)
    token_calls_per_minute = serializers.IntegerField(min_value=1, max_value=NO_LIMIT)


class LimitsOut(LimitsShape):
    is_own = serializers.BooleanField(help_text="false: everyone's")


class LimitsIn(LimitsShape, ReasonIn):
    pass


def _limits(organisation: Organisation) -> Response:
    told = asdict(services.of(organisation.id))
    return Response({**told, "is_own": services.own(organisation) is not None})


class CustomersLimits(Opened):
    doors = {
        "GET": Door(("customer",), ApiScope.CUSTOMERS_READ),
        "POST": LIMITS,
    }

    @extend_schema(operation_id="limits_read", tags=TAGS, responses=LimitsOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """How much a customer's systems may load the archive."""
        return _limits(customer(request, organisation_id))

    @extend_schema(operation_id="limits_set", tags=TAGS, request=LimitsIn, responses=LimitsOut)
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Limits of its own, from the next association on."""
        wanted, organisation = given(LimitsIn, request), customer(request, organisation_id)
        reason = wanted.pop("reason")
        services.allow(actor_in(request), organisation, Limits(**wanted), reason=reason)
        return _limits(organisation)


class EveryonesLimits(Opened):
    doors = {"POST": LIMITS}

    @extend_schema(
        operation_id="limits_everyones", tags=TAGS, request=ReasonIn, responses=LimitsOut
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Give up the customer's own limits."""
        reason = given(ReasonIn, request)["reason"]
        organisation = customer(request, organisation_id)
        services.follow_everyone(actor_in(request), organisation, reason=reason)
        return _limits(organisation)
