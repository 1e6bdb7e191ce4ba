"""Batches of the support desk: one act on many events, begun, watched, paused, undone."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.models import ApiScope, Batch, BatchItemState, BatchKind, BatchState, Case, CaseState
from archive.queries import desk as queries
from archive.queries import desk_work
from archive.services import batches as services
from portal.api.cases import AfterShape, CaseFiltersShape
from portal.api.doors import (
    Door,
    EnvironmentShape,
    Opened,
    actor_in,
    asked,
    caller_of,
    environment_in,
    environment_of_body,
    require_environment,
)
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free

TAGS = ["batches"]


class BatchOut(serializers.Serializer[Any]):
    """`progress` has the number of items in each state; the context may know it of all rows."""

    id = serializers.UUIDField()
    environment = serializers.CharField()
    kind = serializers.ChoiceField(BatchKind.choices)
    state = serializers.ChoiceField(BatchState.choices)
    case_id = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField()
    items = serializers.IntegerField(source="item_count")
    progress = serializers.SerializerMethodField()
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField(source="made_by_name")
    ended_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_progress(self, row: Batch) -> dict[str, int]:
        known: dict[UUID, dict[str, int]] = self.context.get("counts", {})
        return known[row.id] if row.id in known else desk_work.counts(row)


class BatchesOut(serializers.Serializer[Any]):
    results = BatchOut(many=True)


class BeginIn(CaseFiltersShape, Strict):
    """On every open event of the open cases that the filters leave; 10,000 at most."""

    after = None  # type: ignore[assignment]  # no page, all of them
    kind = serializers.ChoiceField([BatchKind.RETRY.value, BatchKind.IGNORE.value])
    why = code_free(200, required=False, min_length=3, help_text="demanded when ignoring")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] == BatchKind.IGNORE and not attrs.get("why"):
            raise serializers.ValidationError({"why": "must be said when events are ignored"})
        return attrs


class BegunOut(serializers.Serializer[Any]):
    """Null when no event fits, so that nothing is done."""

    batch = BatchOut(allow_null=True)


class Batches(Opened):
    doors = {
        "GET": Door(("batch",), ApiScope.CASES_READ),
        "POST": Door(("batch",), ApiScope.CASES_ACT),
    }

    @extend_schema(
        operation_id="batches_list", tags=TAGS, parameters=[EnvironmentShape], responses=BatchesOut
    )
    def get(self, request: Request) -> Response:
        """The latest batches."""
        rows = desk_work.recent_batches(environment_in(request))
        counts = {"counts": desk_work.counts_of(rows)}
        return Response({"results": BatchOut(rows, many=True, context=counts).data})

    @extend_schema(
        operation_id="batch_begin", tags=TAGS, request=BeginIn, responses={202: BegunOut}
    )
    def post(self, request: Request) -> Response:
        """Act on all events that match, oldest first."""
        form = BeginIn(data=request.data)
        form.is_valid(raise_exception=True)
        wanted = form.validated_data
        environment = environment_of_body(request, wanted.get("environment", ""))
        cases = queries.narrowed(form.filters(caller_of(request), environment))
        rows = Case.objects.filter(id__in=cases.filter(state=CaseState.OPEN).values("id"))
        kind = BatchKind(wanted["kind"])
        is_retry = kind == BatchKind.RETRY
        events = desk_work.retryable_of_cases(rows) if is_retry else desk_work.open_events(rows)
        batch = services.begin(
            actor_in(request),
            events,
            kind,
            environment=environment,
            reason="" if is_retry else wanted["why"],
        )
        return Response(BegunOut({"batch": batch}).data, status=202)


class OneBatch(Opened):
    doors = {"GET": Door(("batch",), ApiScope.CASES_READ)}

    @extend_schema(operation_id="batch_read", tags=TAGS, responses=BatchOut)
    def get(self, request: Request, batch_id: UUID) -> Response:
        """How far it has come."""
        return Response(BatchOut(_batch(request, batch_id)).data)


def _batch(request: Request, batch_id: UUID) -> Batch:
    """Raises NotFound."""
    row = desk_work.batch(batch_id)
    require_environment(request, row.environment)
    return row


class BatchItemOut(serializers.Serializer[Any]):
    """What became of one event."""

    id = serializers.UUIDField()
    case_id = serializers.UUIDField(source="event.case_id")
    event_id = serializers.UUIDField()
    study_id = serializers.UUIDField(source="event.study_id", allow_null=True)
    state = serializers.ChoiceField(BatchItemState.choices)
    detail = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)


class BatchItemsOut(serializers.Serializer[Any]):
    results = BatchItemOut(many=True)
    next = serializers.URLField(allow_null=True)


class Items(Opened):
    doors = {"GET": Door(("batch",), ApiScope.CASES_READ)}

    @extend_schema(
        operation_id="batch_items", tags=TAGS, parameters=[AfterShape], responses=BatchItemsOut
    )
    def get(self, request: Request, batch_id: UUID) -> Response:
        """Its events in the order in which they are done, each with its outcome."""
        after = asked(AfterShape, request).get("after", "")
        row = _batch(request, batch_id)
        page = by_key(lambda: desk_work.items(row, after=after))
        return listed(list(BatchItemOut(page.rows, many=True).data), page.following, request)


def _moving(operation_id: str, say: str, act: Callable[[Actor, Batch], object]) -> type[Opened]:
    class Moving(Opened):
        doors = {"POST": Door(("batch",), ApiScope.CASES_ACT)}

        @extend_schema(
            operation_id=operation_id, description=say, tags=TAGS, request=None, responses=BatchOut
        )
        def post(self, request: Request, batch_id: UUID) -> Response:
            batch = _batch(request, batch_id)
            act(actor_in(request), batch)
            return Response(BatchOut(desk_work.batch(batch_id)).data)

    return Moving


Pause = _moving("batch_pause", "What was begun goes on; nothing more is begun.", services.pause)
Resume = _moving("batch_resume", "Let it go on.", services.resume)
Cancel = _moving("batch_cancel", "What was not begun is left undone.", services.cancel)
Undo = _moving("batch_undo", "What it ignored stands open again.", services.undo)
