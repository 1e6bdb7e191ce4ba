"""POST and GET of notices of disclosure (LG-2)."""

import logging
import re
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.edges.edge import correlation
from archive.errors import ArchiveError, NoticeInvalid
from archive.models import Case, DisclosureNotice, RegisterType
from archive.rules.disclosure import What
from archive.services import disclosure_notices
from archive.services.disclosure_notices import Entity, Notice, Receiver
from archive.values import HETU_ROOT, Oid, PatientIdentifier, Uid
from portal.api.authentication import ConnectionAuthentication
from portal.api.operation import Operation, actor_of
from portal.api.reporting import as_desk_error
from portal.api.strict import MomentField, Strict, Text, faults

log = logging.getLogger(__name__)

GROUNDS = ("permission", "emergency", "law", "other")
TOLD = frozenset({"law", "other"})  # grounds that must be told in words
MAX_ENTITIES = 500
MAX_DOCUMENTS = 200
_NOTICE_ID = r"^(urn:uuid:)?[0-9A-Fa-f-]{36}$|^(urn:oid:)?[0-2](\.(0|[1-9][0-9]*)){2,}$"


@extend_schema_serializer(component_name="DisclosureNoticePatient")
class PatientPart(Strict):
    id = serializers.CharField(max_length=64, help_text="Personal identity code or temporary id.")
    issuer = serializers.CharField(
        max_length=64, required=False, default=HETU_ROOT, help_text="OID of the id's issuer."
    )

    def validate(self, attrs: dict[str, Any]) -> PatientIdentifier:  # type: ignore[override]
        try:
            return PatientIdentifier.parse(attrs["id"], attrs["issuer"])
        except ValueError:
            raise serializers.ValidationError({"id": "invalid"}) from None


@extend_schema_serializer(component_name="DisclosureNoticeRegister")
class RegisterPart(Strict):
    type = serializers.ChoiceField(RegisterType.values, help_text="1.2.246.537.5.40150: 2, 3 or 4.")
    specifier = Text(max_length=64)


@extend_schema_serializer(component_name="DisclosureNoticeReceiver")
class ReceiverPart(Strict):
    organisation = Text(parse=Oid, required=True, max_length=64, help_text="Organisation's OID.")
    unit = Text(parse=Oid, max_length=64, help_text="Service unit's OID.")
    user_id = Text(max_length=64, help_text="The professional's id.")
    user_name = Text(max_length=200)
    user_role = Text(max_length=64, help_text="Professional right, as a code.")


@extend_schema_serializer(component_name="DisclosureNoticeEntity")
class EntityPart(Strict):
    what = serializers.ChoiceField([each.value for each in What])
    study_instance_uid = Text(parse=Uid, max_length=64)
    document_ids = serializers.ListField(
        child=Text(required=True, max_length=128), required=False, default=list,
        max_length=MAX_DOCUMENTS, help_text="uniqueIds of documents.",
    )  # fmt: skip
    service_event = Text(parse=Oid, max_length=64)

    def validate(self, attrs: dict[str, Any]) -> Entity:  # type: ignore[override]
        if not (attrs["study_instance_uid"] or attrs["document_ids"]):
            raise serializers.ValidationError({"study_instance_uid": ["required"]}, "required")
        return Entity(
            what=attrs["what"],
            study_uid=attrs["study_instance_uid"],
            document_ids=tuple(attrs["document_ids"]),
            service_event=attrs["service_event"],
        )


@extend_schema_serializer(component_name="DisclosureNotice")
class NoticePart(Strict):
    """One event of disclosure; everything that was disclosed in it is an entity."""

    id = serializers.RegexField(
        _NOTICE_ID, max_length=64, help_text="The notice's own id, a UUID or an OID."
    )
    disclosed_at = MomentField(help_text="With its offset from UTC.")
    patient = PatientPart()
    controller = Text(parse=Oid, required=True, max_length=64, help_text="Controller's OID.")
    register = RegisterPart(required=False, help_text="Without it the controller's default one.")
    receiver = ReceiverPart()
    ground = serializers.ChoiceField(GROUNDS)
    ground_text = Text(max_length=400, help_text="Section of law; demanded for law and other.")
    purpose = Text(max_length=64)
    message_id = Text(max_length=128, help_text="Of the disclosure in the sender's system.")
    entities = EntityPart(many=True, allow_empty=False, max_length=MAX_ENTITIES)

    def validate(self, attrs: dict[str, Any]) -> Notice:  # type: ignore[override]
        if attrs["ground"] in TOLD and not attrs["ground_text"]:
            raise serializers.ValidationError({"ground_text": ["required"]}, "required")
        register, receiver = attrs.get("register") or {}, attrs["receiver"]
        return Notice(
            id=attrs["id"].lower(),
            disclosed_at=attrs["disclosed_at"],
            patient=attrs["patient"],
            controller=attrs["controller"],
            register_type=register.get("type", ""),
            register_specifier=register.get("specifier", ""),
            receiver=Receiver(
                organisation=receiver["organisation"],
                unit=receiver["unit"],
                user=receiver["user_id"],
                user_name=receiver["user_name"],
                user_role=receiver["user_role"],
            ),
            ground=attrs["ground"],
            ground_text=attrs["ground_text"],
            purpose=attrs["purpose"],
            message_id=attrs["message_id"],
            entities=tuple(attrs["entities"]),
        )


