"""How interfaces fare, alarms with who looks after them, and the state of the service: for the
operator's monitoring, and for customers' programs what their people read.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import (
    Alarm,
    Announcement,
    ApiScope,
    Interface,
    Measure,
    ServicePart,
    Severity,
)
from archive.queries import alarms as alarm_queries
from archive.queries import interface_health, keyset, service_status
from archive.services import alarms, silence
from archive.services import service_status as status_services
from portal import alarm_words
from portal.api.case_acts import ReasonIn
from portal.api.cases import AfterShape, own_of
from portal.api.corrections import ListShape
from portal.api.doors import (
    Door,
    Opened,
    actor_in,
    asked,
    caller_of,
    environment_in,
    given,
    person_in,
    require_environment,
)
from portal.api.operation import by_key, listed

TAGS = ["watching"]
STATUS = {"GET": Door(("status", "own-status"), ApiScope.WATCHING_READ)}


# --- interfaces -----------------------------------------------------------------------------------


class InterfaceOut(serializers.Serializer[Any]):
    """One system of a customer at one interface, over the last day."""

    id = serializers.UUIDField(source="channel.id")
    environment = serializers.CharField(source="channel.environment")
    customer_id = serializers.UUIDField(source="channel.organisation_id")
    connection_id = serializers.UUIDField(source="channel.connection_id", allow_null=True)
    interface = serializers.ChoiceField(Interface.choices, source="channel.interface")
    good = serializers.IntegerField(source="day.good", help_text="exchanges that went through")
    failed = serializers.IntegerField(source="day.failed")
    mean_ms = serializers.FloatField(source="day.mean_ms", allow_null=True)
    waiting = serializers.IntegerField(allow_null=True, help_text="owed to it; null: nothing ever")
    last_good_at = serializers.DateTimeField(source="channel.good_at", allow_null=True)
    last_failed_at = serializers.DateTimeField(source="channel.failed_at", allow_null=True)
    expected_by = serializers.DateTimeField(source="channel.expected_by", allow_null=True)
    minutes_late = serializers.FloatField(source="late", help_text="0: not silent")
    needs_a_look = serializers.BooleanField()


class InterfacesOut(serializers.Serializer[Any]):
    results = InterfaceOut(many=True)
    next = serializers.URLField(allow_null=True)


class Interfaces(Opened):
    doors = {"GET": Door(("interfaces", "own-status"), ApiScope.WATCHING_READ)}

    @extend_schema(
        operation_id="interfaces_list", tags=TAGS, parameters=[ListShape], responses=InterfacesOut
    )
    def get(self, request: Request) -> Response:
        """Interfaces that were heard of lately; of a customer its own."""
        after = asked(ListShape, request).get("after", "")
        environment = environment_in(request, ListShape)
        rows = interface_health.channels(environment)
        own = own_of(caller_of(request))
        if own is not None:
            rows = rows.filter(organisation__in=own)
        page = by_key(lambda: keyset.page(rows, (keyset.Key("id", UUID),), after=after))
        lines = interface_health.lines(page.rows, environment)
        lines.sort(key=lambda line: line.channel.id)
        return listed(list(InterfaceOut(lines, many=True).data), page.following, request)


class ExpectedIn(ReasonIn):
    """Either learned from its own weeks, or laid down: the days of the week, 0 being Monday, and
    the time in Finland by which something should have come. No days, `[]`: never.
    """

    learned = serializers.BooleanField(default=False)
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), required=False, max_length=7
    )
    by = serializers.TimeField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["learned"] == ("weekdays" in attrs):
            raise serializers.ValidationError({"weekdays": "either learned or days, [] for never"})
        if attrs["learned"] and attrs["by"] is not None:
            raise serializers.ValidationError({"by": "what is learned has its own time"})
        return attrs


class ExpectedOut(serializers.Serializer[Any]):
    expected_by = serializers.DateTimeField(allow_null=True)


class Expected(Opened):
    doors = {"POST": Door(("interface-expected",), ApiScope.WATCHING_ACT)}

    @extend_schema(
        operation_id="interface_expect", tags=TAGS, request=ExpectedIn, responses=ExpectedOut
    )
    def post(self, request: Request, channel_id: UUID) -> Response:
        """Say when something should come at an interface; it counts from today on."""
        wanted, actor = given(ExpectedIn, request), actor_in(request)
        row = interface_health.channels().filter(id=channel_id).first()
        if row is None or row.interface not in silence.SENDERS:
            raise NotFound()
        require_environment(request, row.environment)
        learned, reason = wanted.pop("learned"), wanted["reason"]
        if learned:
            silence.learn_again(actor, row, reason=reason)
        else:
            silence.lay_down(actor, row, **wanted)
        row.refresh_from_db()
        return Response(ExpectedOut(row).data)


# --- alarms ---------------------------------------------------------------------------------------


class AlarmOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    rule = serializers.CharField(source="rule.name")
    measure = serializers.ChoiceField(Measure.choices, source="rule.measure")
    severity = serializers.ChoiceField(Severity.choices, source="rule.severity")
    about = serializers.SerializerMethodField(help_text="in words")
    environment = serializers.CharField(help_text="empty: of both")
    customer_id = serializers.UUIDField(source="organisation_id", allow_null=True)
    interface_id = serializers.UUIDField(source="channel_id", allow_null=True)
    value = serializers.FloatField()
    worst = serializers.FloatField()
    raised_at = serializers.DateTimeField()
    cleared_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.SerializerMethodField()
    note = serializers.CharField()

    def get_about(self, row: Alarm) -> str:
        return alarm_words.about(row)

    def get_acknowledged_by(self, row: Alarm) -> str:
        user = row.acknowledged_by
        return (user.get_full_name() or user.get_username()) if user else ""


class AlarmsOut(serializers.Serializer[Any]):
    results = AlarmOut(many=True)
    next = serializers.URLField(allow_null=True)


class AlarmsShape(ListShape):
    cleared = serializers.BooleanField(default=False, help_text="true: those that are over")


class Alarms(Opened):
    doors = {"GET": Door(("alarms",), ApiScope.WATCHING_READ)}

    @extend_schema(
        operation_id="alarms_list", tags=TAGS, parameters=[AlarmsShape], responses=AlarmsOut
    )
    def get(self, request: Request) -> Response:
        """Alarms that stand open, or that are over; the latest raised first."""
        wanted = asked(AlarmsShape, request)
        read = alarm_queries.cleared if wanted["cleared"] else alarm_queries.standing
        rows, after = read(environment_in(request, AlarmsShape)), wanted.get("after", "")
        page = by_key(lambda: keyset.page(rows, alarm_queries.NEWEST, after=after))
        return listed(list(AlarmOut(page.rows, many=True).data), page.following, request)


class AcknowledgeAlarm(Opened):
    doors = {"POST": Door(("alarm-acknowledge",), ApiScope.WATCHING_ACT)}

    @extend_schema(
        operation_id="alarm_acknowledge", tags=TAGS, request=ReasonIn, responses=AlarmOut
    )
    def post(self, request: Request, alarm_id: UUID) -> Response:
        """The caller, a person, looks after it. Of one that somebody looks after already, the
        answer says who.
        """
        row = alarm_queries.one(alarm_id)
        if row.environment:
            require_environment(request, row.environment)
        actor = person_in(request)
        alarms.acknowledge(actor, row, note=given(ReasonIn, request)["reason"])
        return Response(AlarmOut(alarm_queries.one(alarm_id)).data)


# --- the state of the service ---------------------------------------------------------------------


class PartOut(serializers.Serializer[Any]):
    part = serializers.ChoiceField(ServicePart.choices)
    answers = serializers.BooleanField()
    on_break = serializers.BooleanField(help_text="a planned break is on")


class BreakOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    parts = serializers.ListField(child=serializers.ChoiceField(ServicePart.choices))
    text = serializers.CharField()


class StatusOut(serializers.Serializer[Any]):
    parts = PartOut(many=True)
    breaks = BreakOut(many=True, help_text="that are on or to come")


class Status(Opened):
    doors = STATUS

    @extend_schema(operation_id="status_read", tags=TAGS, responses=StatusOut)
    def get(self, request: Request) -> Response:
        """What answers, and what is planned."""
        told = {"parts": service_status.parts(), "breaks": service_status.breaks()}
        return Response(StatusOut(told).data)


class NoticeOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    text = serializers.CharField()
    made_at = serializers.DateTimeField()
    is_acknowledged = serializers.BooleanField(help_text="each customer acknowledges it")
    waits_for = serializers.SerializerMethodField(
        help_text="ids of the caller's own organisations that have not acknowledged"
    )

    def get_waits_for(self, row: Announcement) -> list[UUID]:
        if not row.is_acknowledged:
            return []
        done = {each.organisation_id for each in self.context["receipts"].get(row.id, ())}
        return [each for each in self.context["own"] if each not in done]


def told_of(request: Request, rows: Sequence[Announcement]) -> list[Any]:
    own = own_of(caller_of(request)) or ()
    context = {"own": own, "receipts": service_status.receipts_of(own)}
    return list(NoticeOut(rows, many=True, context=context).data)


class NoticesOut(serializers.Serializer[Any]):
    results = NoticeOut(many=True)
    next = serializers.URLField(allow_null=True)


class Notices(Opened):
    doors = STATUS

    @extend_schema(
        operation_id="notices_list", tags=TAGS, parameters=[AfterShape], responses=NoticesOut
    )
    def get(self, request: Request) -> Response:
        """Notices to customers, the newest first."""
        after, rows = asked(AfterShape, request).get("after", ""), service_status.announcements()
        page = by_key(lambda: keyset.page(rows, service_status.NEWEST, after=after))
        return listed(told_of(request, page.rows), page.following, request)


class AcknowledgeNotice(Opened):
    doors = {"POST": Door(("announcement-read",), ApiScope.WATCHING_ACT)}

    @extend_schema(operation_id="notice_acknowledge", tags=TAGS, request=None, responses=NoticeOut)
    def post(self, request: Request, notice_id: UUID) -> Response:
        """By a person, for every organisation of the person's that has not yet."""
        row = service_status.announcements().filter(id=notice_id).first()
        if row is None:
            raise NotFound()
        person = person_in(request)
        for each in own_of(caller_of(request)) or ():
            actor = replace(person, organisation_id=each)
            status_services.acknowledge(actor, row, each)
        return Response(told_of(request, [row])[0])
