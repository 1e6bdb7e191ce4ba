"""Rollout tests: read by the staff and by whose they are, run by the customer's own people."""

from collections.abc import Callable
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
from onboarding.models import RolloutRun, RunState, StepState
from onboarding.services import rollout
from onboarding.services.rollout_documents import register_documents
from portal.api.customers import customer, own
from portal.api.doors import Door, Opened, asked, caller_of, given
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free
from portal.rollout_words import PURPOSES

TAGS = ["rollout tests"]
READ = Door(("rollout-run",), ApiScope.CUSTOMERS_READ)
ACT = Door(("rollout-act",), ApiScope.ROLLOUTS_ACT)
NEWEST = (keyset.Key("started_at", keyset.moment, True), keyset.Key("id", UUID, True))


class RunOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    customer_id = serializers.UUIDField(source="organisation_id")
    state = serializers.ChoiceField(RunState.choices)
    purpose = serializers.CharField()
    started_at = serializers.DateTimeField()
    started_by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)
    report_sha256 = serializers.CharField()


class RunsOut(serializers.Serializer[Any]):
    results = RunOut(many=True)
    next = serializers.URLField(allow_null=True)


class StepOut(serializers.Serializer[Any]):
    place = serializers.IntegerField()
    kind = serializers.CharField()
    content_type = serializers.CharField()
    state = serializers.ChoiceField(StepState.choices)
    cause = serializers.CharField(help_text="the stable word of what went wrong")
    at = serializers.DateTimeField(allow_null=True)


class RunWithStepsOut(RunOut):
    steps = StepOut(many=True, source="steps.all")


class RunFiltersShape(serializers.Serializer[Any]):
    organisation = serializers.UUIDField(required=False, help_text="customer's id")
    state = serializers.ChoiceField(RunState.choices, required=False)
    after = code_free(200, required=False, help_text="as `next` has it")


class StartIn(Strict):
    organisation = serializers.UUIDField(help_text="customer's id")
    purpose = serializers.ChoiceField(list(PURPOSES))


class Runs(Opened):
    doors = {"GET": READ, "POST": ACT}

    @extend_schema(
        operation_id="rollouts_list", tags=TAGS, parameters=[RunFiltersShape], responses=RunsOut
    )
    def get(self, request: Request) -> Response:
        """Rollout tests, the latest first."""
        wanted = asked(RunFiltersShape, request)
        after = wanted.pop("after", "")
        rows = _visible(request).filter(**wanted)
        page = by_key(lambda: keyset.page(rows, NEWEST, after=after))
        return listed(list(RunOut(page.rows, many=True).data), page.following, request)

    @extend_schema(
        operation_id="rollout_start", tags=TAGS, request=StartIn, responses={201: RunWithStepsOut}
    )
    def post(self, request: Request) -> Response:
        """Begin a test, as a person of the customer's."""
        wanted = given(StartIn, request)
        organisation = customer(request, wanted["organisation"])
        actor = caller_of(request).person.actor(organisation.id)
        run = rollout.start(actor, organisation, wanted["purpose"])
        return Response(RunWithStepsOut(run).data, status=201)


class OneRun(Opened):
    doors = {"GET": READ}

    @extend_schema(operation_id="rollout_read", tags=TAGS, responses=RunWithStepsOut)
    def get(self, request: Request, run_id: UUID) -> Response:
        """One test with its steps."""
        return Response(RunWithStepsOut(found(request, run_id)).data)


def _visible(request: Request) -> Any:
    return RolloutRun.objects.filter(organisation__in=own(caller_of(request)))


def found(request: Request, run_id: UUID) -> RolloutRun:
    """Raises NotFound, for a foreign one too."""
    row: RolloutRun | None = _visible(request).filter(id=run_id).first()
    if row is None:
        raise NotFound()
    return row


# --- what a customer does with it -----------------------------------------------------------------


def _ending(
    operation_id: str, say: str, end: Callable[[Actor, RolloutRun], RolloutRun]
) -> type[Opened]:
    class Ending(Opened):
        doors = {"POST": ACT}

        @extend_schema(
            operation_id=operation_id,
            description=say,
            tags=TAGS,
            request=None,
            responses=RunWithStepsOut,
        )
        def post(self, request: Request, run_id: UUID) -> Response:
            run = found(request, run_id)
            end(caller_of(request).person.actor(run.organisation_id), run)
            return Response(RunWithStepsOut(found(request, run_id)).data)

    return Ending


Finish = _ending("rollout_finish", "Judge every step and make the report.", rollout.finish)
Abandon = _ending("rollout_abandon", "End it without an outcome.", rollout.abandon)


class RolloutDocumentsOut(serializers.Serializer[Any]):
    documents = serializers.IntegerField(help_text="how many were registered")


class Documents(Opened):
    doors = {"POST": ACT}

    @extend_schema(
        operation_id="rollout_documents", tags=TAGS, request=None, responses=RolloutDocumentsOut
    )
    def post(self, request: Request, run_id: UUID) -> Response:
        """Have the stand-in register what the run's studies wait for."""
        run = found(request, run_id)
        actor = caller_of(request).person.actor(run.organisation_id)
        return Response({"documents": register_documents(actor, run)})


class ReportOut(serializers.Serializer[Any]):
    """What the digest is over: SHA-256 of `content` as canonical JSON."""

    sha256 = serializers.CharField()
    holds = serializers.BooleanField(help_text="whether the report still has its digest")
    content = serializers.JSONField()


class Report(Opened):
    doors = {"GET": READ}

    @extend_schema(operation_id="rollout_report", tags=TAGS, responses=ReportOut)
    def get(self, request: Request, run_id: UUID) -> Response:
        """Of a test that has ended; without patients."""
        run = found(request, run_id)
        if run.state == RunState.RUNNING:
            raise NotFound()
        body = {
            "sha256": run.report_sha256,
            "holds": rollout.digest(run) == run.report_sha256,
            "content": rollout.content(run),
        }
        return Response(ReportOut(body).data)
