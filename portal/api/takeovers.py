"""Take-over of local archives before they are closed: a list of studies against what is stored,
committed and registered (AR-12). The staff see all, a customer its own.
"""

from io import BytesIO
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import (
    ApiScope,
    Environment,
    LineOutcome,
    Takeover,
    TakeoverLine,
    TakeoverSource,
    TakeoverState,
)
from archive.queries import keyset
from archive.queries import takeovers as queries
from archive.services import takeovers as services
from archive.services.takeovers import Upload
from archive.values import today
from portal.api.cases import AfterShape
from portal.api.corrections import ListShape
from portal.api.customers import customer, own
from portal.api.doors import (
    Door,
    Opened,
    actor_in,
    asked,
    caller_of,
    environment_in,
    environment_of_body,
    given,
    require_environment,
)
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free, day_field

TAGS = ["take-overs"]
ONE = {"GET": Door(("takeover",), ApiScope.TAKEOVERS_READ)}
START = Door(("takeover-start",), ApiScope.TAKEOVERS_ACT)
NEWEST = (keyset.Key("made_at", keyset.moment, True), keyset.Key("id", UUID, True))


class TakeoverOut(serializers.Serializer[Any]):
    """`outcome` has the lines by what they lack; `lacking` is how many are not yet stored,
    committed and registered.
    """

    id = serializers.UUIDField()
    environment = serializers.CharField()
    customer_id = serializers.UUIDField(source="organisation_id")
    name = serializers.CharField(help_text="of the list, or of the system that is asked")
    source = serializers.ChoiceField(TakeoverSource.choices)
    connection_id = serializers.UUIDField(allow_null=True)
    first_day = serializers.DateField(allow_null=True)
    last_day = serializers.DateField(allow_null=True)
    asked_until = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(TakeoverState.choices)
    listed = serializers.IntegerField(help_text="studies")
    faulty = serializers.IntegerField(help_text="lines that name no study")
    uncounted = serializers.IntegerField(help_text="lines that say no number of objects")
    compared = serializers.IntegerField()
    compared_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.DictField(child=serializers.IntegerField())
    lacking = serializers.SerializerMethodField()
    sha256 = serializers.CharField(help_text="over every line and its outcome")
    error = serializers.CharField()
    made_by = serializers.CharField()
    made_at = serializers.DateTimeField()

    def get_lacking(self, row: Takeover) -> int:
        return queries.lacking(row)


class TakeoversOut(serializers.Serializer[Any]):
    results = TakeoverOut(many=True)
    next = serializers.URLField(allow_null=True)


class StudyListIn(Strict):
    """CSV with a heading: study_uid or accession or both, study_date and instances if there are.
    Patients' names and codes are to be left out; they are not read. A list that is too long for a
    message is given on the page.
    """

    organisation = serializers.UUIDField(help_text="customer's id")
    environment = serializers.ChoiceField(Environment.choices, required=False)
    name = code_free(200)
    content = serializers.CharField(trim_whitespace=False)


def _visible(request: Request) -> QuerySet[Takeover]:
    return Takeover.objects.filter(organisation__in=own(caller_of(request)))


class Takeovers(Opened):
    doors = {
        "GET": Door(("takeovers", "own-takeovers"), ApiScope.TAKEOVERS_READ),
        "POST": START,
    }

    @extend_schema(
        operation_id="takeovers_list", tags=TAGS, parameters=[ListShape], responses=TakeoversOut
    )
    def get(self, request: Request) -> Response:
        """Take-overs, the latest first."""
        after = asked(ListShape, request).get("after", "")
        rows = _visible(request).filter(environment=environment_in(request, ListShape))
        page = by_key(lambda: keyset.page(rows, NEWEST, after=after))
        return listed(list(TakeoverOut(page.rows, many=True).data), page.following, request)

    @extend_schema(
        operation_id="takeover_start",
        tags=TAGS,
        request=StudyListIn,
        responses={201: TakeoverOut},
    )
    def post(self, request: Request) -> Response:
        """From a list of studies. It is compared in the background."""
        wanted = given(StudyListIn, request)
        organisation = customer(request, wanted["organisation"])
        environment = environment_of_body(request, wanted.get("environment", ""))
        content = wanted["content"].encode()
        upload = Upload(wanted["name"], BytesIO(content), len(content))
        made = services.from_list(actor_in(request), organisation, environment, upload)
        return Response(TakeoverOut(made).data, status=201)


