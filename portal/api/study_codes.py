"""The nomenclature of study codes: looked up, and changed by a list that is shown before it is
applied (AR-8).
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import ApiScope, CodeImport
from archive.queries import study_codes as queries
from archive.queries.study_codes import Filters
from archive.rules.code_lists import Kind, Problem
from archive.services import code_lists as services
from archive.services.code_lists import Upload
from archive.values import today
from portal.api.cases import AfterShape
from portal.api.doors import Door, Opened, actor_in, asked, given
from portal.api.operation import by_key, listed
from portal.api.policies import TAGS
from portal.api.strict import Strict, code_free, day_field

LIST = {"GET": Door(("codes",), ApiScope.RULES_READ)}
IMPORT = Door(("codes-import",), ApiScope.RULES_ACT)
MOST_SHOWN = 300  # faults, and changes of one kind
IN_FORCE = "in-force"


class StudyCodeOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    system_oid = serializers.CharField()
    name_fi = serializers.CharField()
    name_sv = serializers.CharField()
    name_en = serializers.CharField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)


class StudyCodesOut(serializers.Serializer[Any]):
    results = StudyCodeOut(many=True)
    next = serializers.URLField(allow_null=True)


class StudyCodesShape(AfterShape):
    text = code_free(100, required=False, help_text="beginning of a code, or a part of a name")
    standing = serializers.ChoiceField([IN_FORCE, "not-in-force"], required=False)


class StudyCodes(Opened):
    doors = LIST

    @extend_schema(
        operation_id="study_codes_list",
        tags=TAGS,
        parameters=[StudyCodesShape],
        responses=StudyCodesOut,
    )
    def get(self, request: Request) -> Response:
        """Study codes with their validity, by code."""
        wanted = asked(StudyCodesShape, request)
        standing = wanted.get("standing", "")
        filters = Filters(
            text=wanted.get("text", ""),
            open_on=today() if standing == IN_FORCE else None,
            closed_on=today() if standing not in ("", IN_FORCE) else None,
        )
        rows, after = queries.narrowed(filters), wanted.get("after", "")
        page = by_key(lambda: queries.page(rows, after=after, before=""))
        return listed(list(StudyCodeOut(page.rows, many=True).data), page.following, request)


# --- lists ----------------------------------------------------------------------------------------


class CodeImportOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    file_name = serializers.CharField()
    sha256 = serializers.CharField()
    last_day = serializers.DateField(allow_null=True, help_text="of codes that it does not name")
    made_by = serializers.CharField()
    made_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.DictField(child=serializers.IntegerField())


class CodeImportsOut(serializers.Serializer[Any]):
    results = CodeImportOut(many=True)


class CodeChangeOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField([each.value for each in Kind])
    line = serializers.IntegerField(help_text="0: of no line, but missing from a whole list")
    entry = StudyCodeOut()
    before = StudyCodeOut(allow_null=True)


class CodeFaultOut(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    problem = serializers.ChoiceField([each.value for each in Problem])


class HeldCodesOut(CodeImportOut):
    """What the list would change now. `shown` is the mark to apply it with; `changes` and `faults`
    are the first ones, and what stays as it is is only counted.
    """

    shown = serializers.CharField()
    counts = serializers.DictField(child=serializers.IntegerField())
    changes = CodeChangeOut(many=True)
    fault_count = serializers.IntegerField()
    faults = CodeFaultOut(many=True)
    in_use = serializers.DictField(
        child=serializers.IntegerField(), help_text="closed codes with studies of ninety days"
    )


def _held(row: CodeImport) -> dict[str, Any]:
    """Raises CodesApplied."""
    plan = services.preview(row)
    told: dict[str, Any] = CodeImportOut(row).data
    changed = [kind for kind in Kind if kind != Kind.UNCHANGED]
    return {
        **told,
        "shown": plan.digest,
        "counts": plan.counts,
        "changes": CodeChangeOut(
            [each for kind in changed for each in plan.of(kind)[:MOST_SHOWN]], many=True
        ).data,
        "fault_count": len(plan.faults),
        "faults": CodeFaultOut(plan.faults[:MOST_SHOWN], many=True).data,
        "in_use": services.in_use(plan),
    }


class CodeListIn(Strict):
    """CSV with the columns code, system_oid, name_fi and valid_from; name_sv, name_en and
    valid_until may be there too.
    """

    name = code_free(200)
    content = serializers.CharField(trim_whitespace=False)
    last_day = day_field(
        required=False,
        allow_null=True,
        default=None,
        help_text="when the list is the whole of its code systems: what it does not name ends",
    )


class CodeImports(Opened):
    doors = {**LIST, "POST": IMPORT}

    @extend_schema(operation_id="code_imports_list", tags=TAGS, responses=CodeImportsOut)
    def get(self, request: Request) -> Response:
        """The lists that were applied lately, the latest first."""
        return Response({"results": CodeImportOut(queries.imports(), many=True).data})

    @extend_schema(
        operation_id="code_import", tags=TAGS, request=CodeListIn, responses={201: HeldCodesOut}
    )
    def post(self, request: Request) -> Response:
        """Show what a list would change. Nothing is applied."""
        wanted = given(CodeListIn, request)
        upload = Upload(wanted["name"], wanted["content"].encode(), wanted["last_day"])
        return Response(_held(services.keep(actor_in(request), upload)), status=201)


def _import(import_id: UUID) -> CodeImport:
    """That waits to be applied. Raises NotFound."""
    row = CodeImport.objects.filter(id=import_id, applied_at=None).first()
    if row is None:
        raise NotFound()
    return row


class OneCodeImport(Opened):
    doors = {"GET": IMPORT}

    @extend_schema(operation_id="code_import_read", tags=TAGS, responses=HeldCodesOut)
    def get(self, request: Request, import_id: UUID) -> Response:
        """What a list that waits would change now."""
        return Response(_held(_import(import_id)))


class ApplyCodesIn(Strict):
    shown = serializers.CharField(max_length=64, help_text="as the preview told it")
    reason = code_free(200, min_length=3)


class AppliedCodesOut(serializers.Serializer[Any]):
    counts = serializers.DictField(child=serializers.IntegerField())


class ApplyCodes(Opened):
    doors = {"POST": IMPORT}

    @extend_schema(
        operation_id="code_import_apply",
        tags=TAGS,
        request=ApplyCodesIn,
        responses=AppliedCodesOut,
    )
    def post(self, request: Request, import_id: UUID) -> Response:
        """Do what was shown; refused when it would do something else by now."""
        wanted, row = given(ApplyCodesIn, request), _import(import_id)
        return Response({"counts": services.apply(actor_in(request), str(row.id), **wanted)})
