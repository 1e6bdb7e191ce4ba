"""HL7 messages and merges of patient ids: read without the patient, done again, undone by two. A
customer's people and systems find what became of their own messages.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import (
    ApiScope,
    Environment,
    MessageOutcome,
    PatientMerge,
    SecondPerson,
    SecondState,
)
from archive.queries import keyset, persons
from archive.queries import messages as queries
from archive.services import merges, messages
from portal.advice import advise
from portal.api.case_acts import ReasonIn
from portal.api.cases import own_of
from portal.api.corrections import ListShape
from portal.api.doors import (
    Door,
    Opened,
    actor_in,
    asked,
    caller_of,
    environment_in,
    environment_of_body,
    given,
    require_environment,
)
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free
from portal.api.studies import PatientIn

TAGS = ["messages and merges"]
UNDO = Door(("merge-undo",), ApiScope.PERSONS_ACT)


class MessageOut(serializers.Serializer[Any]):
    """What became of a message; nothing of the patient whom it names."""

    id = serializers.UUIDField()
    environment = serializers.CharField()
    customer_id = serializers.UUIDField(source="organisation_id")
    connection_id = serializers.UUIDField()
    received_at = serializers.DateTimeField()
    control_id = serializers.CharField()
    event = serializers.CharField(help_text="MSH-9, as ADT^A40")
    outcome = serializers.ChoiceField(MessageOutcome.choices)
    reason = serializers.CharField(help_text="the stable word of a refusal")
    cause = serializers.SerializerMethodField(help_text="in words")
    place = serializers.CharField(help_text="where in the message")
    acknowledgement = serializers.CharField()
    replayed_at = serializers.DateTimeField(allow_null=True)
    correlation_id = serializers.UUIDField(allow_null=True)

    def get_cause(self, row: Any) -> str:
        if not row.reason:
            return ""
        advice = advise(row.reason)
        return str(advice.cause if self.context["is_staff"] else advice.customer_cause)


class MessagesOut(serializers.Serializer[Any]):
    results = MessageOut(many=True)
    next = serializers.URLField(allow_null=True)


class MessagesShape(ListShape):
    organisation = serializers.UUIDField(required=False, help_text="customer's id")
    outcome = serializers.ChoiceField(MessageOutcome.choices, required=False)
    event = code_free(20, required=False)
    control_id = code_free(200, required=False)


class Messages(Opened):
    doors = {"GET": Door(("messages", "own-messages"), ApiScope.PERSONS_READ)}

    @extend_schema(
        operation_id="messages_list", tags=TAGS, parameters=[MessagesShape], responses=MessagesOut
    )
    def get(self, request: Request) -> Response:
        """HL7 messages, the latest first."""
        wanted = asked(MessagesShape, request)
        filters = queries.Filters(
            environment=environment_in(request, MessagesShape),
            of_organisations=own_of(caller_of(request)),
            organisation_id=wanted.get("organisation"),
            event=wanted.get("event", ""),
            outcome=wanted.get("outcome", ""),
            control_id=wanted.get("control_id", ""),
        )
        rows = queries.narrowed(filters)
        after = wanted.get("after", "")
        page = by_key(lambda: keyset.page(rows, queries.ORDER, after=after))
        return listed(_told(request, page.rows), page.following, request)


def _told(request: Request, rows: Any) -> list[Any]:
    context = {"is_staff": caller_of(request).person.is_staff}
    return list(MessageOut(rows, many=True, context=context).data)


class OneMessage(Opened):
    doors = {"GET": Door(("message", "own-message"), ApiScope.PERSONS_READ)}

    @extend_schema(operation_id="message_read", tags=TAGS, responses=MessageOut)
    def get(self, request: Request, message_id: UUID) -> Response:
        """One message, by the reference that acknowledgements quote."""
        row = queries.one(message_id, own_of(caller_of(request)))
        require_environment(request, row.environment)
        return Response(_told(request, [row])[0])


class Replay(Opened):
    doors = {"POST": Door(("message-replay",), ApiScope.PERSONS_ACT)}

    @extend_schema(operation_id="message_replay", tags=TAGS, request=None, responses=MessageOut)
    def post(self, request: Request, message_id: UUID) -> Response:
        """Process a refused message again; the outcome is what it is then."""
        require_environment(request, queries.one(message_id).environment)
        messages.replay(actor_in(request), message_id)
        return Response(_told(request, [queries.one(message_id)])[0])


# --- merges ---------------------------------------------------------------------------------------


class MergeOut(serializers.Serializer[Any]):
    """Ids are told masked."""

    id = serializers.UUIDField()
    environment = serializers.CharField()
    retired = serializers.CharField(source="retired.masked")
    into = serializers.CharField(source="into.masked")
    message_id = serializers.UUIDField(allow_null=True)
    customer_id = serializers.UUIDField(source="organisation_id", allow_null=True)
    reason = serializers.CharField()
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField()
    undoing_waits = serializers.SerializerMethodField(help_text="for a second person")
    undone_at = serializers.DateTimeField(allow_null=True)
    undone_by = serializers.CharField()
    undo_reason = serializers.CharField()

    def get_undoing_waits(self, row: PatientMerge) -> bool:
        return row.id in self.context["asked"]


def _merges(rows: Sequence[PatientMerge]) -> list[Any]:
    context = {"asked": persons.asked_among(row.id for row in rows)}
    return list(MergeOut(rows, many=True, context=context).data)


def waiting(row: PatientMerge) -> SecondPerson | None:
    """The request that waits for a second person."""
    found = persons.requests_of(row)
    return next((each for each in found if each.state == SecondState.OPEN), None)


class MergesOut(serializers.Serializer[Any]):
    results = MergeOut(many=True)
    next = serializers.URLField(allow_null=True)


class MergesShape(ListShape):
    organisation = serializers.UUIDField(required=False, help_text="customer's id")
    state = serializers.ChoiceField([persons.LIVE, persons.UNDONE, persons.ASKED], required=False)


class MergeIn(Strict):
    """Two ids of one person."""

    retired = PatientIn()
    survivor = PatientIn()
    environment = serializers.ChoiceField(Environment.choices, required=False)
    reason = code_free(200, min_length=3)
    looked = serializers.BooleanField(
        default=False,
        help_text="that somebody has looked at what differs, and both are the same person",
    )


class MergedOut(serializers.Serializer[Any]):
    changed = serializers.BooleanField(help_text="false: they were one person's already")


class Merges(Opened):
    doors = {
        "GET": Door(("merges",), ApiScope.PERSONS_READ),
        "POST": Door(("merge-make",), ApiScope.PERSONS_ACT),
    }

    @extend_schema(
        operation_id="merges_list", tags=TAGS, parameters=[MergesShape], responses=MergesOut
    )
    def get(self, request: Request) -> Response:
        """Merges of patient ids, the latest first."""
        wanted = asked(MergesShape, request)
        filters = persons.Filters(
            environment=environment_in(request, MergesShape),
            organisation_id=wanted.get("organisation"),
            state=wanted.get("state", ""),
        )
        rows = persons.narrowed(filters)
        after = wanted.get("after", "")
        page = by_key(lambda: keyset.page(rows, persons.ORDER, after=after))
        return listed(_merges(page.rows), page.following, request)

    @extend_schema(operation_id="merge_make", tags=TAGS, request=MergeIn, responses=MergedOut)
    def post(self, request: Request) -> Response:
        """Find all that stands under the retired id under the surviving one. When their days of
        birth, names or sexes differ, it is refused until `looked` says that somebody has looked.
        """
        wanted, actor = given(MergeIn, request), actor_in(request)
        environment = environment_of_body(request, wanted.get("environment", ""))
        ids = wanted["retired"]["identifier"], wanted["survivor"]["identifier"]
        reason = wanted["reason"]
        if not wanted["looked"]:
            _require_alike(actor, persons.preview(environment, *ids), environment, reason)
        changed = merges.make(actor, *ids, environment=environment, reason=reason)
        return Response({"changed": changed})


def _require_alike(actor: Actor, preview: persons.Preview, environment: str, reason: str) -> None:
    """What differs is told by name, never by value. Raises ValidationError."""
    if preview.differences:
        merges.look(actor, preview, environment=environment, reason=reason)
        told = [f"{name} differs between the two ids" for name in preview.differences]
        raise serializers.ValidationError({"looked": told})


def _merge(request: Request, merge_id: UUID) -> PatientMerge:
    """Raises NotFound."""
    row = persons.merge(merge_id)
    require_environment(request, row.environment)
    return row


def _open(request: Request, merge_id: UUID) -> SecondPerson:
    """Raises NotFound when nobody has asked."""
    found = waiting(_merge(request, merge_id))
    if found is None:
        raise NotFound()
    return found


class OneMerge(Opened):
    doors = {"GET": Door(("merge",), ApiScope.PERSONS_READ)}

    @extend_schema(operation_id="merge_read", tags=TAGS, responses=MergeOut)
    def get(self, request: Request, merge_id: UUID) -> Response:
        """One merge."""
        return Response(_merges([_merge(request, merge_id)])[0])


class AskUndo(Opened):
    doors = {"POST": UNDO}

    @extend_schema(operation_id="merge_undo", tags=TAGS, request=ReasonIn, responses=MergeOut)
    def post(self, request: Request, merge_id: UUID) -> Response:
        """Ask for its undoing, which another archivist decides."""
        reason = given(ReasonIn, request)["reason"]
        merges.ask_undo(actor_in(request), _merge(request, merge_id), reason=reason)
        return Response(_merges([persons.merge(merge_id)])[0])


class GrantUndo(Opened):
    doors = {"POST": UNDO}

    @extend_schema(operation_id="merge_undo_grant", tags=TAGS, request=None, responses=MergeOut)
    def post(self, request: Request, merge_id: UUID) -> Response:
        """By another than who asked: both ids stand as before."""
        merges.grant_undo(actor_in(request), _open(request, merge_id))
        return Response(_merges([persons.merge(merge_id)])[0])


class RefuseUndo(Opened):
    doors = {"POST": UNDO}

    @extend_schema(operation_id="merge_undo_refuse", tags=TAGS, request=None, responses=MergeOut)
    def post(self, request: Request, merge_id: UUID) -> Response:
        """The merge stays in force."""
        merges.refuse_undo(actor_in(request), _open(request, merge_id))
        return Response(_merges([persons.merge(merge_id)])[0])
