"""What names a patient, whole: whose a study is, all that is registered of a document, messages as
they came. To a person, for a reason, and the look is recorded as on the pages; no answer is kept.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.models import ApiScope, RegistryMessage
from archive.objects.registry import DocumentEntry
from archive.queries import messages, registry, registry_messages
from archive.services import looking
from portal.api import persons, studies
from portal.api import registry as entries
from portal.api.case_acts import ReasonIn
from portal.api.doors import Door, Opened, given, person_in, require_environment
from portal.hl7_words import parts
from portal.registry_words import earlier, lines, pretty


class Look(Opened):
    """A look of a person's own, each time."""

    keeps_answers = False


def _door(name: str) -> dict[str, Door]:
    return {"POST": Door((name,), ApiScope.PATIENTS_READ)}


def _seer(request: Request) -> Actor:
    """Raises ValidationError without a reason, PermissionDenied for a system's token."""
    reason = given(ReasonIn, request)["reason"]
    return replace(person_in(request), reason=reason)


# --- a study --------------------------------------------------------------------------------------


class StudysPatientOut(serializers.Serializer[Any]):
    """As the objects name the patient."""

    id = serializers.CharField(source="identifier")
    issuer = serializers.CharField()
    name = serializers.CharField(help_text="as in DICOM: family^given")


class StudyPatient(Look):
    doors = _door("study")

    @extend_schema(
        operation_id="study_patient",
        tags=studies.TAGS,
        request=ReasonIn,
        responses=StudysPatientOut,
    )
    def post(self, request: Request, study_id: UUID) -> Response:
        """Whose the study is."""
        seer = _seer(request)
        study = studies.found(request, study_id)
        looking.at_study(seer, study, shown="code and name")
        return Response(StudysPatientOut(study.patient).data)


# --- a registered document ------------------------------------------------------------------------


class EarlierOut(serializers.Serializer[Any]):
    """What the version said otherwise than the one after it."""

    version = serializers.IntegerField(source="number")
    replaced_at = serializers.DateTimeField()
    attributes = entries.AttributeOut(many=True, source="lines")


class SentOut(entries.RegistryMessageOut):
    """Both texts are empty when their time of keeping is over, and cut where they are endless."""

    received = serializers.SerializerMethodField()
    answered = serializers.SerializerMethodField()

    def get_received(self, row: RegistryMessage) -> str:
        return pretty(bytes(row.request)) if row.request else ""

    def get_answered(self, row: RegistryMessage) -> str:
        return pretty(bytes(row.answer)) if row.answer else ""


class DocumentWholeOut(serializers.Serializer[Any]):
    attributes = entries.AttributeOut(many=True)
    earlier = EarlierOut(many=True, help_text="versions of the metadata, the latest first")
    messages = SentOut(many=True, help_text="by which it came and was changed, the earliest first")


class DocumentWhole(Look):
    doors = _door("registry-entry")

    @extend_schema(
        operation_id="registry_whole",
        tags=entries.TAGS,
        request=ReasonIn,
        responses=DocumentWholeOut,
    )
    def post(self, request: Request, document_id: UUID) -> Response:
        """All that is registered of a document, with what names the patient, and the messages it
        came by.
        """
        seer = _seer(request)
        row = registry.one(document_id)
        require_environment(request, row.environment)
        looking.at_document(seer, row)
        body = {
            "attributes": lines(DocumentEntry.from_json(row.metadata), whole=True),
            "earlier": earlier(row, whole=True),
            "messages": registry.messages(row),
        }
        return Response(DocumentWholeOut(body).data)


class RegistryMessageWhole(Look):
    doors = _door("registry-message")

    @extend_schema(
        operation_id="registry_message_whole",
        tags=entries.TAGS,
        request=ReasonIn,
        responses=SentOut,
    )
    def post(self, request: Request, message_id: UUID) -> Response:
        """A SOAP message as it was received and answered."""
        seer = _seer(request)
        row = registry_messages.one(message_id)
        require_environment(request, row.environment)
        looking.at_registry_message(seer, row)
        return Response(SentOut(row).data)


# --- an HL7 message -------------------------------------------------------------------------------


class FieldOut(serializers.Serializer[Any]):
    """`name` is in the words of the caller's language."""

    place = serializers.CharField(help_text="as PID-3")
    name = serializers.CharField()
    value = serializers.CharField()


class BeforeOut(serializers.Serializer[Any]):
    """The patient's data before the message changed them."""

    name = serializers.CharField()
    birth_date = serializers.CharField()
    sex = serializers.CharField()


class MessageWholeOut(serializers.Serializer[Any]):
    """Nothing of a message whose time of keeping is over."""

    fields_received = FieldOut(many=True)
    fields_answered = FieldOut(many=True)
    before = BeforeOut(allow_null=True)


class MessageWhole(Look):
    doors = _door("message")

    @extend_schema(
        operation_id="message_whole",
        tags=persons.TAGS,
        request=ReasonIn,
        responses=MessageWholeOut,
    )
    def post(self, request: Request, message_id: UUID) -> Response:
        """An HL7 message as it was received and answered, field by field."""
        seer = _seer(request)
        row = messages.one(message_id)
        require_environment(request, row.environment)
        looking.at_message(seer, row)
        body = {
            "fields_received": _fields(bytes(row.raw)),
            "fields_answered": _fields(bytes(row.answer)),
            "before": messages.before(row),
        }
        return Response(MessageWholeOut(body).data)


def _fields(raw: bytes) -> list[Any]:
    return [line for part in parts(raw, whole=True) for line in part.lines]
