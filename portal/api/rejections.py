"""Objects rejected by a note, and notes revoked."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive import gate
from archive.models import ApiScope, Instance, RejectedObject, Rejection, RejectionTitle, Study
from archive.queries import corrections as queries
from archive.queries import keyset
from archive.rules.access import Action
from archive.services import rejection_notes, rejections
from portal.api.cases import AfterShape
from portal.api.corrections import ListShape
from portal.api.doors import (
    Door,
    Opened,
    actor_in,
    asked,
    environment_in,
    given,
    require_environment,
)
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free
from portal.api.studies import found as study_found
from portal.forms.corrections import BY_ARCHIVIST

TAGS = ["corrections"]
SEE = Door(("rejection",), ApiScope.CORRECTIONS_READ)
ACT = Door(("reject",), ApiScope.CORRECTIONS_ACT)
MOST = 10_000  # objects named in one request


class RejectionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    environment = serializers.CharField()
    study_id = serializers.UUIDField(allow_null=True, help_text="null: its objects have not come")
    customer_id = serializers.UUIDField(source="organisation_id")
    title = serializers.ChoiceField(RejectionTitle.choices)
    reason = serializers.CharField()
    note_uid = serializers.CharField()
    made_at = serializers.DateTimeField()
    made_by = serializers.CharField(source="actor_name")
    standing = serializers.SerializerMethodField(help_text="objects that it rejects today")

    def get_standing(self, row: Rejection) -> int:
        counted = getattr(row, "standing", None)
        if counted is None:
            counted = RejectedObject.objects.filter(rejection=row, ended_at=None).count()
        return int(counted)


class RejectionsOut(serializers.Serializer[Any]):
    results = RejectionOut(many=True)
    next = serializers.URLField(allow_null=True)


class Rejections(Opened):
    doors = {"GET": Door(("corrections",), ApiScope.CORRECTIONS_READ)}

    @extend_schema(
        operation_id="rejections_list", tags=TAGS, parameters=[ListShape], responses=RejectionsOut
    )
    def get(self, request: Request) -> Response:
        """Rejection notes, the newest first."""
        after = asked(ListShape, request).get("after", "")
        environment = environment_in(request, ListShape)
        rows = queries.rejections(environment)
        page = by_key(lambda: keyset.page(rows, queries.NEWEST, after=after))
        return listed(list(RejectionOut(page.rows, many=True).data), page.following, request)


class RejectIn(Strict):
    """Which objects: by id, by series, or the whole study."""

    title = serializers.ChoiceField([each.value for each in BY_ARCHIVIST])
    reason = code_free(200, min_length=3)
    whole = serializers.BooleanField(default=False)
    series = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=MOST)
    objects = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=MOST)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not (attrs["whole"] or attrs["series"] or attrs["objects"]):
            raise serializers.ValidationError({"objects": "name objects, series or the whole"})
        return attrs


class Reject(Opened):
    doors = {"POST": ACT}

    @extend_schema(
        operation_id="study_reject", tags=TAGS, request=RejectIn, responses={201: RejectionOut}
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        """Leave objects out of the manifest, of queries and of retrieval; their bytes stay."""
        wanted = given(RejectIn, request)
        study = study_found(request, study_id)
        gate.require(actor_in(request), Action.CORRECT, study)
        chosen = _chosen(study, wanted)
        made = rejection_notes.reject(
            actor_in(request), study, chosen, wanted["title"], reason=wanted["reason"]
        )
        return Response(RejectionOut(made).data, status=201)


def _chosen(study: Study, wanted: dict[str, Any]) -> list[UUID]:
    """Of what is shown today. Raises ValidationError when that is none."""
    rows = Instance.objects.available(quality=True).filter(study=study)
    if not wanted["whole"]:
        rows = rows.filter(series_id__in=wanted["series"]) | rows.filter(id__in=wanted["objects"])
    chosen = list(rows.values_list("id", flat=True))
    if not chosen:
        raise serializers.ValidationError({"objects": "none of the study's that is shown"})
    return chosen


def _found(request: Request, rejection_id: UUID, action: Action) -> Rejection:
    """Raises NotFound."""
    row = queries.rejection(rejection_id)
    require_environment(request, row.environment)
    if row.study is not None:
        gate.require(actor_in(request), action, row.study)
    return row


class OneRejection(Opened):
    doors = {"GET": SEE}

    @extend_schema(operation_id="rejection_read", tags=TAGS, responses=RejectionOut)
    def get(self, request: Request, rejection_id: UUID) -> Response:
        """One note."""
        return Response(RejectionOut(_found(request, rejection_id, Action.SEE_STUDY)).data)


class RejectedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    sop_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    has_come = serializers.SerializerMethodField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="rejected until then")

    def get_has_come(self, row: RejectedObject) -> bool:
        return row.instance_id is not None


class RejectedsOut(serializers.Serializer[Any]):
    results = RejectedOut(many=True)
    next = serializers.URLField(allow_null=True)


class RejectedObjects(Opened):
    doors = {"GET": SEE}

    @extend_schema(
        operation_id="rejection_objects", tags=TAGS, parameters=[AfterShape], responses=RejectedsOut
    )
    def get(self, request: Request, rejection_id: UUID) -> Response:
        """The objects that a note names."""
        after = asked(AfterShape, request).get("after", "")
        row = _found(request, rejection_id, Action.SEE_STUDY)
        page = by_key(lambda: queries.rejected_by(row, after=after))
        return listed(list(RejectedOut(page.rows, many=True).data), page.following, request)


class RevokeIn(Strict):
    """All that it still rejects when no object is named."""

    reason = code_free(200, min_length=3)
    objects = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_empty=False, max_length=MOST
    )


class RevokedOut(serializers.Serializer[Any]):
    objects = serializers.IntegerField(help_text="how many are shown again")


class Revoke(Opened):
    doors = {"POST": ACT}

    @extend_schema(
        operation_id="rejection_revoke", tags=TAGS, request=RevokeIn, responses=RevokedOut
    )
    def post(self, request: Request, rejection_id: UUID) -> Response:
        """Show objects of a note again."""
        wanted = given(RevokeIn, request)
        row = _found(request, rejection_id, Action.CORRECT)
        count = rejections.revoke(
            actor_in(request), row, reason=wanted["reason"], object_ids=wanted.get("objects")
        )
        return Response({"objects": count})
