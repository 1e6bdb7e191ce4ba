"""Where the events of cases belong: joined, split off, led back; confirmations sent elsewhere."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.models import ApiScope, BatchKind, Case, CaseEvent, CaseRoute
from archive.queries import desk as queries
from archive.queries import desk_work
from archive.services import batches, case_work, routes
from portal.api.case_acts import acting
from portal.api.cases import TAGS, found
from portal.api.doors import Door, Opened
from portal.api.strict import Strict, code_free
from portal.names import OF_PATIENT

Given = Mapping[str, Any]
READ = Door(("case-work",), ApiScope.CASES_READ)


class JoinIn(Strict):
    into = serializers.UUIDField(help_text="the case that stays, of the same environment")


class SplitIn(Strict):
    """As `differences` tells them."""

    fact = code_free(60)
    value = code_free(400)


class RouteIn(Strict):
    route = serializers.UUIDField(help_text="as `routes` tells it")


class ConnectionIn(Strict):
    connection = serializers.UUIDField(help_text="another DICOM system of the same customer")


class WatchIn(Strict):
    on = serializers.BooleanField()


class DifferenceOut(serializers.Serializer[Any]):
    fact = serializers.CharField()
    value = serializers.CharField()
    events = serializers.IntegerField()


class DifferencesOut(serializers.Serializer[Any]):
    results = DifferenceOut(many=True)


class Differences(Opened):
    doors = {"GET": READ}

    @extend_schema(operation_id="case_differences", tags=TAGS, responses=DifferencesOut)
    def get(self, request: Request, case_id: UUID) -> Response:
        """Facts by which the case can be split, each value with how many of the newest events."""
        return Response({"results": _differing(found(request, case_id))})


def _differing(case: Case) -> list[dict[str, Any]]:
    """Nothing of a patient."""
    return [
        {"fact": each.name, "value": value, "events": count}
        for each in queries.explaining(case)
        if each.name not in OF_PATIENT and len(each.values) + each.others > 1
        for value, count in each.values
    ]


class RouteOut(serializers.Serializer[Any]):
    """Events of `origin`, all or those with one fact, belong to `into`."""

    id = serializers.UUIDField()
    origin_id = serializers.UUIDField()
    into_id = serializers.UUIDField()
    fact = serializers.CharField()
    value = serializers.CharField()
    made_at = serializers.DateTimeField()


class RoutesOut(serializers.Serializer[Any]):
    results = RouteOut(many=True)


class Routes(Opened):
    doors = {"GET": READ}

    @extend_schema(operation_id="case_routes", tags=TAGS, responses=RoutesOut)
    def get(self, request: Request, case_id: UUID) -> Response:
        """Joinings and splits in force that touch the case, the latest first."""
        rows = desk_work.live_routes(found(request, case_id))
        return Response({"results": RouteOut(rows, many=True).data})


def _join(actor: Actor, case: Case, wanted: Given) -> None:
    """Raises NotFound, CasesUnjoinable."""
    routes.join(actor, case, queries.case(wanted["into"]))


def _split(actor: Actor, case: Case, wanted: Given) -> None:
    """Raises ValidationError, CasesUnjoinable."""
    known = {(each["fact"], each["value"]) for each in _differing(case)}
    if (wanted["fact"], wanted["value"]) not in known:
        raise serializers.ValidationError({"fact": "the events do not differ by this"})
    routes.split(actor, case, fact=wanted["fact"], value=wanted["value"])


def _apart(actor: Actor, case: Case, wanted: Given) -> None:
    """Raises NotFound, CasesUnjoinable."""
    route: CaseRoute = desk_work.route(case, wanted["route"])
    routes.undo(actor, route)


def _redirect(actor: Actor, case: Case, wanted: Given) -> None:
    """Raises ValidationError."""
    systems = {each.id: each for each in desk_work.other_systems(case)}
    target = systems.get(wanted["connection"])
    if target is None:
        raise serializers.ValidationError({"connection": "no other system in use of the customer"})
    batches.begin(
        actor,
        CaseEvent.objects.filter(id__in=queries.retryable(case)),
        BatchKind.REDIRECT,
        environment=case.environment,
        case=case,
        connection=target,
    )


def _watch(actor: Actor, case: Case, wanted: Given) -> None:
    case_work.watch(actor, case, on=wanted["on"])


Join = acting(
    "case_join", "Its events, and those to come, belong to another case.", "case-work", JoinIn,
    _join,
)  # fmt: skip
Split = acting(
    "case_split", "The events with one fact, and those to come, become a case of their own; "
    "`routes` tells which.", "case-work", SplitIn, _split,
)  # fmt: skip
Apart = acting("case_apart", "Lead joined or split events back.", "case-work", RouteIn, _apart)
Redirect = acting(
    "case_redirect", "Send its confirmations elsewhere. What had arrived is not sent again.",
    "case-work", ConnectionIn, _redirect,
)  # fmt: skip
Watch = acting("case_watch", "Be told by mail, or no more.", "case-work", WatchIn, _watch)
