"""Log review, for reviewers in person: suspicions, settled or taken into cases (LG-5). Each look is
recorded before anything is shown; what is about the caller is not there.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive import ledger
from archive.actors import Actor
from archive.models import (
    ApiScope,
    LedgerEvent,
    ReviewKind,
    ReviewScope,
    Suspicion,
    SuspicionState,
)
from archive.queries import disclosures, keyset, reviews
from archive.services import review_cases
from archive.services import suspicions as services
from portal.api.case_acts import ReasonIn
from portal.api.corrections import ListShape
from portal.api.doors import Door, Opened, asked, environment_in, given, require_environment
from portal.api.idempotency import Handler
from portal.api.logs import DisclosedEntryOut, UseEntryOut, disclosed, reader_in, used
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free

TAGS = ["log review"]
ONE = "suspicion"
ALL = "all"
ACT = {"POST": Door((ONE,), ApiScope.LOGS_ACT)}


def viewed(actor: Actor, about: ledger.About, **facts: object) -> None:
    ledger.record(ledger.Kind.REVIEW_VIEWED, about, facts, actor=actor)


class SuspicionOut(serializers.Serializer[Any]):
    """Looks with one cause by one person. `facts` has what was measured."""

    id = serializers.UUIDField()
    environment = serializers.CharField()
    kind = serializers.ChoiceField(ReviewKind.choices)
    scope = serializers.ChoiceField(ReviewScope.choices)
    state = serializers.ChoiceField(SuspicionState.choices)
    who = serializers.CharField()
    organisation_id = serializers.UUIDField(allow_null=True)
    patient_id = serializers.UUIDField(allow_null=True, help_text="null: about many")
    review_case_id = serializers.UUIDField(source="case_id", allow_null=True)
    entries = serializers.IntegerField(source="event_count")
    facts = serializers.JSONField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    raised_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_by = serializers.CharField()
    settled_reason = serializers.CharField()


class SuspicionsOut(serializers.Serializer[Any]):
    results = SuspicionOut(many=True)
    next = serializers.URLField(allow_null=True)


class SuspicionsShape(ListShape):
    state = serializers.ChoiceField(
        [*SuspicionState.choices, (ALL, ALL)], default=SuspicionState.OPEN.value
    )
    kind = serializers.ChoiceField(ReviewKind.choices, required=False)
    scope = serializers.ChoiceField(ReviewScope.choices, required=False)
    organisation = serializers.UUIDField(required=False, help_text="customer's id")


class Suspicions(Opened):
    doors = {"GET": Door(("review",), ApiScope.LOGS_READ)}

    @extend_schema(
        operation_id="suspicions_list",
        tags=TAGS,
        parameters=[SuspicionsShape],
        responses=SuspicionsOut,
    )
    def get(self, request: Request) -> Response:
        """What dated rules find in the log, the latest look first."""
        actor, wanted = reader_in(request), asked(SuspicionsShape, request)
        environment = environment_in(request, SuspicionsShape)
        filters = reviews.Filters(
            environment,
            state="" if wanted["state"] == ALL else wanted["state"],
            kind=wanted.get("kind", ""),
            scope=wanted.get("scope", ""),
            organisation_id=wanted.get("organisation"),
        )
        rows, after = reviews.suspicions(actor, filters), wanted.get("after", "")
        page = by_key(lambda: keyset.page(rows, reviews.SUSPICIONS, after=after))
        about = ledger.About(environment=environment)
        viewed(actor, about, what="suspicions", entries=len(page.rows))
        return listed(list(SuspicionOut(page.rows, many=True).data), page.following, request)


def found(request: Request, suspicion_id: UUID) -> tuple[Actor, Suspicion]:
    """Raises NotFound, of a look of the caller's own too."""
    actor = reader_in(request)
    row = reviews.suspicion(actor, suspicion_id)
    require_environment(request, row.environment)
    return actor, row


class EntriesOut(serializers.Serializer[Any]):
    """Of the ledger, the newest ones: what was given, and other looks."""

    disclosures = DisclosedEntryOut(many=True)
    looks = UseEntryOut(many=True)


def entries(events: list[LedgerEvent]) -> dict[str, Any]:
    given_out = [each for each in events if each.kind in disclosures.GIVEN]
    looks = [each for each in events if each.kind not in disclosures.GIVEN]
    return {"disclosures": disclosed(given_out), "looks": used(looks)}


def seen(actor: Actor, row: Suspicion) -> Response:
    """The look is recorded before it is shown."""
    viewed(actor, services.about(row), what="suspicion", suspicion=row.kind)
    return Response(SuspicionOut(row).data)


class OneSuspicion(Opened):
    doors = {"GET": Door((ONE,), ApiScope.LOGS_READ)}

    @extend_schema(operation_id="suspicion_read", tags=TAGS, responses=SuspicionOut)
    def get(self, request: Request, suspicion_id: UUID) -> Response:
        """One suspicion."""
        return seen(*found(request, suspicion_id))


class SuspicionEntries(Opened):
    doors = {"GET": Door((ONE,), ApiScope.LOGS_READ)}

    @extend_schema(operation_id="suspicion_entries", tags=TAGS, responses=EntriesOut)
    def get(self, request: Request, suspicion_id: UUID) -> Response:
        """The entries that it rests on, the newest hundred."""
        actor, row = found(request, suspicion_id)
        viewed(actor, services.about(row), what="suspicion", suspicion=row.kind)
        return Response(entries(reviews.newest_entries(row)))


class Act(Opened):
    """What a reviewer does with a suspicion."""

    doors = ACT

    def look(self) -> Handler:
        return lambda request, suspicion_id: seen(*found(request, suspicion_id))


class Settle(Act):
    @extend_schema(
        operation_id="suspicion_settle", tags=TAGS, request=ReasonIn, responses=SuspicionOut
    )
    def post(self, request: Request, suspicion_id: UUID) -> Response:
        """Looked at, and nothing to look into."""
        reason = given(ReasonIn, request)["reason"]
        actor, row = found(request, suspicion_id)
        services.settle(actor, row, reason=reason)
        return Response(SuspicionOut(reviews.suspicion(actor, row.id)).data)


class TakeIn(Strict):
    """Into an open case, or a new one with a title."""

    case = serializers.UUIDField(required=False)
    title = code_free(200, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("case" in attrs) == ("title" in attrs):
            raise serializers.ValidationError({"case": "either a case or the title of a new one"})
        return attrs


class Take(Act):
    @extend_schema(operation_id="suspicion_take", tags=TAGS, request=TakeIn, responses=SuspicionOut)
    def post(self, request: Request, suspicion_id: UUID) -> Response:
        """Look into it."""
        wanted = given(TakeIn, request)
        actor, row = found(request, suspicion_id)
        if "case" in wanted:
            review_cases.add(actor, reviews.case(actor, wanted["case"]), row)
        else:
            title, environment = wanted["title"], row.environment
            review_cases.open_case(actor, environment=environment, title=title, suspicions=[row])
        return Response(SuspicionOut(reviews.suspicion(actor, row.id)).data)
