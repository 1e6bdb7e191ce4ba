"""What can be done with a case, by the desk and by the customer whose it is."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.models import (
    ApiScope,
    BatchKind,
    Case,
    CaseEvent,
    CaseState,
    EventOutcome,
    Severity,
)
from archive.queries import desk as queries
from archive.queries import desk_work
from archive.services import batches, case_work, error_desk
from portal.api.cases import TAGS, CaseOut, found, shown
from portal.api.doors import Door, Opened, actor_in, given
from portal.api.strict import Strict, code_free

Given = Mapping[str, Any]


class EventsIn(Strict):
    """Which events; every one that is open when none is named."""

    events = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_empty=False, max_length=1_000
    )


class IgnoreIn(EventsIn):
    reason = code_free(200, min_length=3)


class ReasonIn(Strict):
    reason = code_free(200, min_length=3)


class CommentIn(Strict):
    text = code_free(2000)
    readers = serializers.ChoiceField(
        ["own", "shared", "asking"],
        default="own",
        help_text="the desk alone, the customer too, or the customer, for whose answer it waits",
    )


class TextIn(Strict):
    text = code_free(2000)


class OwnerIn(Strict):
    owner = serializers.UUIDField(allow_null=True, help_text="a person of the desk, or nobody")


class SeverityIn(Strict):
    severity = serializers.ChoiceField(Severity.choices)


class NothingIn(Strict):
    """Nothing need be said."""


def acting(
    operation_id: str,
    say: str,
    page: str,
    form: type[Strict],
    act: Callable[[Actor, Case, Given], object],
) -> type[Opened]:
    """An operation that does something with a case and answers with the case as it then is."""

    class Act(Opened):
        doors = {"POST": Door((page,), ApiScope.CASES_ACT)}

        @extend_schema(
            operation_id=operation_id, description=say, tags=TAGS, request=form, responses=CaseOut
        )
        def post(self, request: Request, case_id: UUID) -> Response:
            wanted = given(form, request)
            case = found(request, case_id)
            act(actor_in(request), case, wanted)
            return Response(shown(case, request))

    return Act


def _retry(actor: Actor, case: Case, wanted: Given) -> None:
    chosen = queries.retryable(case)
    if "events" in wanted:
        chosen = [each for each in chosen if each in set(wanted["events"])]
    _begin(actor, case, CaseEvent.objects.filter(id__in=chosen), BatchKind.RETRY)


def _ignore(actor: Actor, case: Case, wanted: Given) -> None:
    events = CaseEvent.objects.filter(case=case, outcome=EventOutcome.OPEN)
    if "events" in wanted:
        events = events.filter(id__in=wanted["events"])
    _begin(actor, case, events, BatchKind.IGNORE, wanted["reason"])


def _begin(actor: Actor, case: Case, events: Any, kind: BatchKind, reason: str = "") -> None:
    batches.begin(actor, events, kind, environment=case.environment, case=case, reason=reason)


def _resolve(actor: Actor, case: Case, wanted: Given) -> None:
    if case.state == CaseState.OPEN:
        error_desk.resolve(actor, case, reason=wanted["reason"])


def _comment(actor: Actor, case: Case, wanted: Given) -> None:
    if wanted["readers"] == "asking":
        case_work.wait_for_customer(actor, case, wanted["text"])
    else:
        case_work.comment(actor, case, wanted["text"], is_shared=wanted["readers"] == "shared")


def _assign(actor: Actor, case: Case, wanted: Given) -> None:
    """Raises ValidationError when the desk has no such person."""
    people = {person.id: person for person in desk_work.handlers()}
    if wanted["owner"] is not None and wanted["owner"] not in people:
        raise serializers.ValidationError({"owner": "nobody of the desk"})
    case_work.assign(actor, case, people.get(wanted["owner"]))


def _go_on(actor: Actor, case: Case, _wanted: Given) -> None:
    case_work.go_on(actor, case)


def _severity(actor: Actor, case: Case, wanted: Given) -> None:
    case_work.set_severity(actor, case, Severity(wanted["severity"]))


def _reply(actor: Actor, case: Case, wanted: Given) -> None:
    case_work.reply(actor, case, wanted["text"])


def _repair(actor: Actor, case: Case, wanted: Given) -> None:
    events = CaseEvent.objects.filter(id__in=queries.repairable(case))
    _begin(actor, case, events, BatchKind.RETRY)


Retry = acting(
    "case_retry", "Do again what can be done here, oldest first.", "case-retry", EventsIn, _retry
)
Ignore = acting("case_ignore", "Nothing will be done about them.", "case-work", IgnoreIn, _ignore)
Resolve = acting("case_resolve", "Close the case.", "case-resolve", ReasonIn, _resolve)
Comment = acting("case_comment", "Write a comment.", "case-work", CommentIn, _comment)
Assign = acting("case_assign", "Give it to a person of the desk.", "case-work", OwnerIn, _assign)
GoOn = acting("case_go_on", "The customer is waited for no more.", "case-work", NothingIn, _go_on)
SetSeverity = acting(
    "case_severity", "How grave it is, and with that its due time.", "case-work", SeverityIn,
    _severity,
)  # fmt: skip
Reply = acting("case_reply", "The customer answers the desk.", "own-case-reply", TextIn, _reply)
Repair = acting(
    "case_repair", "Have sent again what is owed to the customer’s own system.",
    "own-case-repair", NothingIn, _repair,
)  # fmt: skip
