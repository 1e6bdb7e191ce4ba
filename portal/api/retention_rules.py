"""Dated rules of retention, and the survey that works out what they mean for every study (AR-9)."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import (
    ApiScope,
    ContentPolicy,
    Environment,
    RegisterType,
    RetentionBasis,
    RetentionRule,
)
from archive.queries import destruction as queries
from archive.services import retention_rules as services
from archive.services import retention_survey
from archive.services.retention_rules import LONGEST, Rule
from portal.api.case_acts import ReasonIn
from portal.api.doors import (
    Door,
    EnvironmentShape,
    Opened,
    actor_in,
    environment_in,
    environment_of_body,
    given,
)
from portal.api.policies import EndPolicyIn
from portal.api.retention import TAGS
from portal.api.strict import Strict, code_free, day_field

LISTS = ("content_types", "register_types", "birth_days")
CHANGE = {"POST": Door(("retention-rule-change",), ApiScope.RULES_ACT)}


class RetentionRuleOut(serializers.Serializer[Any]):
    """So many years from an event, or for ever; empty lists mean any. Of the rules that fit a study
    those of the highest priority count.
    """

    id = serializers.UUIDField()
    name_fi = serializers.CharField()
    name_sv = serializers.CharField()
    name_en = serializers.CharField()
    content_types = serializers.ListField(child=serializers.CharField())
    register_types = serializers.ListField(child=serializers.CharField())
    birth_days = serializers.ListField(
        child=serializers.IntegerField(), help_text="days of the month, of a permanent sample"
    )
    basis = serializers.ChoiceField(RetentionBasis.choices, allow_blank=True)
    years = serializers.IntegerField(allow_null=True)
    permanent = serializers.BooleanField()
    priority = serializers.IntegerField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    source = serializers.CharField()
    verified = serializers.BooleanField(help_text="somebody has read it in its source")


class RetentionRulesOut(serializers.Serializer[Any]):
    results = RetentionRuleOut(many=True)


class RetentionRuleIn(Strict):
    name_fi = code_free(200)
    name_sv = code_free(200)
    name_en = code_free(200)
    source = code_free(200)
    valid_from = day_field(help_text="today at the earliest")
    valid_until = day_field(required=False, allow_null=True, default=None)
    basis = serializers.ChoiceField(RetentionBasis.choices, allow_blank=True, default="")
    years = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST,
        required=False,
        allow_null=True,
        default=None,
        help_text="none, with no basis: for ever",
    )
    priority = serializers.IntegerField(min_value=0, max_value=1_000, default=10)
    content_types = serializers.ListField(child=code_free(32), default=list, max_length=100)
    register_types = serializers.ListField(
        child=serializers.ChoiceField(RegisterType.choices), default=list, max_length=10
    )
    birth_days = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=31), default=list, max_length=31
    )
    verified = serializers.BooleanField(default=False)
    reason = code_free(200, min_length=3)

    def validate_content_types(self, told: list[str]) -> list[str]:
        known = ContentPolicy.objects.filter(content_type__in=told)
        if set(told) - set(known.values_list("content_type", flat=True)):
            raise serializers.ValidationError("a content type is none of the content policy")
        return told


class RetentionRules(Opened):
    doors = {"GET": Door(("retention-rules",), ApiScope.RULES_READ), **CHANGE}

    @extend_schema(operation_id="retention_rules_list", tags=TAGS, responses=RetentionRulesOut)
    def get(self, request: Request) -> Response:
        """Every rule, also those that have ended."""
        rows = RetentionRule.objects.all()
        return Response({"results": RetentionRuleOut(rows, many=True).data})

    @extend_schema(
        operation_id="retention_rule_add",
        tags=TAGS,
        request=RetentionRuleIn,
        responses={201: RetentionRuleOut},
    )
    def post(self, request: Request) -> Response:
        """Add a rule; when it begins today, every study's retention is worked out anew."""
        wanted = given(RetentionRuleIn, request)
        reason = wanted.pop("reason")
        rule = Rule(**wanted | {name: tuple(wanted[name]) for name in LISTS})
        made = services.add(actor_in(request), rule, reason=reason)
        return Response(RetentionRuleOut(made).data, status=201)


