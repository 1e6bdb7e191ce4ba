"""Corrections of studies' metadata, and who may make them by sending. Patients' values are told by
one operation, for a reason, and kept under no idempotency key.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive import gate
from archive.models import (
    ApiScope,
    Correction,
    CorrectionOrigin,
    CorrectionPolicy,
    CorrectionState,
    Study,
)
from archive.objects.study_facts import FACTS, StudyFacts, is_one_value
from archive.queries import corrections as queries
from archive.queries import keyset, standing
from archive.rules.access import Action
from archive.services import correction_policies, looking, overlays
from archive.values import dicom_date, dicom_time
from portal.api.case_acts import ReasonIn
from portal.api.customers import customer
from portal.api.doors import (
    Door,
    EnvironmentShape,
    Opened,
    actor_in,
    asked,
    environment_in,
    given,
    require_environment,
)
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free, day_field
from portal.api.studies import found as study_found
from portal.correcting_words import DAYS
from portal.forms.days import TO_COME, is_to_come

TAGS = ["corrections"]
SEE = Door(("correction",), ApiScope.CORRECTIONS_READ)
ACT = Door(("correct",), ApiScope.CORRECTIONS_ACT)
MOST = {"PatientName": 324, "StudyID": 16, "StudyTime": 16}  # characters; of the others 64


class CorrectionOut(serializers.Serializer[Any]):
    """`changed` names attributes by DICOM keyword, without values."""

    id = serializers.UUIDField()
    environment = serializers.CharField()
    study_id = serializers.UUIDField()
    batch_id = serializers.UUIDField(help_text="the same for those made in one go")
    origin = serializers.ChoiceField(CorrectionOrigin.choices)
    state = serializers.ChoiceField(CorrectionState.choices)
    changed = serializers.SerializerMethodField()
    reason = serializers.CharField()
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField(source="actor_name")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_changed(self, row: Correction) -> list[str]:
        return list(StudyFacts.from_json(row.before).changes(StudyFacts.from_json(row.after)))


class CorrectionsOut(serializers.Serializer[Any]):
    results = CorrectionOut(many=True)
    next = serializers.URLField(allow_null=True)


class ListShape(EnvironmentShape):
    after = code_free(200, required=False, help_text="as `next` has it")


class Values(Strict):
    """Attributes that get another value, as DICOM has them; the others stay."""

    def get_fields(self) -> dict[str, Any]:
        return {
            name: serializers.CharField(
                max_length=MOST.get(name, 64), required=False, allow_blank=True
            )
            for name in FACTS
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in filter(attrs.get, DAYS):
            day = dicom_date(attrs[name])
            if day is None:
                raise serializers.ValidationError({name: "no day as DICOM writes it"})
            if is_to_come(day):
                raise serializers.ValidationError({name: str(TO_COME)})
        at = attrs.get("StudyTime", "")
        if at and dicom_time(at) != at:
            raise serializers.ValidationError({"StudyTime": "no time as DICOM writes it"})
        for name in attrs:
            if not is_one_value(attrs[name]):
                raise serializers.ValidationError({name: "a backslash or control character"})
        if attrs.get("PatientSex", "") not in ("", "F", "M", "O"):
            raise serializers.ValidationError({"PatientSex": "F, M, O or nothing"})
        return attrs


class PreviewIn(Strict):
    studies = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=queries.STUDIES
    )
    values = Values()


class SeenIn(Strict):
    id = serializers.UUIDField()
    mark = serializers.CharField(max_length=64, help_text="as the preview told it")


class CorrectIn(Strict):
    studies = SeenIn(many=True, allow_empty=False, max_length=queries.STUDIES)
    values = Values()
    reason = code_free(200, min_length=3)


class PreviewOut(serializers.Serializer[Any]):
    """`refused` is the stable word of what forbids it; empty when it may be done."""

    study_id = serializers.UUIDField()
    mark = serializers.CharField()
    changed = serializers.ListField(child=serializers.CharField())
    refused = serializers.CharField()


class PreviewsOut(serializers.Serializer[Any]):
    results = PreviewOut(many=True)


class CorrectedOut(serializers.Serializer[Any]):
    """Of each study in which something changes."""

    results = CorrectionOut(many=True)


class Corrections(Opened):
    doors = {
        "GET": Door(("corrections",), ApiScope.CORRECTIONS_READ),
        "POST": ACT,
    }

    @extend_schema(
        operation_id="corrections_list", tags=TAGS, parameters=[ListShape], responses=CorrectionsOut
    )
    def get(self, request: Request) -> Response:
        """Corrected metadata, the newest first."""
        after = asked(ListShape, request).get("after", "")
        environment = environment_in(request, ListShape)
        rows = queries.corrections(environment)
        page = by_key(lambda: keyset.page(rows, queries.NEWEST, after=after))
        return listed(list(CorrectionOut(page.rows, many=True).data), page.following, request)

    @extend_schema(
        operation_id="correction_make", tags=TAGS, request=CorrectIn, responses={201: CorrectedOut}
    )
    def post(self, request: Request) -> Response:
        """Correct all these studies of a patient or none, as previewed."""
        wanted = given(CorrectIn, request)
        seen = {each["id"]: each["mark"] for each in wanted["studies"]}
        _correctable(request, list(seen))
        made = overlays.correct(
            actor_in(request), list(seen), wanted["values"], reason=wanted["reason"], seen=seen
        )
        return Response({"results": CorrectionOut(made, many=True).data}, status=201)


def _correctable(request: Request, ids: list[UUID]) -> list[Study]:
    """Raises NotFound; ValidationError when they are not one patient's of one register."""
    studies = [study_found(request, each) for each in ids]
    for each in studies:
        gate.require(actor_in(request), Action.CORRECT, each)
    if len({(standing.person_id(each.patient), each.register_id) for each in studies}) > 1:
        raise serializers.ValidationError({"studies": "not of one patient in one register"})
    return studies


