"""Cases of the support desk: the staff's, and a customer's own in the customer's words."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import (
    ApiScope,
    Case,
    CaseComment,
    CaseEvent,
    CaseState,
    EventOutcome,
    Handling,
    Severity,
)
from archive.queries import desk as queries
from archive.queries import desk_work
from portal.advice import advise
from portal.api.doors import (
    Caller,
    Door,
    EnvironmentShape,
    Opened,
    asked,
    caller_of,
    environment_in,
    require_environment,
)
from portal.api.operation import by_key, listed
from portal.api.strict import code_free
from portal.names import OF_PATIENT

TAGS = ["cases"]
READ = {"GET": Door(("case", "own-case"), ApiScope.CASES_READ)}


class CaseOut(serializers.Serializer[Any]):
    """A case; cause and next step are worded for who reads it."""

    id = serializers.UUIDField()
    number = serializers.CharField(source="__str__", help_text="what people quote: E-1042")
    environment = serializers.CharField()
    reason = serializers.CharField(help_text="the stable word of the cause")
    code = serializers.CharField(help_text="what the peer got")
    interface = serializers.CharField(source="edge")
    place = serializers.CharField()
    customer_id = serializers.UUIDField(source="organisation_id", allow_null=True)
    system = serializers.CharField(source="connection.__str__", allow_null=True)
    state = serializers.ChoiceField(CaseState.choices)
    handling = serializers.ChoiceField(Handling.choices)
    severity = serializers.ChoiceField(Severity.choices)
    owner = serializers.SerializerMethodField(allow_null=True, help_text="the desk alone reads it")
    title = serializers.SerializerMethodField()
    cause = serializers.SerializerMethodField()
    step = serializers.SerializerMethodField(help_text="what to do next")
    events = serializers.IntegerField(source="event_count")
    open_events = serializers.IntegerField(source="open_count")
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolution = serializers.SerializerMethodField(help_text="the desk alone reads it")

    def get_owner(self, row: Case) -> str | None:
        if row.owner is None or not self.context["is_staff"]:
            return None
        return row.owner.get_full_name() or row.owner.username

    def get_resolution(self, row: Case) -> str:
        return row.resolution if self.context["is_staff"] else ""

    def get_title(self, row: Case) -> str:
        return str(advise(row.reason).title)

    def get_cause(self, row: Case) -> str:
        advice = advise(row.reason)
        return str(advice.cause if self.context["is_staff"] else advice.customer_cause)

    def get_step(self, row: Case) -> str:
        advice = advise(row.reason)
        return str(advice.step if self.context["is_staff"] else advice.customer_step)


class CasesOut(serializers.Serializer[Any]):
    results = CaseOut(many=True)
    next = serializers.URLField(allow_null=True)


class CaseFiltersShape(EnvironmentShape):
    organisation = serializers.UUIDField(required=False, help_text="customer's id")
    state = serializers.ChoiceField(CaseState.choices, required=False)
    interface = code_free(16, required=False)
    reason = code_free(40, required=False)
    handling = serializers.ChoiceField(Handling.choices, required=False)
    severity = serializers.ChoiceField(Severity.choices, required=False)
    after = code_free(200, required=False, help_text="as `next` has it")

    def filters(self, caller: Caller, environment: str) -> queries.Filters:
        """What the caller may see of what it asks for."""
        wanted = dict(self.validated_data)
        return queries.Filters(
            environment=environment,
            of_organisations=own_of(caller),
            organisation_id=wanted.get("organisation"),
            state=wanted.get("state", ""),
            edge=wanted.get("interface", ""),
            reason=wanted.get("reason", ""),
            handling=wanted.get("handling", ""),
            severity=wanted.get("severity", ""),
        )


def own_of(caller: Caller) -> tuple[UUID, ...] | None:
    """To whose cases the caller is bound; None for the staff."""
    person = caller.person
    return None if person.is_staff else tuple(each.id for each in person.organisations)


def found(request: Request, case_id: UUID) -> Case:
    """Another customer's case is answered as one that is not there. Raises NotFound."""
    row = queries.case(case_id, own_of(caller_of(request)))
    require_environment(request, row.environment)
    return row


