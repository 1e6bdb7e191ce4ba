"""Dated rules of access, and the issuers whose assertions are believed (AC-2, XD-4)."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import (
    AccessPolicy,
    AccessPolicyKind,
    ApiScope,
    Environment,
    TrustedIssuer,
)
from archive.services import access_rules as services
from archive.services import trust
from archive.services.access_rules import Rule
from archive.values import now, today
from portal.api.case_acts import ReasonIn
from portal.api.doors import (
    Door,
    EnvironmentShape,
    Opened,
    actor_in,
    environment_in,
    environment_of_body,
    given,
    require_environment,
)
from portal.api.policies import TAGS, EndPolicyIn
from portal.api.strict import Strict, code_free, day_field

CHANGE = {"POST": Door(("access-rules-change",), ApiScope.RULES_ACT)}
TRUST = {"POST": Door(("issuer-change",), ApiScope.RULES_ACT)}
ADDED = [(each.value, each.label) for each in services.OPEN_KINDS]


class AccessRuleOut(serializers.Serializer[Any]):
    """`members` of an area are customers' ids; `roles` are codes as in the assertion."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(AccessPolicyKind.choices)
    name_fi = serializers.CharField()
    name_sv = serializers.CharField()
    name_en = serializers.CharField()
    members = serializers.SerializerMethodField()
    roles = serializers.ListField(child=serializers.CharField())
    informing_needed = serializers.BooleanField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    source = serializers.CharField()

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_members(self, row: AccessPolicy) -> list[str]:
        return sorted(str(each.id) for each in row.members.all())


class AccessRulesOut(serializers.Serializer[Any]):
    results = AccessRuleOut(many=True)


class AccessRuleIn(Strict):
    """An area has members, a limit of roles has roles."""

    kind = serializers.ChoiceField(ADDED)
    name_fi = code_free(200)
    name_sv = code_free(200)
    name_en = code_free(200)
    source = code_free(200)
    valid_from = day_field(help_text="tomorrow at the earliest")
    valid_until = day_field(required=False, allow_null=True, default=None)
    members = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=1_000)
    roles = serializers.ListField(child=code_free(40), default=list, max_length=100)
    informing_needed = serializers.BooleanField(default=True)
    reason = code_free(200, min_length=3)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        foreign = "roles" if attrs["kind"] == AccessPolicyKind.AREA else "members"
        if attrs[foreign]:
            raise serializers.ValidationError({foreign: "a rule of this kind has none"})
        return attrs


def _rows() -> Any:
    return AccessPolicy.objects.prefetch_related("members").order_by("-valid_from", "name_fi")


class AccessRules(Opened):
    doors = {"GET": Door(("access-rules",), ApiScope.RULES_READ), **CHANGE}

    @extend_schema(operation_id="access_rules_list", tags=TAGS, responses=AccessRulesOut)
    def get(self, request: Request) -> Response:
        """Every rule, also those that have ended, the latest first."""
        return Response({"results": AccessRuleOut(_rows(), many=True).data})

    @extend_schema(
        operation_id="access_rule_add",
        tags=TAGS,
        request=AccessRuleIn,
        responses={201: AccessRuleOut},
    )
    def post(self, request: Request) -> Response:
        """Add an area within which is disclosed without permission, or a limit of roles."""
        wanted = given(AccessRuleIn, request)
        reason = wanted.pop("reason")
        told = {"members": frozenset(wanted["members"]), "roles": tuple(wanted["roles"])}
        rule = Rule(**wanted | told | {"kind": AccessPolicyKind(wanted["kind"])})
        made = services.add(actor_in(request), rule, reason=reason)
        return Response(AccessRuleOut(made).data, status=201)


def _rule(rule_id: UUID) -> AccessPolicy:
    """Raises NotFound, also of rows whose dates are the law's own."""
    row: AccessPolicy | None = _rows().filter(id=rule_id, kind__in=services.OPEN_KINDS).first()
    if row is None:
        raise NotFound()
    return row


