"""Traces for the staff's programs: a study, a message, an association or call over all interfaces
(SD-4). As on the pages nothing here names a patient.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import ApiScope, Case
from archive.queries import desk, messages, timeline
from portal.answers import decoded
from portal.api.doors import Door, Opened, caller_of, require_environment
from portal.api.persons import MessageOut
from portal.api.studies import TAGS, StudyOut, found
from portal.call_words import CALLS
from portal.entries import Entry
from portal.happenings import SAYINGS, told


class HappeningOut(serializers.Serializer[Any]):
    """An entry of the trace, in the words of the caller's language."""

    at = serializers.DateTimeField()
    interface = serializers.CharField()
    what = serializers.CharField()
    answer = serializers.CharField()
    reason = serializers.CharField(help_text="why somebody did it, as it was given")
    shape = serializers.ChoiceField(["done", "wait", "needs", "stop", "none"])
    cause = serializers.CharField()
    step = serializers.CharField()
    case = serializers.CharField(source="case_number")


class TraceOut(serializers.Serializer[Any]):
    study = StudyOut()
    entries = HappeningOut(many=True)


class MessageTraceOut(serializers.Serializer[Any]):
    """`studies`: of the patients whom the message was about."""

    message = MessageOut()
    studies = StudyOut(many=True)
    entries = HappeningOut(many=True)


class CallTraceOut(serializers.Serializer[Any]):
    """`studies`: those that it is known to have touched, the latest received first."""

    studies = StudyOut(many=True)
    entries = HappeningOut(many=True)


def _told(happened: list[timeline.Entry], cases: list[Case]) -> list[Entry]:
    happened.sort(key=lambda entry: entry.at)
    entries = told(happened, cases, lambda case: "", {**SAYINGS, **CALLS})
    return [replace(entry, answer=decoded(entry.answer)) for entry in entries]


class StudyTrace(Opened):
    doors = {"GET": Door(("trace-study",), ApiScope.STUDIES_READ)}

    @extend_schema(operation_id="study_trace", tags=TAGS, responses=TraceOut)
    def get(self, request: Request, study_id: UUID) -> Response:
        """What happened to a study over all interfaces, the oldest first."""
        study = found(request, study_id)
        happened = [*timeline.of_study(study), *timeline.work_on(study)]
        entries = _told(happened, desk.cases_of(study))
        return Response(TraceOut({"study": study, "entries": entries}).data)


class MessageTrace(Opened):
    doors = {"GET": Door(("trace-message",), ApiScope.STUDIES_READ)}

    @extend_schema(operation_id="message_trace", tags=TAGS, responses=MessageTraceOut)
    def get(self, request: Request, message_id: UUID) -> Response:
        """An HL7 message from coming to answer, with what it did and what went wrong."""
        message = messages.one(message_id)
        require_environment(request, message.environment)
        answer = {
            "message": message,
            "studies": messages.studies_of(message),
            "entries": _told(timeline.of_message(message), []),
        }
        context = {"is_staff": caller_of(request).person.is_staff}
        return Response(MessageTraceOut(answer, context=context).data)


class CallTrace(Opened):
    doors = {"GET": Door(("trace-association",), ApiScope.STUDIES_READ)}

    @extend_schema(operation_id="call_trace", tags=TAGS, responses=CallTraceOut)
    def get(self, request: Request, reference: UUID) -> Response:
        """All of one association or call, by the reference (`correlation_id`) of its rows."""
        happened = timeline.of_call(reference)
        if not happened:
            raise NotFound()
        for environment in timeline.environments_of_call(reference):
            require_environment(request, environment)
        answer = {
            "studies": timeline.studies_of_call(reference),
            "entries": _told(happened, []),
        }
        return Response(CallTraceOut(answer).data)
