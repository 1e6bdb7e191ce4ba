"""What the staff tell customers: planned breaks, and notices of changed instructions."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import Announcement, ApiScope, PlannedBreak, ServicePart
from archive.services import service_status as services
from archive.services.service_status import Text
from portal.api.doors import Door, Opened, actor_in, given
from portal.api.strict import MomentField, Strict, code_free
from portal.api.watching import TAGS, BreakOut, NoticeOut, told_of

CHANGE = {"POST": Door(("status-change",), ApiScope.WATCHING_ACT)}
LANGUAGES = ("fi", "sv", "en")


class BreakIn(Strict):
    starts_at = MomentField()
    ends_at = MomentField()
    parts = serializers.ListField(
        child=serializers.ChoiceField(ServicePart.choices),
        allow_empty=False,
        max_length=len(ServicePart),
    )
    text_fi = code_free(2000)
    text_sv = code_free(2000)
    text_en = code_free(2000)


class NoticeIn(Strict):
    title_fi = code_free(200)
    title_sv = code_free(200)
    title_en = code_free(200)
    text_fi = code_free(2000)
    text_sv = code_free(2000)
    text_en = code_free(2000)
    is_acknowledged = serializers.BooleanField(default=True, help_text="by each customer")


def _in_three(told: dict[str, Any], name: str) -> Text:
    return Text(*(told[f"{name}_{language}"] for language in LANGUAGES))


class PlanBreak(Opened):
    doors = CHANGE

    @extend_schema(operation_id="break_plan", tags=TAGS, request=BreakIn, responses={201: BreakOut})
    def post(self, request: Request) -> Response:
        """Customers read of it from now on."""
        told = given(BreakIn, request)
        made = services.plan(
            actor_in(request),
            starts_at=told["starts_at"],
            ends_at=told["ends_at"],
            parts=told["parts"],
            text=_in_three(told, "text"),
        )
        return Response(BreakOut(made).data, status=201)


class CallOffBreak(Opened):
    doors = CHANGE

    @extend_schema(operation_id="break_call_off", tags=TAGS, request=None, responses={204: None})
    def post(self, request: Request, break_id: UUID) -> Response:
        """One that is not over; the same again changes nothing."""
        row = PlannedBreak.objects.filter(id=break_id).first()
        if row is None:
            raise NotFound()
        services.call_off(actor_in(request), row)
        return Response(status=204)


class PutUpNotice(Opened):
    doors = CHANGE

    @extend_schema(
        operation_id="notice_put_up", tags=TAGS, request=NoticeIn, responses={201: NoticeOut}
    )
    def post(self, request: Request) -> Response:
        """Customers read it from now on, in the language they have chosen."""
        told = given(NoticeIn, request)
        made = services.announce(
            actor_in(request),
            title=_in_three(told, "title"),
            text=_in_three(told, "text"),
            is_acknowledged=told["is_acknowledged"],
        )
        return Response(told_of(request, [made])[0], status=201)


class TakeDownNotice(Opened):
    doors = CHANGE

    @extend_schema(operation_id="notice_take_down", tags=TAGS, request=None, responses={204: None})
    def post(self, request: Request, notice_id: UUID) -> Response:
        """Who took note of it stays known; the same again changes nothing."""
        row = Announcement.objects.filter(id=notice_id).first()
        if row is None:
            raise NotFound()
        services.take_down(actor_in(request), row)
        return Response(status=204)
