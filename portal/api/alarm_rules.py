"""Rules of alarms: added, replaced and ended by administrators, never rewritten."""

from math import isfinite
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as Unfit
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import (
    STAFF_ROLES,
    AlarmRule,
    ApiScope,
    Environment,
    Interface,
    Measure,
    Severity,
)
from archive.queries import keyset
from archive.services import alarm_rules as services
from archive.services.alarm_rules import Rule
from portal.api.case_acts import ReasonIn
from portal.api.cases import AfterShape
from portal.api.customers import customer
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
from portal.api.strict import code_free
from portal.api.watching import TAGS

CHANGE = {"POST": Door(("alarm-rule-change",), ApiScope.RULES_ACT)}
NEWEST = (keyset.Key("since", keyset.moment, True), keyset.Key("id", UUID, True))


class AlarmRuleOut(serializers.Serializer[Any]):
    """Raised at a value, or a worse one, that has lasted; cleared at one on its good side."""

    id = serializers.UUIDField()
    name_fi = serializers.CharField()
    name_sv = serializers.CharField()
    name_en = serializers.CharField()
    measure = serializers.ChoiceField(Measure.choices)
    environment = serializers.CharField(help_text="empty: both")
    interface = serializers.CharField(help_text="empty: each")
    customer_id = serializers.UUIDField(source="organisation_id", allow_null=True)
    threshold = serializers.FloatField()
    clear_at = serializers.FloatField()
    minutes = serializers.IntegerField(help_text="it must have lasted")
    hours = serializers.IntegerField(help_text="over which it is measured")
    least = serializers.IntegerField(help_text="exchanges; of fewer nothing is said")
    cool_down_minutes = serializers.IntegerField(help_text="not told again within")
    severity = serializers.ChoiceField(Severity.choices)
    recipients = serializers.ListField(child=serializers.CharField())
    roles = serializers.ListField(
        child=serializers.CharField(), help_text="of the operator: everybody who has one is told"
    )
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)


class AlarmRulesOut(serializers.Serializer[Any]):
    results = AlarmRuleOut(many=True)
    next = serializers.URLField(allow_null=True)


def _finite(value: float) -> None:
    """A validator. Raises ValidationError."""
    if not isfinite(value):
        raise Unfit("no number that can be compared")


class AlarmRuleIn(ReasonIn):
    name_fi = code_free(200)
    name_sv = code_free(200)
    name_en = code_free(200)
    measure = serializers.ChoiceField(Measure.choices)
    environment = serializers.ChoiceField(Environment.choices, default="", allow_blank=True)
    interface = serializers.ChoiceField(Interface.choices, default="", allow_blank=True)
    customer = serializers.UUIDField(required=False, allow_null=True, default=None)
    threshold = serializers.FloatField(validators=[_finite])
    clear_at = serializers.FloatField(validators=[_finite])
    minutes = serializers.IntegerField(min_value=0, max_value=10_000, default=10)
    hours = serializers.IntegerField(min_value=1, max_value=48, default=1)
    least = serializers.IntegerField(min_value=0, max_value=1_000_000, default=0)
    cool_down_minutes = serializers.IntegerField(min_value=0, max_value=100_000, default=60)
    severity = serializers.ChoiceField(Severity.choices, default=Severity.NORMAL.value)
    recipients = serializers.ListField(
        child=serializers.EmailField(max_length=254), default=list, max_length=20
    )
    roles = serializers.ListField(
        child=serializers.ChoiceField(sorted(STAFF_ROLES)), default=list, max_length=5
    )


def _rule(request: Request) -> tuple[Rule, str]:
    """With the reason; a system's is of its own environment. Raises NotFound for a customer that is
    none, and for another environment than the caller's.
    """
    wanted = given(AlarmRuleIn, request)
    wanted["environment"] = wanted["environment"] or caller_of(request).token.environment
    require_environment(request, wanted["environment"])
    whose, reason = wanted.pop("customer"), wanted.pop("reason")
    organisation_id = customer(request, whose).id if whose else None
    told = {
        "organisation_id": organisation_id,
        "recipients": tuple(wanted["recipients"]),
        "roles": tuple(wanted["roles"]),
    }
    return Rule(**wanted | told), reason


class AlarmRules(Opened):
    doors = {"GET": Door(("alarm-rules",), ApiScope.WATCHING_READ), **CHANGE}

    @extend_schema(
        operation_id="alarm_rules_list", tags=TAGS, parameters=[AfterShape], responses=AlarmRulesOut
    )
    def get(self, request: Request) -> Response:
        """Rules in force and ended, the latest first."""
        after = asked(AfterShape, request).get("after", "")
        page = by_key(lambda: keyset.page(AlarmRule.objects.all(), NEWEST, after=after))
        return listed(list(AlarmRuleOut(page.rows, many=True).data), page.following, request)

    @extend_schema(
        operation_id="alarm_rule_add",
        tags=TAGS,
        request=AlarmRuleIn,
        responses={201: AlarmRuleOut},
    )
    def post(self, request: Request) -> Response:
        """It holds from now on."""
        rule, reason = _rule(request)
        made = services.add(actor_in(request), rule, reason=reason)
        return Response(AlarmRuleOut(made).data, status=201)


def _in_force(request: Request, rule_id: UUID) -> AlarmRule:
    """Raises NotFound; to a system also of a rule of both environments."""
    row = AlarmRule.objects.filter(id=rule_id, until=None).first()
    if row is None:
        raise NotFound()
    require_environment(request, row.environment)
    return row


class ReplaceAlarmRule(Opened):
    doors = CHANGE

    @extend_schema(
        operation_id="alarm_rule_replace",
        tags=TAGS,
        request=AlarmRuleIn,
        responses={201: AlarmRuleOut},
    )
    def post(self, request: Request, rule_id: UUID) -> Response:
        """Another in its place, of the same measure; what stands open passes to it."""
        rule, reason = _rule(request)
        made = services.replace(actor_in(request), _in_force(request, rule_id), rule, reason=reason)
        return Response(AlarmRuleOut(made).data, status=201)


class EndAlarmRule(Opened):
    doors = CHANGE

    @extend_schema(
        operation_id="alarm_rule_end", tags=TAGS, request=ReasonIn, responses=AlarmRuleOut
    )
    def post(self, request: Request, rule_id: UUID) -> Response:
        """What stands open of it is cleared."""
        reason = given(ReasonIn, request)["reason"]
        services.end(actor_in(request), _in_force(request, rule_id), reason=reason)
        return Response(AlarmRuleOut(AlarmRule.objects.get(id=rule_id)).data)
