"""The rules of log review, and the watch list: dated rows, changed with a reason (LG-5)."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive import ledger
from archive.errors import NotFound
from archive.models import (
    ApiScope,
    Environment,
    ReviewKind,
    ReviewRule,
    ReviewScope,
    WatchedPerson,
)
from archive.queries import reviews
from archive.services import review_rules as services
from archive.services.review_rules import Settings
from portal.api.corrections import ListShape
from portal.api.doors import (
    Door,
    Opened,
    asked,
    environment_in,
    environment_of_body,
    given,
    person_in,
    require_environment,
)
from portal.api.idempotency import Handler
from portal.api.logs import reader_in
from portal.api.operation import by_key, listed
from portal.api.review import TAGS, viewed
from portal.api.strict import Strict, code_free, day_field
from portal.api.studies import PatientIn

HOURS = ("opens", "closes", "weekdays_only")
OF_SOME_KINDS = {"threshold", "window_minutes", *HOURS}


# --- rules ----------------------------------------------------------------------------------------


class ReviewRuleOut(serializers.Serializer[Any]):
    """A version of a rule, from one moment to another; the hours are of Finland."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(ReviewKind.choices)
    scope = serializers.ChoiceField(ReviewScope.choices)
    version = serializers.IntegerField()
    is_on = serializers.BooleanField()
    threshold = serializers.IntegerField(help_text="from how many on")
    window_minutes = serializers.IntegerField(help_text="within which they are counted")
    opens = serializers.CharField(allow_null=True, help_text="HH:MM:SS")
    closes = serializers.CharField(allow_null=True, help_text="HH:MM:SS")
    weekdays_only = serializers.BooleanField()
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(allow_null=True)
    source = serializers.CharField()


class ReviewRulesOut(serializers.Serializer[Any]):
    results = ReviewRuleOut(many=True)


class ReviewRules(Opened):
    doors = {"GET": Door(("review-rules",), ApiScope.LOGS_READ)}

    @extend_schema(operation_id="review_rules_list", tags=TAGS, responses=ReviewRulesOut)
    def get(self, request: Request) -> Response:
        """Every version of every rule, the latest of each first."""
        rows = ReviewRule.objects.order_by("scope", "kind", "-version")
        return Response({"results": ReviewRuleOut(rows, many=True).data})


class ReviewRuleIn(Strict):
    """Threshold, window and hours belong to some kinds only, and of those each is told."""

    first_day = day_field(help_text="of today: from this moment")
    is_on = serializers.BooleanField()
    threshold = serializers.IntegerField(min_value=1, max_value=100_000, required=False)
    window_minutes = serializers.IntegerField(
        min_value=1, max_value=services.MOST_MINUTES, required=False
    )
    opens = serializers.TimeField(required=False)
    closes = serializers.TimeField(required=False)
    weekdays_only = serializers.BooleanField(required=False)
    source = code_free(200)
    reason = code_free(200, min_length=3)


def _fitting(rule: ReviewRule, told: dict[str, Any]) -> Settings:
    """Raises ValidationError for what a rule of this kind does not have, and for what it has and
    is not told: nothing of a rule is guessed.
    """
    own: set[str] = set()
    if rule.kind in services.COUNTED:
        own |= {"threshold"}
    if rule.kind in services.TIMED:
        own |= {"window_minutes"}
    if rule.kind == ReviewKind.OUTSIDE_HOURS:
        own |= set(HOURS)
    faults = dict.fromkeys(sorted(own - told.keys()), "rules of this kind need it")
    foreign = (OF_SOME_KINDS - own) & told.keys()
    faults |= dict.fromkeys(sorted(foreign), "rules of this kind have none")
    if faults:
        raise serializers.ValidationError(faults)
    return Settings(**told)


class ChangeReviewRule(Opened):
    doors = {"POST": Door(("review-rule",), ApiScope.LOGS_ACT)}

    @extend_schema(
        operation_id="review_rule_change",
        tags=TAGS,
        request=ReviewRuleIn,
        responses={201: ReviewRuleOut},
    )
    def post(self, request: Request, rule_id: UUID) -> Response:
        """Begin its next version. What was judged stays judged."""
        wanted = given(ReviewRuleIn, request)
        rule = ReviewRule.objects.filter(id=rule_id).first()
        if rule is None:
            raise NotFound()
        reason = wanted.pop("reason")
        made = services.change(person_in(request), rule, _fitting(rule, wanted), reason=reason)
        return Response(ReviewRuleOut(made).data, status=201)


