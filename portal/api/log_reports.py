"""Who has seen: a report on a patient or a controller's register, as JSON and as PDF. Entries older
than the law gives without one need a special reason; each showing is recorded (LG-3).
"""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import ApiScope, Environment, LogRuleKey
from archive.queries import log_rules
from archive.queries.log_subjects import controllers
from archive.queries.who_has_seen import MOST
from archive.services import patient_search
from archive.values import today, uuid7
from portal import log_pdf, log_reports
from portal.api.doors import Door, Opened, environment_of_body, given
from portal.api.logs import TAGS, DisclosedEntryOut, UseEntryOut, disclosed, reader_in, used
from portal.api.papers import PDF, Paper, named
from portal.api.strict import Strict, code_free, day_field
from portal.api.studies import PatientIn
from portal.log_reports import Asked

DOOR = {"POST": Door(("who-has-seen",), ApiScope.LOGS_READ)}


class WhoHasSeenIn(Strict):
    """On a patient, or on a controller's register. Days further back than the law gives without a
    special reason need one.
    """

    patient = PatientIn(required=False)
    controller = code_free(64, required=False, help_text="OID")
    since = day_field()
    until = day_field(help_text="today at the latest")
    reason = code_free(200, min_length=3, help_text="why; it is recorded")
    special_reason = code_free(200, min_length=3, required=False)
    environment = serializers.ChoiceField(Environment.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        day = today()
        free_from = log_rules.years_before(day, log_rules.number(LogRuleKey.REPORT_YEARS, day))
        if ("patient" in attrs) == ("controller" in attrs):
            raise serializers.ValidationError({"patient": "either a patient or a controller"})
        if not attrs["since"] <= attrs["until"] <= day:
            raise serializers.ValidationError({"until": "from the first day to today"})
        if attrs["since"] < free_from and "special_reason" not in attrs:
            raise serializers.ValidationError({"special_reason": "is needed for days so long ago"})
        return attrs

    def validate_controller(self, told: str) -> str:
        if told not in {each.controller_oid for each in controllers()}:
            raise serializers.ValidationError("is no controller's")
        return told


class ReceiverOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    entries = serializers.IntegerField()
    last_at = serializers.DateTimeField()


class WhoHasSeenOut(serializers.Serializer[Any]):
    """The newest entries, and all by receiver. `looks` are the operator's staff's, of a patient."""

    count = serializers.IntegerField(help_text="of what was given; counted to 10,001")
    is_cut = serializers.BooleanField(help_text="more was given than is told one by one")
    receivers = ReceiverOut(many=True)
    given = DisclosedEntryOut(many=True)
    looks = UseEntryOut(many=True)


def _asked(request: Request) -> tuple[Actor, Asked]:
    """Raises NotFound when nothing is here of the patient; that was asked is recorded."""
    wanted, actor = given(WhoHasSeenIn, request), reader_in(request)
    environment, patient_id = environment_of_body(request, wanted.get("environment", "")), ""
    if "patient" in wanted:
        identifier = wanted["patient"]["identifier"]
        found = patient_search.find(actor, environment, identifier, wanted["reason"])
        if found is None:
            raise NotFound()
        patient_id = str(found.id)
    return actor, Asked(
        environment=environment,
        patient_id=patient_id,
        controller=wanted.get("controller", ""),
        since=wanted["since"].isoformat(),
        until=wanted["until"].isoformat(),
        reason=wanted["reason"],
        special_reason=wanted.get("special_reason", ""),
    )


class WhoHasSeen(Opened):
    doors = DOOR
    keeps_answers = False

    @extend_schema(
        operation_id="who_has_seen", tags=TAGS, request=WhoHasSeenIn, responses=WhoHasSeenOut
    )
    def post(self, request: Request) -> Response:
        """Who has seen a patient's data, or what of a register, in a time."""
        seen = log_reports.read(*_asked(request))
        names = ("name", "entries", "last_at")
        rows = [dict(zip(names, row, strict=True)) for row in log_reports.receivers(seen)]
        told = {
            "count": seen.count,
            "is_cut": seen.count > MOST,
            "receivers": ReceiverOut(rows, many=True).data,
            "given": disclosed(seen.given),
            "looks": used(seen.looks),
        }
        return Response(told)


class WhoHasSeenPaper(Paper):
    doors = DOOR
    keeps_answers = False

    @extend_schema(
        operation_id="who_has_seen_paper", tags=TAGS, request=WhoHasSeenIn, responses=PDF
    )
    def post(self, request: Request) -> Response:
        """The same as PDF; the patient stands in it masked."""
        actor, asked = _asked(request)
        number = str(uuid7())
        content = log_pdf.made(log_reports.told(actor, asked, number))
        return named(content, f"who-has-seen-{number}")