def _rule(rule_id: UUID) -> RetentionRule:
    """Raises NotFound."""
    row = RetentionRule.objects.filter(id=rule_id).first()
    if row is None:
        raise NotFound()
    return row


class CloseRetentionRule(Opened):
    doors = CHANGE

    @extend_schema(
        operation_id="retention_rule_close",
        tags=TAGS,
        request=EndPolicyIn,
        responses=RetentionRuleOut,
    )
    def post(self, request: Request, rule_id: UUID) -> Response:
        """In force through a day, and not after."""
        wanted, row = given(EndPolicyIn, request), _rule(rule_id)
        services.close(actor_in(request), row, **wanted)
        return Response(RetentionRuleOut(_rule(rule_id)).data)


class ConfirmRetentionRule(Opened):
    doors = CHANGE

    @extend_schema(
        operation_id="retention_rule_confirm",
        tags=TAGS,
        request=ReasonIn,
        responses=RetentionRuleOut,
    )
    def post(self, request: Request, rule_id: UUID) -> Response:
        """Somebody has read it in its source."""
        wanted, row = given(ReasonIn, request), _rule(rule_id)
        services.confirm(actor_in(request), row, reason=wanted["reason"])
        return Response(RetentionRuleOut(_rule(rule_id)).data)


# --- the survey -----------------------------------------------------------------------------------


class SurveyOut(serializers.Serializer[Any]):
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    studies = serializers.IntegerField(help_text="that were worked out")


class WalkingOut(SurveyOut):
    stands = serializers.BooleanField(help_text="it was given up, and goes on tomorrow")


class ForecastOut(serializers.Serializer[Any]):
    """`figures` has the studies by year of their last day, `none` where no end is known, and by
    what keeps them: free, permanent, held or uncommitted.
    """

    last = SurveyOut(allow_null=True, help_text="that came to its end")
    walking = WalkingOut(allow_null=True)
    figures = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()),
    )


def _forecast(environment: str) -> dict[str, Any]:
    told = queries.forecast(environment)
    walking = queries.walking(environment)
    found = {
        "last": told.survey if told else None,
        "walking": _walking(walking) if walking else None,
        "figures": told.figures if told else {},
    }
    return dict(ForecastOut(found).data)


def _walking(walking: queries.Walking) -> dict[str, Any]:
    survey = walking.survey
    told = {name: getattr(survey, name) for name in ("began_at", "ended_at", "studies")}
    return {**told, "stands": walking.stands}


class SurveyIn(Strict):
    environment = serializers.ChoiceField(Environment.choices, required=False)
    go_on = serializers.BooleanField(
        default=False, help_text="have one that stands go on where it is; else from the first study"
    )


class Survey(Opened):
    doors = {
        "GET": Door(("retention",), ApiScope.RETENTION_READ),
        "POST": Door(("retention-survey",), ApiScope.RETENTION_ACT),
    }

    @extend_schema(
        operation_id="retention_survey",
        tags=TAGS,
        parameters=[EnvironmentShape],
        responses=ForecastOut,
    )
    def get(self, request: Request) -> Response:
        """What expires when, as the last survey says."""
        return Response(_forecast(environment_in(request)))

    @extend_schema(
        operation_id="retention_survey_begin",
        tags=TAGS,
        request=SurveyIn,
        responses={202: ForecastOut},
    )
    def post(self, request: Request) -> Response:
        """Work out every study's retention anew, or go on with that."""
        wanted = given(SurveyIn, request)
        environment = environment_of_body(request, wanted.get("environment", ""))
        if not (wanted["go_on"] and retention_survey.go_on(environment)):
            retention_survey.begin(environment)
        return Response(_forecast(environment), status=202)
