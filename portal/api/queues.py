"""Queues and processes for the staff's programs; the administrator's may hold a queue."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import ApiScope, Job, JobKind
from archive.queries import keyset
from archive.queries import queues as queries
from archive.services import queues as services
from portal.api.case_acts import ReasonIn
from portal.api.cases import AfterShape
from portal.api.doors import (
    Door,
    Opened,
    actor_in,
    asked,
    caller_of,
    given,
    require_environment,
)
from portal.api.operation import by_key, listed

TAGS = ["queues"]
READ = {"GET": Door(("queues",), ApiScope.QUEUES_READ)}
MOST_DEAD = 200
ACT = {"POST": Door(("queue-hold",), ApiScope.QUEUES_ACT)}


class QueueOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(JobKind.choices)
    waiting = serializers.IntegerField()
    due = serializers.IntegerField(help_text="waiting, and should run by now")
    running = serializers.IntegerField()
    dead = serializers.IntegerField(help_text="given up within a week")
    oldest_due_at = serializers.DateTimeField(allow_null=True)
    is_stuck = serializers.BooleanField()
    hold = serializers.SerializerMethodField(help_text="paused, draining, or nothing")

    def get_hold(self, row: queries.Queue) -> str:
        if row.hold is None:
            return ""
        return "draining" if row.hold.is_draining else "paused"


class QueuesOut(serializers.Serializer[Any]):
    results = QueueOut(many=True)


class Queues(Opened):
    doors = READ

    @extend_schema(operation_id="queues_list", tags=TAGS, responses=QueuesOut)
    def get(self, request: Request) -> Response:
        """Every kind of job with its numbers."""
        return Response({"results": QueueOut(queries.queues(), many=True).data})


class JobOut(serializers.Serializer[Any]):
    """`why`: held, peer-is-called, failed-before, not-carried or not-claimed."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(JobKind.choices)
    environment = serializers.CharField()
    study_id = serializers.UUIDField(allow_null=True)
    not_before = serializers.DateTimeField()
    tries = serializers.IntegerField()
    last_error = serializers.CharField()
    why = serializers.SerializerMethodField()

    def get_why(self, row: Job) -> str:
        return queries.why(row, self.context["holds"], self.context["called"])


class JobsOut(serializers.Serializer[Any]):
    results = JobOut(many=True)
    next = serializers.URLField(allow_null=True)


def _of_caller(request: Request, rows: QuerySet[Job]) -> QuerySet[Job]:
    """To a system those of its environment, and of none."""
    own = caller_of(request).token.environment
    return rows.filter(environment__in=("", own)) if own else rows


class StuckJobs(Opened):
    doors = READ

    @extend_schema(
        operation_id="queues_stuck", tags=TAGS, parameters=[AfterShape], responses=JobsOut
    )
    def get(self, request: Request) -> Response:
        """Jobs long due that nobody does, the longest first, each with the reason."""
        after = asked(AfterShape, request).get("after", "")
        rows = _of_caller(request, queries.stuck())
        page = by_key(lambda: keyset.page(rows, queries.ORDER, after=after))
        context = {"holds": queries.held_kinds(), "called": queries.called_peers()}
        told = JobOut(page.rows, many=True, context=context).data
        return listed(list(told), page.following, request)


class ProcessOut(serializers.Serializer[Any]):
    kind = serializers.CharField()
    instance = serializers.CharField()
    version = serializers.CharField()
    started_at = serializers.DateTimeField()
    at = serializers.DateTimeField(help_text="last heartbeat")
    is_alive = serializers.BooleanField()


class ProcessesOut(serializers.Serializer[Any]):
    results = ProcessOut(many=True)


class Processes(Opened):
    doors = READ

    @extend_schema(operation_id="processes_list", tags=TAGS, responses=ProcessesOut)
    def get(self, request: Request) -> Response:
        """Listeners and workers with version and last heartbeat."""
        return Response({"results": ProcessOut(queries.processes(), many=True).data})


class HoldIn(ReasonIn):
    draining = serializers.BooleanField(
        default=False, help_text="what is owed by now is still done, what comes later waits"
    )


def _kind(text: str) -> JobKind:
    """Raises NotFound."""
    if text not in JobKind.values:
        raise NotFound()
    return JobKind(text)


class Hold(Opened):
    doors = ACT

    @extend_schema(operation_id="queue_hold", tags=TAGS, request=HoldIn, responses=QueuesOut)
    def post(self, request: Request, kind: str) -> Response:
        """Begin nothing more of this kind; what runs goes on."""
        wanted = given(HoldIn, request)
        services.hold(
            actor_in(request), _kind(kind), draining=wanted["draining"], reason=wanted["reason"]
        )
        return Response({"results": QueueOut(queries.queues(), many=True).data})


class GoOn(Opened):
    doors = ACT

    @extend_schema(operation_id="queue_go_on", tags=TAGS, request=ReasonIn, responses=QueuesOut)
    def post(self, request: Request, kind: str) -> Response:
        """Let it go on."""
        wanted = given(ReasonIn, request)
        services.let_go(actor_in(request), _kind(kind), reason=wanted["reason"])
        return Response({"results": QueueOut(queries.queues(), many=True).data})


class AgainOut(serializers.Serializer[Any]):
    begun = serializers.BooleanField(help_text="false: it goes on already, or has arrived")


class JobAgain(Opened):
    doors = {"POST": Door(("job-retry",), ApiScope.QUEUES_ACT)}

    @extend_schema(operation_id="job_again", tags=TAGS, request=None, responses={202: AgainOut})
    def post(self, request: Request, job_id: UUID) -> Response:
        """Try a job that was given up once more."""
        job = Job.objects.filter(id=job_id).first()
        if job is None:
            raise NotFound()
        if job.environment:
            require_environment(request, job.environment)
        return Response({"begun": services.try_again(actor_in(request), job)}, status=202)


class DeadOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="job.id")
    kind = serializers.ChoiceField(JobKind.choices, source="job.kind")
    environment = serializers.CharField(source="job.environment")
    study_id = serializers.UUIDField(source="job.study_id", allow_null=True)
    tries = serializers.IntegerField(source="job.tries")
    last_error = serializers.CharField(source="job.last_error")
    case_id = serializers.UUIDField(source="case.id", allow_null=True, default=None)
    again = serializers.BooleanField(help_text="it has been set going since")


class AllDeadOut(serializers.Serializer[Any]):
    results = DeadOut(many=True)


class DeadJobs(Opened):
    doors = READ

    @extend_schema(operation_id="queues_dead", tags=TAGS, responses=AllDeadOut)
    def get(self, request: Request) -> Response:
        """Jobs that were given up lately, the latest first."""
        rows = _of_caller(request, queries.given_up()).order_by("-ended_at", "-id")[:MOST_DEAD]
        return Response({"results": DeadOut(queries.with_cases(list(rows)), many=True).data})
