"""Studies for the staff's programs: lists, where one is, what can be done about it. As on the pages
nothing here names a patient.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive import gate
from archive.actors import Actor
from archive.models import ApiScope, Study, StudyState
from archive.queries import studies as queries
from archive.queries import study as one_study
from archive.rules.access import Action
from archive.services import notices, patient_search, registration, retries
from archive.values import HETU_ROOT, PatientIdentifier
from portal.api.doors import (
    Door,
    EnvironmentShape,
    Opened,
    accepted,
    actor_in,
    asked,
    environment_in,
    environment_of_body,
    given,
    require_environment,
)
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free, day_field, oid_field

TAGS = ["studies"]
MOST = 200  # studies of one patient in one answer


class StudyOut(serializers.Serializer[Any]):
    """A study as the list of studies shows it."""

    id = serializers.UUIDField()
    environment = serializers.CharField()
    study_instance_uid = serializers.CharField()
    accession_number = serializers.CharField()
    customer = serializers.CharField(source="register.organisation.name")
    customer_id = serializers.UUIDField(source="register.organisation_id")
    system = serializers.CharField(source="connection.__str__", allow_null=True)
    state = serializers.ChoiceField(StudyState.choices)
    waits_for = serializers.SerializerMethodField(help_text="Kinds of document still missing.")
    study_code = serializers.CharField()
    modalities = serializers.ListField(child=serializers.CharField())
    instances = serializers.IntegerField(source="instance_count")
    bytes = serializers.IntegerField(source="byte_count")
    received_at = serializers.DateTimeField()
    committed_at = serializers.DateTimeField(allow_null=True)
    registered_at = serializers.DateTimeField(allow_null=True)

    def get_waits_for(self, row: Study) -> list[str]:
        return [kind for kind in row.waits_for.split(",") if kind]


class StudiesOut(serializers.Serializer[Any]):
    results = StudyOut(many=True)
    next = serializers.URLField(allow_null=True)


class StudyFiltersShape(EnvironmentShape):
    """How the list is narrowed; never by a patient's code, which stands in no address."""

    organisation = serializers.UUIDField(required=False, help_text="customer's id")
    state = serializers.ChoiceField(StudyState.choices, required=False)
    modality = code_free(16, required=False)
    study_code = code_free(5, required=False)
    accession_number = code_free(64, required=False)
    received_from = day_field(required=False)
    received_until = day_field(required=False)
    after = code_free(100, required=False, help_text="as `next` has it")


class Studies(Opened):
    doors = {"GET": Door(("studies",), ApiScope.STUDIES_READ)}

    @extend_schema(
        operation_id="studies_list", tags=TAGS, parameters=[StudyFiltersShape], responses=StudiesOut
    )
    def get(self, request: Request) -> Response:
        """Studies, the latest received first."""
        told_us = asked(StudyFiltersShape, request)
        after = told_us.pop("after", "")
        told_us["organisation_id"] = told_us.pop("organisation", None)
        told_us["environment"] = environment_in(request, StudyFiltersShape)
        rows = queries.narrowed(queries.Filters(**told_us))
        rows = gate.visible(rows, actor_in(request), Action.SEE_STUDY)
        page = by_key(lambda: queries.page(rows, older_than=after))
        return listed(list(StudyOut(page.rows, many=True).data), page.older, request)


class PatientIn(Strict):
    id = serializers.CharField(max_length=64)
    issuer = oid_field(required=False, default=HETU_ROOT)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"identifier": PatientIdentifier.parse(attrs["id"], attrs["issuer"])}
        except ValueError:
            raise serializers.ValidationError({"id": "no valid patient id"}) from None


class SearchIn(Strict):
    patient = PatientIn()
    reason = code_free(200, min_length=3, help_text="why; it is recorded")
    environment = serializers.ChoiceField(["production", "test"], required=False)


class SearchOut(serializers.Serializer[Any]):
    results = StudyOut(many=True)


class StudySearch(Opened):
    doors = {"POST": Door(("patient-search",), ApiScope.STUDIES_READ)}
    keeps_answers = False

    @extend_schema(operation_id="studies_search", tags=TAGS, request=SearchIn, responses=SearchOut)
    def post(self, request: Request) -> Response:
        """One patient's studies, by exact id and for a reason; asking is recorded."""
        wanted = given(SearchIn, request)
        environment = environment_of_body(request, wanted.get("environment", ""))
        actor = replace(actor_in(request), reason=wanted["reason"])
        patient = patient_search.find(
            actor, environment, wanted["patient"]["identifier"], wanted["reason"]
        )
        if patient is None:
            return Response({"results": []})
        rows = queries.narrowed(queries.Filters(environment, patient_id=patient.id))
        rows = gate.visible(rows, actor, Action.SEE_PATIENT).order_by("-received_at", "-id")
        return Response({"results": StudyOut(rows[:MOST], many=True).data})


# --- one ------------------------------------------------------------------------------------------


def found(request: Request, study_id: UUID) -> Study:
    """Raises NotFound."""
    study = one_study.one(study_id)
    gate.require(actor_in(request), Action.SEE_STUDY, study)
    require_environment(request, study.environment)
    return study


class OneStudy(Opened):
    doors = {"GET": Door(("trace-study",), ApiScope.STUDIES_READ)}

    @extend_schema(operation_id="study_read", tags=TAGS, responses=StudyOut)
    def get(self, request: Request, study_id: UUID) -> Response:
        """One study."""
        return Response(StudyOut(found(request, study_id)).data)


class OwedOut(serializers.Serializer[Any]):
    """How many pieces of work were set going; the trace tells how they went."""

    owed = serializers.IntegerField()


def _doing(operation_id: str, say: str, act: Callable[[Actor, Study], int]) -> type[Opened]:
    class Doing(Opened):
        doors = {"POST": Door(("study",), ApiScope.STUDIES_ACT)}

        @extend_schema(
            operation_id=operation_id,
            description=say,
            tags=TAGS,
            request=None,
            responses={202: OwedOut},
        )
        def post(self, request: Request, study_id: UUID) -> Response:
            actor = actor_in(request)
            study = found(request, study_id)
            gate.require(actor, Action.ACT, study)
            return accepted(owed=act(actor, study))

    return Doing


def _register(actor: Actor, study: Study) -> int:
    registration.register_again(actor, study)
    return 1


Register = _doing("study_register", "Register the study again.", _register)
Notice = _doing("study_notice", "Send its confirmations again.", notices.send_again)
Retry = _doing("study_retry", "Try again what failed on it.", retries.retry_study)
