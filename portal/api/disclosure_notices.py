"""POST and GET of notices of disclosure (LG-2)."""

import re
from typing import Any
from uuid import UUID

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
from archive.errors import ArchiveError, NoticeInvalid
from archive.models import DisclosureNotice, RegisterType
from archive.rules.disclosure import What
from archive.services import disclosure_notices
from archive.services.disclosure_notices import Entity, Notice, Receiver
from archive.values import HETU_ROOT, Oid, PatientIdentifier, Uid
from portal.api.fields import Instant, Message, Text, faults
from portal.api.peers import PeerView

GROUNDS = ("permission", "emergency", "law", "other")
TOLD = frozenset({"law", "other"})  # grounds that must be told in words
MAX_ENTITIES = 500
MAX_DOCUMENTS = 200
_NOTICE_ID = r"^(urn:uuid:)?[0-9A-Fa-f-]{36}$|^(urn:oid:)?[0-2](\.(0|[1-9][0-9]*)){2,}$"


@extend_schema_serializer(component_name="DisclosureNoticePatient")
class PatientPart(Message):
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
class RegisterPart(Message):
    type = serializers.ChoiceField(RegisterType.values, help_text="1.2.246.537.5.40150: 2, 3 or 4.")
    specifier = Text(max_length=64)


@extend_schema_serializer(component_name="DisclosureNoticeReceiver")
class ReceiverPart(Message):
    organisation = Text(parse=Oid, required=True, max_length=64, help_text="Organisation's OID.")
    unit = Text(parse=Oid, max_length=64, help_text="Service unit's OID.")
    user_id = Text(max_length=64, help_text="The professional's id.")
    user_name = Text(max_length=200)
    user_role = Text(max_length=64, help_text="Professional right, as a code.")


@extend_schema_serializer(component_name="DisclosureNoticeEntity")
class EntityPart(Message):
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
class NoticePart(Message):
    """One event of disclosure; everything that was disclosed in it is an entity."""

    id = serializers.RegexField(
        _NOTICE_ID, max_length=64, help_text="The notice's own id, a UUID or an OID."
    )
    disclosed_at = Instant(help_text="With its offset from UTC.")
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


class FieldProblem(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="JSON pointer into the message.")
    detail = serializers.CharField()


@extend_schema_serializer(component_name="Problem")
class ProblemPart(serializers.Serializer[Any]):
    """RFC 9457. `case` is the number to quote to technical support."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(required=False)
    errors = FieldProblem(many=True, required=False)
    correlation_id = serializers.UUIDField(required=False)
    case = serializers.CharField(required=False)


def _problem(text: str) -> OpenApiResponse:
    return OpenApiResponse(ProblemPart, text)


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
REFUSALS = {
    (401, "application/problem+json"): _problem("Credentials are nobody's."),
    (503, "application/problem+json"): _problem("Try later; Retry-After says when."),
}


class DisclosureNotices(PeerView):
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
            (400, "application/problem+json"): _problem("Not JSON."),
            (403, "application/problem+json"): _problem("Of another controller's register."),
            (404, "application/problem+json"): _problem("Names what is not known here."),
            (409, "application/problem+json"): _problem("The id was used for other content."),
            (422, "application/problem+json"): _problem("A field breaks a rule."),
            **REFUSALS,
        },
    )
    def post(self, request: Request) -> Response:
        row, is_new = disclosure_notices.take(
            self.asker(), _notice(request), correlation_id=self.correlation_id
        )
        address = f"{request.path}/{row.id}"
        return Response(_told(row), status=201 if is_new else 200, headers={"Location": address})

    def refused(self, error: ArchiveError, actor: Actor) -> UUID | None:
        return disclosure_notices.refused(
            error, actor, notice_id=_id_of(self.request), correlation_id=self.correlation_id
        )


class Acknowledgement(PeerView):
    @extend_schema(
        operation_id="disclosure_notice_read",
        summary="Read an acknowledgement",
        responses={
            200: AcknowledgementPart,
            (404, "application/problem+json"): _problem("Nothing of this id was acknowledged."),
            **REFUSALS,
        },
    )
    def get(self, request: Request, acknowledgement_id: UUID) -> Response:
        return Response(_told(disclosure_notices.acknowledgement(self.asker(), acknowledgement_id)))


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
    except (APIException, AttributeError):
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