@extend_schema_serializer(component_name="DisclosureNoticeAcknowledgement")
class AcknowledgementPart(serializers.Serializer[Any]):
    """What was taken in: quote `acknowledgement` when asking about it."""

    acknowledgement = serializers.UUIDField()
    notice = serializers.CharField()
    entries = serializers.IntegerField(help_text="Entries in the disclosure log.")
    disclosed_at = serializers.DateTimeField()
    received_at = serializers.DateTimeField()


EXAMPLE = OpenApiExample(
    "A study given on the patient's permission",
    {
        "id": "urn:uuid:5f1c2a4e-6a1e-4c6e-9d0a-0a8a3c1f7b11",
        "disclosed_at": "2026-11-20T10:15:00+02:00",
        "patient": {"id": "010181-900C"},
        "controller": "1.2.246.10.90000003.19.0",
        "receiver": {"organisation": "1.2.246.10.90000011.10.0", "user_id": "12345678901"},
        "ground": "permission",
        "entities": [{"what": "images", "study_instance_uid": "1.2.246.10.90000003.1"}],
    },
    request_only=True,
)


class NoticeOperation(Operation):
    """Every refusal of a known sender's is kept, and answered with the case to quote."""

    authentication_classes = (ConnectionAuthentication,)

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if self.actor is not None and not isinstance(exc, APIException):
            case_id = self._kept(as_desk_error(exc), self.actor)
            if case_id is not None and isinstance(response.data, dict):
                response.data["case"] = str(Case.objects.get(id=case_id))
        return response

    def refused(self, error: ArchiveError, actor: Actor) -> UUID | None:
        """Keep what is to be kept of a refusal; the case to quote."""
        return None

    def _kept(self, error: ArchiveError, actor: Actor) -> UUID | None:
        """The answer goes out anyhow."""
        try:
            return self.refused(error, actor)
        except DatabaseError:
            log.exception("the desk cannot be reached, exchange %s", correlation.get())
            return None


class DisclosureNotices(NoticeOperation):
    """Notices come from the Patient Data Repository, or from a customer about its own register."""

    @extend_schema(
        operation_id="disclosure_notice_create",
        summary="Report a disclosure from one's own system",
        description="Idempotent by the notice's own id: the same notice again is acknowledged as "
        "before (200), the same id with other content is refused (409).",
        request=NoticePart,
        examples=[EXAMPLE],
        responses={
            201: OpenApiResponse(AcknowledgementPart, "Taken in."),
            200: OpenApiResponse(AcknowledgementPart, "Was taken in before."),
        },
    )
    def post(self, request: Request) -> Response:
        row, is_new = disclosure_notices.take(
            actor_of(request), _notice(request), correlation_id=correlation.get()
        )
        address = f"{request.path}/{row.id}"
        return Response(_told(row), status=201 if is_new else 200, headers={"Location": address})

    def refused(self, error: ArchiveError, actor: Actor) -> UUID | None:
        return disclosure_notices.refused(
            error, actor, notice_id=_id_of(self.request), correlation_id=correlation.get()
        )


class Acknowledgement(NoticeOperation):
    @extend_schema(
        operation_id="disclosure_notice_read",
        summary="Read an acknowledgement",
        responses={
            200: AcknowledgementPart,
        },
    )
    def get(self, request: Request, acknowledgement_id: UUID) -> Response:
        return Response(
            _told(disclosure_notices.acknowledgement(actor_of(request), acknowledgement_id))
        )


def _notice(request: Request) -> Notice:
    """The message as a notice. Raises NoticeInvalid."""
    part = NoticePart(data=request.data)
    if not part.is_valid():
        raise NoticeInvalid(facts=dict(faults(part.errors)))
    notice: Notice = part.validated_data
    return notice


def _id_of(request: Request) -> str:
    """The notice's own id, if it has one that is fit to be kept."""
    try:
        told = request.data.get("id")
    except (APIException, ArchiveError, AttributeError):
        return ""
    return told.lower() if isinstance(told, str) and re.match(_NOTICE_ID, told) else ""


def _told(row: DisclosureNotice) -> dict[str, Any]:
    return {
        "acknowledgement": str(row.id),
        "notice": row.notice_id,
        "entries": row.entries,
        "disclosed_at": row.disclosed_at.isoformat(),
        "received_at": row.received_at.isoformat(),
    }
