"""Holds, days of death, and destruction lists: proposed by one archivist, approved by another."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import (
    ApiScope,
    DestructionItem,
    DestructionList,
    Environment,
    ItemState,
    ListState,
    RetentionHold,
    Spared,
)
from archive.queries import destruction as queries
from archive.queries import keyset
from archive.services import deaths, destruction, patient_search, retention_holds
from archive.values import dicom_date, today
from portal.api.case_acts import ReasonIn
from portal.api.cases import AfterShape
from portal.api.corrections import ListShape
from portal.api.customers import customer
from portal.api.doors import (
    Door,
    Opened,
    actor_in,
    asked,
    environment_in,
    environment_of_body,
    given,
    require_environment,
)
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free, day_field
from portal.api.studies import PatientIn
from portal.api.studies import found as study_found

TAGS = ["retention"]
HOLD = Door(("retention-hold-change",), ApiScope.RETENTION_ACT)
LISTS = Door(("destruction",), ApiScope.RETENTION_READ)
DECIDE = Door(("destruction-act",), ApiScope.RETENTION_ACT)
NEWEST = (keyset.Key("placed_at", keyset.moment, True), keyset.Key("id", UUID, True))


# --- holds ----------------------------------------------------------------------------------------


class HoldOut(serializers.Serializer[Any]):
    """`on` says what is held; of a patient nothing is told here."""

    id = serializers.UUIDField()
    environment = serializers.CharField()
    on = serializers.SerializerMethodField()
    study_id = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField()
    placed_by = serializers.CharField()
    placed_at = serializers.DateTimeField()
    until = serializers.DateField(allow_null=True)
    released_at = serializers.DateTimeField(allow_null=True)
    released_by = serializers.CharField()
    release_reason = serializers.CharField()

    @extend_schema_field(serializers.ChoiceField(["study", "patient"]))
    def get_on(self, row: RetentionHold) -> str:
        return "study" if row.study_id else "patient"


class HoldsOut(serializers.Serializer[Any]):
    results = HoldOut(many=True)
    next = serializers.URLField(allow_null=True)


class HoldsShape(ListShape):
    in_force = serializers.BooleanField(required=False)


class RetentionHoldIn(Strict):
    """On a study, or on all of a patient's, those that come later too."""

    study = serializers.UUIDField(required=False)
    patient = PatientIn(required=False)
    environment = serializers.ChoiceField(Environment.choices, required=False)
    reason = code_free(200, min_length=3)
    until = day_field(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("study" in attrs) == ("patient" in attrs):
            raise serializers.ValidationError({"study": "either a study or a patient"})
        return attrs


class Holds(Opened):
    doors = {
        "GET": Door(("retention-holds",), ApiScope.RETENTION_READ),
        "POST": HOLD,
    }

    @extend_schema(
        operation_id="holds_list", tags=TAGS, parameters=[HoldsShape], responses=HoldsOut
    )
    def get(self, request: Request) -> Response:
        """Holds, the newest first."""
        wanted = asked(HoldsShape, request)
        live_on = today() if wanted.get("in_force") else None
        rows = queries.holds(environment_in(request, HoldsShape), live_on=live_on)
        page = by_key(lambda: keyset.page(rows, NEWEST, after=wanted.get("after", "")))
        return listed(list(HoldOut(page.rows, many=True).data), page.following, request)

    @extend_schema(
        operation_id="hold_place", tags=TAGS, request=RetentionHoldIn, responses={201: HoldOut}
    )
    def post(self, request: Request) -> Response:
        """Nothing of it is destroyed while the hold is in force. A search for a patient is
        recorded.
        """
        wanted = given(RetentionHoldIn, request)
        return Response(HoldOut(_placed(request, wanted)).data, status=201)


def _placed(request: Request, wanted: dict[str, Any]) -> RetentionHold:
    actor, reason, until = actor_in(request), wanted["reason"], wanted["until"]
    if "study" in wanted:
        study = study_found(request, wanted["study"])
        return retention_holds.hold_study(actor, study, reason=reason, until=until)
    environment = environment_of_body(request, wanted.get("environment", ""))
    identifier = wanted["patient"]["identifier"]
    patient_search.find(actor, environment, identifier, reason)
    return retention_holds.hold_patient(
        actor, identifier, environment=environment, reason=reason, until=until
    )


class Release(Opened):
    doors = {"POST": HOLD}

    @extend_schema(operation_id="hold_release", tags=TAGS, request=ReasonIn, responses=HoldOut)
    def post(self, request: Request, hold_id: UUID) -> Response:
        """It is not needed any more."""
        reason = given(ReasonIn, request)["reason"]
        row = RetentionHold.objects.filter(id=hold_id).first()
        if row is None:
            raise NotFound()
        require_environment(request, row.environment)
        released = retention_holds.release(actor_in(request), hold_id, reason=reason)
        return Response(HoldOut(released).data)


# --- days of death --------------------------------------------------------------------------------


class DeathIn(Strict):
    patient = PatientIn()
    day = day_field(allow_null=True, help_text="null: not known to have died")
    environment = serializers.ChoiceField(Environment.choices, required=False)
    reason = code_free(200, min_length=3)


class Deaths(Opened):
    doors = {"POST": Door(("retention-death",), ApiScope.RETENTION_ACT)}

    @extend_schema(operation_id="death_settle", tags=TAGS, request=DeathIn, responses={204: None})
    def post(self, request: Request) -> Response:
        """The day from which retention runs; it stands above what messages tell."""
        wanted = given(DeathIn, request)
        actor, identifier = actor_in(request), wanted["patient"]["identifier"]
        environment = environment_of_body(request, wanted.get("environment", ""))
        patient_search.find(actor, environment, identifier, wanted["reason"])
        deaths.settle(
            actor, identifier, wanted["day"], environment=environment, reason=wanted["reason"]
        )
        return Response(status=204)


# --- destruction lists ----------------------------------------------------------------------------


class ListOut(serializers.Serializer[Any]):
    """`progress` has the number of studies in each state."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    environment = serializers.CharField()
    state = serializers.ChoiceField(ListState.choices)
    reason = serializers.CharField()
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField(source="made_by.get_full_name")
    approved_at = serializers.DateTimeField(allow_null=True)
    approved_by = serializers.CharField(source="approved_by.get_full_name", allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    certificate_sha256 = serializers.CharField(source="sha256")
    progress = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_progress(self, row: DestructionList) -> dict[str, int]:
        found = self.context["progress"][row.id]
        return {state.value: getattr(found, state.value) for state in ItemState}


def _lists(rows: Sequence[DestructionList]) -> list[Any]:
    context = {"progress": queries.progress_among([row.id for row in rows])}
    return list(ListOut(rows, many=True, context=context).data)


class ListsOut(serializers.Serializer[Any]):
    results = ListOut(many=True)
    next = serializers.URLField(allow_null=True)


class ProposeIn(Strict):
    ended_by = day_field(required=False, help_text="yesterday when none is named")
    organisation = serializers.UUIDField(required=False, help_text="customer's id")
    environment = serializers.ChoiceField(Environment.choices, required=False)
    reason = code_free(200, min_length=3)


class Lists(Opened):
    doors = {
        "GET": Door(("destructions",), ApiScope.RETENTION_READ),
        "POST": Door(("destruction-propose",), ApiScope.RETENTION_ACT),
    }

    @extend_schema(
        operation_id="destructions_list", tags=TAGS, parameters=[ListShape], responses=ListsOut
    )
    def get(self, request: Request) -> Response:
        """Destruction lists, the newest first."""
        after = asked(ListShape, request).get("after", "")
        rows = queries.lists(environment_in(request, ListShape))
        page = by_key(lambda: keyset.page(rows, queries.BY_NUMBER, after=after))
        return listed(_lists(page.rows), page.following, request)

    @extend_schema(
        operation_id="destruction_propose", tags=TAGS, request=ProposeIn, responses={201: ListOut}
    )
    def post(self, request: Request) -> Response:
        """List what may be destroyed. Nothing is before another archivist has approved."""
        wanted = given(ProposeIn, request)
        if "organisation" in wanted:
            customer(request, wanted["organisation"])
        made = destruction.propose(
            actor_in(request),
            environment=environment_of_body(request, wanted.get("environment", "")),
            ended_by=wanted.get("ended_by", today() - timedelta(days=1)),
            organisation_id=wanted.get("organisation"),
            reason=wanted["reason"],
        )
        return Response(_lists([made])[0], status=201)


def _list(request: Request, list_id: UUID) -> DestructionList:
    """Raises NotFound."""
    row = queries.found(list_id)
    require_environment(request, row.environment)
    return row


class OneList(Opened):
    doors = {"GET": LISTS}

    @extend_schema(operation_id="destruction_read", tags=TAGS, responses=ListOut)
    def get(self, request: Request, list_id: UUID) -> Response:
        """How far it has come."""
        return Response(_lists([_list(request, list_id)])[0])


class DestructionItemOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    study_id = serializers.UUIDField()
    study_instance_uid = serializers.CharField()
    state = serializers.ChoiceField(ItemState.choices)
    study_date = serializers.SerializerMethodField()
    ends_on = serializers.DateField(help_text="the last day of its retention")
    spared = serializers.ChoiceField(Spared.choices, allow_blank=True)
    instances = serializers.IntegerField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="over UIDs and digests of what was destroyed")
    decided_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_study_date(self, row: DestructionItem) -> date | None:
        return dicom_date(row.study.study_date)


class DestructionItemsOut(serializers.Serializer[Any]):
    results = DestructionItemOut(many=True)
    next = serializers.URLField(allow_null=True)


class Items(Opened):
    doors = {"GET": LISTS}

    @extend_schema(
        operation_id="destruction_items",
        tags=TAGS,
        parameters=[AfterShape],
        responses=DestructionItemsOut,
    )
    def get(self, request: Request, list_id: UUID) -> Response:
        """Its studies in the order of proposal."""
        after = asked(AfterShape, request).get("after", "")
        row = _list(request, list_id)
        page = by_key(lambda: queries.page_of_items(row, after=after))
        return listed(list(DestructionItemOut(page.rows, many=True).data), page.following, request)


Decision = Callable[[Actor, DestructionList, str], object]


def _deciding(operation_id: str, say: str, decide: Decision) -> type[Opened]:
    class Deciding(Opened):
        doors = {"POST": DECIDE}

        @extend_schema(
            operation_id=operation_id,
            description=say,
            tags=TAGS,
            request=ReasonIn,
            responses=ListOut,
        )
        def post(self, request: Request, list_id: UUID) -> Response:
            reason = given(ReasonIn, request)["reason"]
            decide(actor_in(request), _list(request, list_id), reason)
            return Response(_lists([_list(request, list_id)])[0])

    return Deciding


def _approve(actor: Actor, row: DestructionList, reason: str) -> None:
    """Raises NotFound, SamePerson, SecondDecided, ListMoved."""
    waiting = queries.request_of(row)
    if waiting is None:
        raise NotFound()
    destruction.approve(actor, waiting)


def _refuse(actor: Actor, row: DestructionList, reason: str) -> None:
    """Raises NotFound, SecondDecided, ListMoved."""
    waiting = queries.request_of(row)
    if waiting is None:
        raise NotFound()
    destruction.refuse(actor, waiting, reason=reason)


Approve = _deciding("destruction_approve", "By another than who proposed it.", _approve)
Refuse = _deciding("destruction_refuse", "Nothing of it is destroyed.", _refuse)
Stop = _deciding(
    "destruction_stop",
    "No further study is withdrawn.",
    lambda actor, row, reason: destruction.stop(actor, row.id, reason=reason),
)
Resume = _deciding(
    "destruction_resume",
    "Carry on with a stopped list.",
    lambda actor, row, reason: destruction.resume(actor, row.id, reason=reason),
)
End = _deciding(
    "destruction_end",
    "Stopped for good: what is left is spared.",
    lambda actor, row, reason: destruction.end(actor, row.id, reason=reason),
)
