"""How it is learned by when systems send: dated rows, added by administrators, never rewritten."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import ApiScope
from archive.rules.silence import Learning
from archive.services import silence_learning as services
from archive.services.silence_learning import MOST_WEEKS
from portal.api.case_acts import ReasonIn
from portal.api.doors import Door, Opened, actor_in, given, require_environment
from portal.api.strict import code_free, day_field
from portal.api.watching import TAGS


class LearningOut(serializers.Serializer[Any]):
    """From the same day of so many weeks, of which so many must have been seen and so few may have
    been silent; in force until another begins.
    """

    id = serializers.UUIDField()
    weeks = serializers.IntegerField()
    least_days = serializers.IntegerField()
    most_silent = serializers.IntegerField()
    valid_from = serializers.DateField()
    source = serializers.CharField()


class LearningsOut(serializers.Serializer[Any]):
    results = LearningOut(many=True)


class LearningIn(ReasonIn):
    first_day = day_field(help_text="to come")
    weeks = serializers.IntegerField(min_value=1, max_value=MOST_WEEKS)
    least_days = serializers.IntegerField(min_value=1, max_value=MOST_WEEKS)
    most_silent = serializers.IntegerField(min_value=0, max_value=MOST_WEEKS)
    source = code_free(200, default="", allow_blank=True)


class Learnings(Opened):
    doors = {
        "GET": Door(("silence-learning",), ApiScope.WATCHING_READ),
        "POST": Door(("silence-learning-change",), ApiScope.RULES_ACT),
    }

    @extend_schema(operation_id="silence_learning_list", tags=TAGS, responses=LearningsOut)
    def get(self, request: Request) -> Response:
        """All of them, the latest first."""
        rows = [each.row for each in services.every()]
        return Response({"results": LearningOut(rows, many=True).data})

    @extend_schema(
        operation_id="silence_learning_add",
        tags=TAGS,
        request=LearningIn,
        responses={201: LearningOut},
    )
    def post(self, request: Request) -> Response:
        """Learn otherwise from a day on, in both environments."""
        wanted = given(LearningIn, request)
        require_environment(request, "")
        learning = Learning(wanted["weeks"], wanted["least_days"], wanted["most_silent"])
        told = {name: wanted[name] for name in ("first_day", "source", "reason")}
        return Response(
            LearningOut(services.add(actor_in(request), learning, **told)).data, status=201
        )