def shown(row: Case, request: Request) -> dict[str, Any]:
    """One case, read again: an act may have changed it."""
    row.refresh_from_db()
    context = {"is_staff": caller_of(request).person.is_staff}
    body: dict[str, Any] = CaseOut(row, context=context).data
    return body


class Cases(Opened):
    doors = {"GET": Door(("desk", "errors"), ApiScope.CASES_READ)}

    @extend_schema(
        operation_id="cases_list", tags=TAGS, parameters=[CaseFiltersShape], responses=CasesOut
    )
    def get(self, request: Request) -> Response:
        """Open cases first, the latest first."""
        caller = caller_of(request)
        environment = environment_in(request, CaseFiltersShape)
        form = CaseFiltersShape(data=request.GET.dict())
        form.is_valid(raise_exception=True)
        rows = queries.narrowed(form.filters(caller, environment))
        page = by_key(lambda: queries.page(rows, after=form.validated_data.get("after", "")))
        context = {"is_staff": caller.person.is_staff}
        return listed(
            list(CaseOut(page.rows, many=True, context=context).data), page.following, request
        )


class OneCase(Opened):
    doors = READ

    @extend_schema(operation_id="case_read", tags=TAGS, responses=CaseOut)
    def get(self, request: Request, case_id: UUID) -> Response:
        """One case."""
        return Response(shown(found(request, case_id), request))


# --- what stands in it ----------------------------------------------------------------------------


class EventOut(serializers.Serializer[Any]):
    """One failure. A customer reads no fact that is of the patient."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    detail = serializers.SerializerMethodField(help_text="the desk alone reads it")
    facts = serializers.SerializerMethodField()
    study_id = serializers.UUIDField(allow_null=True)
    accession_number = serializers.CharField()
    study_instance_uid = serializers.CharField()
    outcome = serializers.ChoiceField(EventOutcome.choices)
    outcome_at = serializers.DateTimeField(allow_null=True)
    correlation_id = serializers.UUIDField(allow_null=True)

    def get_detail(self, row: CaseEvent) -> str:
        return row.detail if self.context["is_staff"] else ""

    @extend_schema_field(serializers.DictField(child=serializers.CharField()))
    def get_facts(self, row: CaseEvent) -> dict[str, str]:
        hidden = () if self.context["is_staff"] else OF_PATIENT
        return {name: str(value) for name, value in row.facts.items() if name not in hidden}


class EventsOut(serializers.Serializer[Any]):
    results = EventOut(many=True)
    next = serializers.URLField(allow_null=True)


class AfterShape(serializers.Serializer[Any]):
    after = code_free(200, required=False, help_text="as `next` has it")


class CaseEvents(Opened):
    doors = READ

    @extend_schema(
        operation_id="case_events", tags=TAGS, parameters=[AfterShape], responses=EventsOut
    )
    def get(self, request: Request, case_id: UUID) -> Response:
        """A case's failures, the latest first."""
        after = asked(AfterShape, request).get("after", "")
        case = found(request, case_id)
        page = by_key(lambda: queries.events(case, after=after))
        context = {"is_staff": caller_of(request).person.is_staff}
        return listed(
            list(EventOut(page.rows, many=True, context=context).data), page.following, request
        )


class CommentOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    author = serializers.SerializerMethodField(help_text="empty: technical support")
    is_customers = serializers.BooleanField()
    is_shared = serializers.BooleanField(help_text="whether the customer reads it too")
    text = serializers.CharField()

    def get_author(self, row: CaseComment) -> str:
        return row.author_name if row.is_customers or self.context["is_staff"] else ""


class CommentsOut(serializers.Serializer[Any]):
    results = CommentOut(many=True)


class CaseComments(Opened):
    doors = READ

    @extend_schema(operation_id="case_comments", tags=TAGS, responses=CommentsOut)
    def get(self, request: Request, case_id: UUID) -> Response:
        """The conversation, the oldest first; customers read what is shared with them."""
        is_staff = caller_of(request).person.is_staff
        rows = desk_work.comments(found(request, case_id), shared_only=not is_staff)
        return Response(
            {"results": CommentOut(rows, many=True, context={"is_staff": is_staff}).data}
        )