# --- the watch list -------------------------------------------------------------------------------


class WatchedOut(serializers.Serializer[Any]):
    """A person in whom many may be curious."""

    id = serializers.UUIDField()
    environment = serializers.CharField()
    patient_id = serializers.UUIDField()
    reason = serializers.CharField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    added_by = serializers.CharField()
    added_at = serializers.DateTimeField()


class AllWatchedOut(serializers.Serializer[Any]):
    results = WatchedOut(many=True)
    next = serializers.URLField(allow_null=True)


class WatchPersonIn(Strict):
    patient = PatientIn()
    first_day = day_field()
    last_day = day_field(required=False, allow_null=True, default=None)
    reason = code_free(200, min_length=3)
    environment = serializers.ChoiceField(Environment.choices, required=False)


def _looked_at(request: Request, row: WatchedPerson) -> Response:
    """Told again to whom a key is repeated, as a look of its own. Raises NotFound."""
    require_environment(request, row.environment)
    about = ledger.About(environment=row.environment)
    viewed(reader_in(request), about, what="watch list", entries=1)
    return Response(WatchedOut(row).data)


def _watched_already(request: Request) -> Response:
    wanted = given(WatchPersonIn, request)
    environment = environment_of_body(request, wanted.get("environment", ""))
    identifier, day = wanted["patient"]["identifier"], wanted["first_day"]
    return _looked_at(request, reviews.watched_from(environment, identifier, day))


class WatchList(Opened):
    doors = {
        "GET": Door(("review-watch",), ApiScope.LOGS_READ),
        "POST": Door(("review-watch-change",), ApiScope.LOGS_ACT),
    }

    def look(self) -> Handler:
        return _watched_already

    @extend_schema(
        operation_id="watch_list", tags=TAGS, parameters=[ListShape], responses=AllWatchedOut
    )
    def get(self, request: Request) -> Response:
        """Who is or was watched for, the latest added first. The look is recorded."""
        actor, after = reader_in(request), asked(ListShape, request).get("after", "")
        environment = environment_in(request, ListShape)
        page = by_key(lambda: reviews.watch_page(environment, after=after))
        about = ledger.About(environment=environment)
        viewed(actor, about, what="watch list", entries=len(page.rows))
        return listed(list(WatchedOut(page.rows, many=True).data), page.following, request)

    @extend_schema(
        operation_id="watch_add",
        tags=TAGS,
        request=WatchPersonIn,
        responses={201: WatchedOut},
    )
    def post(self, request: Request) -> Response:
        """Every look at this person comes to review."""
        wanted, actor = given(WatchPersonIn, request), reader_in(request)
        made = services.watch(
            actor,
            environment_of_body(request, wanted.get("environment", "")),
            wanted["patient"]["identifier"],
            first_day=wanted["first_day"],
            last_day=wanted["last_day"],
            reason=wanted["reason"],
        )
        return Response(WatchedOut(made).data, status=201)


class EndWatchIn(Strict):
    last_day = day_field()
    reason = code_free(200, min_length=3)


class EndWatch(Opened):
    doors = {"POST": Door(("review-watch-change",), ApiScope.LOGS_ACT)}

    def look(self) -> Handler:
        return lambda request, watch_id: _looked_at(request, reviews.watch(watch_id))

    @extend_schema(operation_id="watch_end", tags=TAGS, request=EndWatchIn, responses=WatchedOut)
    def post(self, request: Request, watch_id: UUID) -> Response:
        """The person is watched for no longer."""
        wanted, actor = given(EndWatchIn, request), reader_in(request)
        row: WatchedPerson = reviews.watch(watch_id)
        require_environment(request, row.environment)
        services.end_watch(actor, row, **wanted)
        return Response(WatchedOut(reviews.watch(watch_id)).data)