class Preview(Opened):
    doors = {"POST": ACT}

    @extend_schema(
        operation_id="correction_preview", tags=TAGS, request=PreviewIn, responses=PreviewsOut
    )
    def post(self, request: Request) -> Response:
        """What a correction would change, and the marks that it is made with."""
        wanted = given(PreviewIn, request)
        previews = overlays.preview(_correctable(request, wanted["studies"]), wanted["values"])
        rows = [
            {
                "study_id": each.study.id,
                "mark": each.before.mark(),
                "changed": list(each.changes),
                "refused": each.refused.reason() if each.refused else "",
            }
            for each in previews
        ]
        return Response(PreviewsOut({"results": rows}).data)


# --- one ------------------------------------------------------------------------------------------


def _found(request: Request, correction_id: UUID, action: Action) -> Correction:
    """Raises NotFound."""
    row = queries.correction(correction_id)
    require_environment(request, row.environment)
    gate.require(actor_in(request), action, row.study)
    return row


class OneCorrection(Opened):
    doors = {"GET": SEE}

    @extend_schema(operation_id="correction_read", tags=TAGS, responses=CorrectionOut)
    def get(self, request: Request, correction_id: UUID) -> Response:
        """One correction, without values."""
        return Response(CorrectionOut(_found(request, correction_id, Action.SEE_STUDY)).data)


class PairOut(serializers.Serializer[Any]):
    attribute = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class PairsOut(serializers.Serializer[Any]):
    results = PairOut(many=True)


class CorrectionValues(Opened):
    doors = {"POST": SEE}
    keeps_answers = False

    @extend_schema(
        operation_id="correction_values", tags=TAGS, request=ReasonIn, responses=PairsOut
    )
    def post(self, request: Request, correction_id: UUID) -> Response:
        """Before and after of each attribute, for a reason; the look is recorded."""
        reason = given(ReasonIn, request)["reason"]
        row = _found(request, correction_id, Action.SEE_STUDY)
        seer = replace(actor_in(request), reason=reason)
        looking.at_correction(seer, row)
        changes = StudyFacts.from_json(row.before).changes(StudyFacts.from_json(row.after))
        rows = [{"attribute": name, "before": a, "after": b} for name, (a, b) in changes.items()]
        return Response({"results": rows})


class Undo(Opened):
    doors = {"POST": ACT}

    @extend_schema(
        operation_id="correction_undo", tags=TAGS, request=ReasonIn, responses=CorrectionOut
    )
    def post(self, request: Request, correction_id: UUID) -> Response:
        """Make the study what it was before its last correction."""
        reason = given(ReasonIn, request)["reason"]
        row = _found(request, correction_id, Action.CORRECT)
        overlays.undo(actor_in(request), row, reason=reason)
        return Response(CorrectionOut(queries.correction(correction_id)).data)


# --- who may correct by sending -------------------------------------------------------------------


class PolicyShape(serializers.Serializer[Any]):
    organisation = serializers.UUIDField(
        source="organisation_id", allow_null=True, help_text="null: all without a row of their own"
    )
    metadata = serializers.BooleanField()
    note_first = serializers.BooleanField()
    retention = serializers.BooleanField()
    valid_from = day_field()
    source = code_free(200)


class PolicyIn(PolicyShape, Strict):
    """A row that holds from its day on, until a newer one does."""


class PoliciesOut(serializers.Serializer[Any]):
    results = PolicyShape(many=True)


class Policies(Opened):
    doors = {
        "GET": Door(("may-correct",), ApiScope.CORRECTIONS_READ),
        "POST": Door(("may-correct",), ApiScope.CORRECTIONS_ACT),
    }

    @extend_schema(operation_id="correction_policies", tags=TAGS, responses=PoliciesOut)
    def get(self, request: Request) -> Response:
        """What customers may correct by sending, from when."""
        return Response({"results": PolicyShape(queries.policies(), many=True).data})

    @extend_schema(
        operation_id="correction_policy_add",
        tags=TAGS,
        request=PolicyIn,
        responses={201: PolicyShape},
    )
    def post(self, request: Request) -> Response:
        """Lay down another row."""
        wanted = dict(given(PolicyIn, request))
        organisation_id = wanted.pop("organisation_id")
        if organisation_id is not None:
            customer(request, organisation_id)
        made: CorrectionPolicy = correction_policies.allow(
            actor_in(request), organisation_id, **wanted
        )
        return Response(PolicyShape(made).data, status=201)
