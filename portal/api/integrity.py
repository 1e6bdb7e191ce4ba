"""How the archive looks after what it keeps: rounds, damaged objects, findings and their repair."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive import gate
from archive.models import ApiScope, Environment, FindingKind, RoundKind
from archive.queries import integrity as queries
from archive.queries import keyset
from archive.rules.access import Action
from archive.services import integrity as services
from archive.services import reconciliation, repairs, verification
from archive.services.repairs import Repair
from portal.api.corrections import ListShape
from portal.api.doors import (
    Door,
    EnvironmentShape,
    Opened,
    actor_in,
    asked,
    environment_in,
    environment_of_body,
    given,
    require_environment,
)
from portal.api.operation import by_key, listed
from portal.api.strict import Strict

TAGS = ["integrity"]
SEE = {"GET": Door(("integrity",), ApiScope.INTEGRITY_READ)}
ACT = {"POST": Door(("restore",), ApiScope.INTEGRITY_ACT)}
MOST = 500  # findings of one call
BEGINS = {
    RoundKind.VERIFICATION: verification.begin,
    RoundKind.RECONCILIATION: reconciliation.begin,
}


# --- rounds ---------------------------------------------------------------------------------------


class RoundOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    part = serializers.CharField(help_text="what is looked at")
    checked = serializers.IntegerField()
    bytes = serializers.IntegerField(source="byte_count")
    found = serializers.IntegerField()
    destroyed_again = serializers.IntegerField(
        help_text="objects of studies whose destruction was put into force again"
    )
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class RoundsOfKindOut(serializers.Serializer[Any]):
    """Over both environments. `share` is of the part that is looked at, 0 to 1."""

    kind = serializers.ChoiceField(RoundKind.choices)
    current = RoundOut(allow_null=True)
    share = serializers.FloatField(allow_null=True, help_text="null: cannot be told")
    ended = RoundOut(many=True, help_text="the latest first")


class FindingCountOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(FindingKind.choices)
    count = serializers.IntegerField(help_text="that stand open")


class IntegrityOut(serializers.Serializer[Any]):
    rounds = RoundsOfKindOut(many=True)
    findings = FindingCountOut(many=True)


def _rounds(kind: RoundKind) -> dict[str, Any]:
    shown = queries.progress(kind)
    return {"kind": kind, "current": shown.current, "share": shown.share, "ended": shown.ended}


class Integrity(Opened):
    doors = SEE

    @extend_schema(
        operation_id="integrity_read",
        tags=TAGS,
        parameters=[EnvironmentShape],
        responses=IntegrityOut,
    )
    def get(self, request: Request) -> Response:
        """How the rounds go, and how much stands open."""
        counts = queries.finding_counts(environment_in(request))
        told = {
            "rounds": [_rounds(kind) for kind in RoundKind],
            "findings": [{"kind": kind, "count": count} for kind, count in counts],
        }
        return Response(IntegrityOut(told).data)


class RoundIn(Strict):
    kind = serializers.ChoiceField(RoundKind.choices)


class RoundBegunOut(serializers.Serializer[Any]):
    begun = serializers.BooleanField(help_text="false: one is under way already")


class BeginRound(Opened):
    doors = ACT

    @extend_schema(
        operation_id="integrity_begin", tags=TAGS, request=RoundIn, responses={202: RoundBegunOut}
    )
    def post(self, request: Request) -> Response:
        """Begin a round before its time."""
        kind = RoundKind(given(RoundIn, request)["kind"])
        return Response({"begun": BEGINS[kind]() is not None}, status=202)


# --- damaged objects ------------------------------------------------------------------------------


class DamagedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    environment = serializers.CharField()
    study_id = serializers.UUIDField()
    sop_instance_uid = serializers.CharField()
    damaged_at = serializers.DateTimeField()


class AllDamagedOut(serializers.Serializer[Any]):
    results = DamagedOut(many=True)
    next = serializers.URLField(allow_null=True)


class Damaged(Opened):
    doors = SEE

    @extend_schema(
        operation_id="damaged_list", tags=TAGS, parameters=[ListShape], responses=AllDamagedOut
    )
    def get(self, request: Request) -> Response:
        """Objects whose bytes are damaged or gone; they are not given out."""
        after = asked(ListShape, request).get("after", "")
        environment = environment_in(request, ListShape)
        page = by_key(lambda: queries.damaged(environment, after=after))
        return listed(list(DamagedOut(page.rows, many=True).data), page.following, request)


class RestoredOut(serializers.Serializer[Any]):
    is_whole = serializers.BooleanField(help_text="true: it is given out again")


class Restore(Opened):
    doors = ACT

    @extend_schema(operation_id="damaged_restore", tags=TAGS, request=None, responses=RestoredOut)
    def post(self, request: Request, instance_id: UUID) -> Response:
        """Look again at an object whose file has been put back from a copy."""
        row = queries.damaged_object(instance_id)
        require_environment(request, row.environment)
        actor = actor_in(request)
        gate.require(actor, Action.CORRECT, row.study)
        return Response({"is_whole": services.look_again(actor, row.id)})


# --- findings -------------------------------------------------------------------------------------


class FindingOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    environment = serializers.CharField()
    kind = serializers.ChoiceField(FindingKind.choices)
    key = serializers.CharField(help_text="id of a document, study or object, or a digest")
    study_id = serializers.UUIDField(allow_null=True)
    found_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField(help_text="when a round last saw it")


class FindingsOut(serializers.Serializer[Any]):
    results = FindingOut(many=True)
    next = serializers.URLField(allow_null=True)


class FindingsShape(ListShape):
    kind = serializers.ChoiceField(FindingKind.choices)


class Findings(Opened):
    doors = {"GET": Door(("reconciliation",), ApiScope.INTEGRITY_READ)}

    @extend_schema(
        operation_id="findings_list", tags=TAGS, parameters=[FindingsShape], responses=FindingsOut
    )
    def get(self, request: Request) -> Response:
        """What register and archive do not agree on and stands open."""
        wanted = asked(FindingsShape, request)
        rows = queries.findings(environment_in(request, FindingsShape), wanted["kind"])
        after = wanted.get("after", "")
        page = by_key(lambda: keyset.page(rows, queries.BY_KEY, after=after))
        return listed(list(FindingOut(page.rows, many=True).data), page.following, request)


class RepairIn(Strict):
    findings = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MOST
    )
    environment = serializers.ChoiceField(Environment.choices, required=False)


class RepairedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    done = serializers.ChoiceField([each.value for each in Repair])


class AllRepairedOut(serializers.Serializer[Any]):
    results = RepairedOut(many=True)


class RepairFindings(Opened):
    doors = ACT
    keeps_answers = False  # each is repaired in a transaction of its own; a repeat leaves them out

    @extend_schema(
        operation_id="findings_repair", tags=TAGS, request=RepairIn, responses=AllRepairedOut
    )
    def post(self, request: Request) -> Response:
        """Each is looked at again, then mended; those that stand open no more are left out of the
        answer.
        """
        wanted, actor = given(RepairIn, request), actor_in(request)
        environment = environment_of_body(request, wanted.get("environment", ""))
        rows = queries.open_findings(environment, wanted["findings"])
        done = [{"id": row.id, "done": repairs.repair(actor, row).value} for row in rows]
        return Response({"results": done})