class CloseAccessRule(Opened):
    doors = CHANGE

    @extend_schema(
        operation_id="access_rule_close", tags=TAGS, request=EndPolicyIn, responses=AccessRuleOut
    )
    def post(self, request: Request, rule_id: UUID) -> Response:
        """In force through a day, and not after."""
        wanted = given(EndPolicyIn, request)
        services.close(actor_in(request), _rule(rule_id), **wanted)
        return Response(AccessRuleOut(_rule(rule_id)).data)


class MembersIn(Strict):
    members = serializers.ListField(child=serializers.UUIDField(), max_length=1_000)
    first_day = day_field(help_text="tomorrow at the earliest")
    reason = code_free(200, min_length=3)


class ChangeMembers(Opened):
    doors = CHANGE

    @extend_schema(
        operation_id="access_rule_members",
        tags=TAGS,
        request=MembersIn,
        responses={201: AccessRuleOut},
    )
    def post(self, request: Request, rule_id: UUID) -> Response:
        """Other members from a day on: the rule is closed and begun anew."""
        wanted = given(MembersIn, request)
        made = services.change_members(actor_in(request), _rule(rule_id), **wanted)
        return Response(AccessRuleOut(made).data, status=201)


# --- issuers --------------------------------------------------------------------------------------


class IssuerOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    environment = serializers.CharField()
    entity_id = serializers.CharField()
    certificate = serializers.CharField(help_text="PEM")
    certificate_subject = serializers.CharField()
    certificate_sha256 = serializers.CharField()
    certificate_until = serializers.DateTimeField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True, help_text="the last day")
    is_believed = serializers.SerializerMethodField(help_text="today, with this certificate")

    def get_is_believed(self, row: TrustedIssuer) -> bool:
        return row.is_valid_on(today()) and row.certificate_until > now()


class IssuersOut(serializers.Serializer[Any]):
    results = IssuerOut(many=True)


class IssuerIn(Strict):
    environment = serializers.ChoiceField(Environment.choices, required=False)
    entity_id = code_free(256)
    certificate = serializers.CharField(max_length=trust.MAX_PEM, help_text="PEM")
    reason = code_free(200, min_length=3)


class Issuers(Opened):
    doors = {"GET": Door(("issuers",), ApiScope.RULES_READ), **TRUST}

    @extend_schema(
        operation_id="issuers_list",
        tags=TAGS,
        parameters=[EnvironmentShape],
        responses=IssuersOut,
    )
    def get(self, request: Request) -> Response:
        """Issuers of one environment, also those that were retired."""
        rows = TrustedIssuer.objects.filter(environment=environment_in(request))
        found = rows.order_by("entity_id", "-valid_from", "-id")
        return Response({"results": IssuerOut(found, many=True).data})

    @extend_schema(
        operation_id="issuer_add", tags=TAGS, request=IssuerIn, responses={201: IssuerOut}
    )
    def post(self, request: Request) -> Response:
        """Believe an issuer's assertions from today on."""
        wanted = given(IssuerIn, request)
        made = trust.add(
            actor_in(request),
            Environment(environment_of_body(request, wanted.get("environment", ""))),
            wanted["entity_id"],
            wanted["certificate"],
            reason=wanted["reason"],
        )
        return Response(IssuerOut(made).data, status=201)


class RetireIssuer(Opened):
    doors = TRUST

    @extend_schema(operation_id="issuer_retire", tags=TAGS, request=ReasonIn, responses=IssuerOut)
    def post(self, request: Request, issuer_id: UUID) -> Response:
        """Believe it no longer, from this second on."""
        reason = given(ReasonIn, request)["reason"]
        row = TrustedIssuer.objects.filter(id=issuer_id).first()
        if row is None or not row.is_valid_on(today()):
            raise NotFound()
        require_environment(request, row.environment)
        trust.retire(actor_in(request), row, reason=reason)
        return Response(IssuerOut(TrustedIssuer.objects.get(id=issuer_id)).data)