class AskSystemIn(Strict):
    system = serializers.UUIDField(help_text="a DICOM connection's id")
    first_day = day_field()
    last_day = day_field(help_text="of the studies; today at the latest")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["first_day"] <= attrs["last_day"] <= today():
            raise serializers.ValidationError({"last_day": "from the first day to today"})
        return attrs


class AskSystem(Opened):
    doors = {"POST": START}

    @extend_schema(
        operation_id="takeover_ask",
        tags=TAGS,
        request=AskSystemIn,
        responses={201: TakeoverOut},
    )
    def post(self, request: Request) -> Response:
        """By asking the customer's system for its studies of some days."""
        wanted = given(AskSystemIn, request)
        ids = own(caller_of(request)).values_list("id", flat=True)
        sides = [queries.systems(ids, each, today()) for each in Environment.values]
        known = (rows.filter(id=wanted["system"]).first() for rows in sides)
        system = next((row for row in known if row is not None), None)
        if system is None:
            raise NotFound()
        require_environment(request, system.environment)
        days = wanted["first_day"], wanted["last_day"]
        made = services.from_system(actor_in(request), system, *days)
        return Response(TakeoverOut(made).data, status=201)


# --- one ------------------------------------------------------------------------------------------


def found(request: Request, takeover_id: UUID) -> Takeover:
    """Raises NotFound, for a foreign one too."""
    row = _visible(request).select_related("organisation").filter(id=takeover_id).first()
    if row is None:
        raise NotFound()
    require_environment(request, row.environment)
    return row


class OneTakeover(Opened):
    doors = ONE

    @extend_schema(operation_id="takeover_read", tags=TAGS, responses=TakeoverOut)
    def get(self, request: Request, takeover_id: UUID) -> Response:
        """How far it has come, and what is lacking."""
        return Response(TakeoverOut(found(request, takeover_id)).data)


class TakeoverLineOut(serializers.Serializer[Any]):
    """A study of the list; of the person nothing. `instances` is what the list says, `held` how
    many objects are here.
    """

    number = serializers.IntegerField()
    study_instance_uid = serializers.CharField()
    accession_number = serializers.CharField()
    study_date = serializers.DateField(allow_null=True)
    instances = serializers.IntegerField(allow_null=True)
    held = serializers.IntegerField()
    outcome = serializers.ChoiceField(LineOutcome.choices, allow_blank=True)


class TakeoverLinesOut(serializers.Serializer[Any]):
    results = TakeoverLineOut(many=True)
    next = serializers.URLField(allow_null=True)


class LinesShape(AfterShape):
    outcome = serializers.ChoiceField(LineOutcome.choices, required=False)


class Lines(Opened):
    doors = ONE

    @extend_schema(
        operation_id="takeover_lines",
        tags=TAGS,
        parameters=[LinesShape],
        responses=TakeoverLinesOut,
    )
    def get(self, request: Request, takeover_id: UUID) -> Response:
        """Its studies in the list's order, all or those of one outcome."""
        wanted = asked(LinesShape, request)
        after = wanted.pop("after", "")
        rows = TakeoverLine.objects.filter(takeover=found(request, takeover_id), **wanted)
        page = by_key(lambda: keyset.page(rows, queries.ORDER, after=after))
        return listed(list(TakeoverLineOut(page.rows, many=True).data), page.following, request)


class CompareAgain(Opened):
    doors = {"POST": START}

    @extend_schema(
        operation_id="takeover_compare", tags=TAGS, request=None, responses={202: TakeoverOut}
    )
    def post(self, request: Request, takeover_id: UUID) -> Response:
        """What was missing may have come since."""
        services.compare_again(actor_in(request), found(request, takeover_id))
        return Response(TakeoverOut(found(request, takeover_id)).data, status=202)
