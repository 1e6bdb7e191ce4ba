"""Duty against fact: who must archive what, beside what came of it, by month (AR-11)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import ApiScope, CustomerState, Organisation
from archive.queries import keyset
from onboarding.queries import customers
from onboarding.queries import duty as queries
from onboarding.queries.duty import Row
from onboarding.rules.duty import Verdict
from portal.api.customers import ORDER, customer
from portal.api.doors import Door, EnvironmentShape, Opened, asked, environment_in
from portal.api.operation import by_key, listed
from portal.api.strict import code_free
from portal.api.takeovers import TAGS

MOST_MONTHS = 60


class MonthOut(serializers.Serializer[Any]):
    month = serializers.DateField(help_text="its first day")
    studies = serializers.IntegerField(help_text="new ones")
    objects = serializers.IntegerField()
    bytes = serializers.IntegerField()


class DutyOut(serializers.Serializer[Any]):
    """One content of one customer. `announced`: its joining names the content. `alike`: contents
    that neither SOP class nor modality tells it from; what came of them counts in the verdict of
    one that was announced. Months in which nothing came are left out.
    """

    customer_id = serializers.UUIDField(source="organisation.id")
    content_type = serializers.CharField(source="content.content_type")
    duty_from = serializers.DateField(source="content.duty_from", allow_null=True)
    announced = serializers.BooleanField()
    verdict = serializers.ChoiceField([each.value for each in Verdict])
    alike = serializers.SerializerMethodField()
    months = serializers.SerializerMethodField()

    def get_alike(self, row: Row) -> list[str]:
        return [each.content_type for each in row.alike]

    @extend_schema_field(MonthOut(many=True))
    def get_months(self, row: Row) -> list[dict[str, Any]]:
        return [
            {
                "month": month.isoformat(),
                "studies": volume.studies,
                "objects": volume.instances,
                "bytes": volume.bytes,
            }
            for month, volume in sorted(row.months.items())
        ]


class DutiesOut(serializers.Serializer[Any]):
    results = DutyOut(many=True)
    next = serializers.URLField(allow_null=True)


class MonthsShape(EnvironmentShape):
    months = serializers.IntegerField(
        min_value=1, max_value=MOST_MONTHS, default=12, help_text="this one and those before"
    )
    verdict = serializers.ChoiceField([each.value for each in Verdict], required=False)


class DutiesShape(MonthsShape):
    after = code_free(200, required=False, help_text="as `next` has it")


def _rows(
    request: Request, form: type[MonthsShape], organisations: Iterable[Organisation]
) -> list[Any]:
    wanted = asked(form, request)
    months = queries.last_months(wanted["months"])
    rows = queries.rows(environment_in(request, form), organisations, months)
    chosen = wanted.get("verdict", "")
    return list(DutyOut([row for row in rows if chosen in ("", row.verdict)], many=True).data)


class Duties(Opened):
    doors = {"GET": Door(("duty",), ApiScope.TAKEOVERS_READ)}

    @extend_schema(
        operation_id="duties_list", tags=TAGS, parameters=[DutiesShape], responses=DutiesOut
    )
    def get(self, request: Request) -> Response:
        """Customers in production, by business id, with each content. A page may be empty and have
        a next.
        """
        after = asked(DutiesShape, request).get("after", "")
        live = customers().filter(state=CustomerState.IN_PRODUCTION)
        page = by_key(lambda: keyset.page(live, ORDER, after=after))
        return listed(_rows(request, DutiesShape, page.rows), page.following, request)


class CustomersDutiesOut(serializers.Serializer[Any]):
    results = DutyOut(many=True)


class CustomersDuties(Opened):
    doors = {"GET": Door(("customer-duty",), ApiScope.TAKEOVERS_READ)}

    @extend_schema(
        operation_id="customer_duties",
        tags=TAGS,
        parameters=[MonthsShape],
        responses=CustomersDutiesOut,
    )
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """One customer's contents."""
        organisation = customer(request, organisation_id)
        return Response({"results": _rows(request, MonthsShape, [organisation])})
