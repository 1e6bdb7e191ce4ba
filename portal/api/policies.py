"""The content policy: what may be archived today, what comes, and a new version from a day on, each
change with its preview in words (AR-2).
"""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import ApiScope, ContentPolicy
from archive.queries import content_policies as queries
from archive.queries.content_policies import Standing
from archive.services import content_policies as services
from archive.services.content_policies import Version
from archive.values import today
from portal.api.doors import Door, Opened, actor_in, given
from portal.api.strict import Strict, code_free, day_field, oid_field
from portal.policy_words import changed_words, ended_words

TAGS = ["rules"]
LIST = Door(("policies",), ApiScope.RULES_READ)
CHANGE = Door(("policy-change",), ApiScope.RULES_ACT)


class ContentPolicyOut(serializers.Serializer[Any]):
    """A version of a content type. Without classes it names what cannot be archived yet."""

    content_type = serializers.CharField()
    name_fi = serializers.CharField()
    name_sv = serializers.CharField()
    name_en = serializers.CharField()
    sop_classes = serializers.ListField(child=serializers.CharField())
    modalities = serializers.ListField(child=serializers.CharField(), help_text="empty: any")
    code_demanded = serializers.BooleanField(help_text="whether a study code is")
    allowed_from = serializers.DateField()
    allowed_until = serializers.DateField(allow_null=True)
    duty_from = serializers.DateField(allow_null=True, help_text="from when it must be archived")
    source = serializers.CharField()
    contradiction = serializers.CharField(help_text="where the sources differ")
    standing = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField([each.value for each in Standing]))
    def get_standing(self, row: ContentPolicy) -> str:
        return queries.standing(row, today()).value


class ContentPoliciesOut(serializers.Serializer[Any]):
    results = ContentPolicyOut(many=True)


class VersionIn(Strict):
    """A version of a known content type, or of a new one."""

    content_type = code_free(32)
    name_fi = code_free(100)
    name_sv = code_free(100)
    name_en = code_free(100)
    sop_classes = serializers.ListField(child=oid_field(), default=list, max_length=300)
    modalities = serializers.ListField(child=code_free(16), default=list, max_length=50)
    code_demanded = serializers.BooleanField(default=True)
    allowed_from = day_field(help_text="today at the earliest")
    allowed_until = day_field(required=False, allow_null=True, default=None)
    duty_from = day_field(required=False, allow_null=True, default=None)
    source = code_free(200)
    contradiction = code_free(10_000, required=False, default="", allow_blank=True)


class VersionWithReasonIn(VersionIn):
    reason = code_free(200, min_length=3)


def _version(told: dict[str, Any]) -> Version:
    lists = {name: tuple(told[name]) for name in ("sop_classes", "modalities")}
    return Version(**{name: told[name] for name in told if name != "reason"} | lists)


class Policies(Opened):
    doors = {"GET": LIST, "POST": CHANGE}

    @extend_schema(operation_id="policies_list", tags=TAGS, responses=ContentPoliciesOut)
    def get(self, request: Request) -> Response:
        """A row for each content type: the one that holds today, else the next, else the last."""
        rows = sorted(queries.listed(today()), key=lambda row: row.content_type)
        return Response({"results": ContentPolicyOut(rows, many=True).data})

    @extend_schema(
        operation_id="policy_begin",
        tags=TAGS,
        request=VersionWithReasonIn,
        responses={201: ContentPolicyOut},
    )
    def post(self, request: Request) -> Response:
        """Begin a version. What was in force stays as it was; what was to begin later is taken
        away.
        """
        wanted = given(VersionWithReasonIn, request)
        made = services.begin(actor_in(request), _version(wanted), reason=wanted["reason"])
        return Response(ContentPolicyOut(made).data, status=201)


class PolicyVersions(Opened):
    doors = {"GET": Door(("policy",), ApiScope.RULES_READ)}

    @extend_schema(operation_id="policy_versions", tags=TAGS, responses=ContentPoliciesOut)
    def get(self, request: Request, content_type: str) -> Response:
        """All versions of a content type, the latest first."""
        rows = queries.versions(content_type)
        return Response({"results": ContentPolicyOut(rows, many=True).data})


class EffectOut(serializers.Serializer[Any]):
    """What a change would do, in sentences in the reader's language."""

    sentences = serializers.ListField(child=serializers.CharField())


class PreviewPolicy(Opened):
    doors = {"POST": CHANGE}

    @extend_schema(operation_id="policy_preview", tags=TAGS, request=VersionIn, responses=EffectOut)
    def post(self, request: Request) -> Response:
        """What a version would change. Nothing is kept."""
        version = _version(given(VersionIn, request))
        services.check(version)
        return Response({"sentences": changed_words(version)})


class LastDayIn(Strict):
    last_day = day_field(help_text="today at the earliest")


class EndPolicyIn(LastDayIn):
    reason = code_free(200, min_length=3)


class EndPolicy(Opened):
    doors = {"POST": CHANGE}

    @extend_schema(
        operation_id="policy_end", tags=TAGS, request=EndPolicyIn, responses=ContentPoliciesOut
    )
    def post(self, request: Request, content_type: str) -> Response:
        """Nothing of it is archived after a day."""
        wanted = given(EndPolicyIn, request)
        queries.versions(content_type)
        services.close(actor_in(request), content_type, **wanted)
        rows = queries.versions(content_type)
        return Response({"results": ContentPolicyOut(rows, many=True).data})


class PreviewEnd(Opened):
    doors = {"POST": CHANGE}

    @extend_schema(
        operation_id="policy_end_preview", tags=TAGS, request=LastDayIn, responses=EffectOut
    )
    def post(self, request: Request, content_type: str) -> Response:
        """What an end would change. Nothing is kept."""
        last_day = given(LastDayIn, request)["last_day"]
        services.check_end(queries.versions(content_type), last_day)
        return Response({"sentences": ended_words(content_type, last_day)})
