"""Customers, their connections and registers; a customer's people find their own."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import (
    ApiScope,
    Connection,
    ConnectionKind,
    CustomerState,
    Organisation,
    RegisterType,
    Sector,
)
from archive.queries import keyset
from archive.values import today
from onboarding import queries
from portal.api.doors import Caller, Door, Opened, asked, caller_of
from portal.api.operation import by_key, listed
from portal.api.strict import code_free

TAGS = ["customers"]
ORDER = (keyset.Key("business_id", str), keyset.Key("id", UUID))
CUSTOMER = {"GET": Door(("customer",), ApiScope.CUSTOMERS_READ)}


class CustomerOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    business_id = serializers.CharField()
    oid = serializers.CharField()
    name = serializers.CharField()
    sector = serializers.ChoiceField(Sector.choices)
    state = serializers.ChoiceField(CustomerState.choices)


class CustomersOut(serializers.Serializer[Any]):
    results = CustomerOut(many=True)
    next = serializers.URLField(allow_null=True)


class CustomerFiltersShape(serializers.Serializer[Any]):
    state = serializers.ChoiceField(CustomerState.choices, required=False)
    sector = serializers.ChoiceField(Sector.choices, required=False)
    after = code_free(200, required=False, help_text="as `next` has it")


def own(caller: Caller) -> Any:
    """The customers whom the caller may see."""
    person = caller.person
    ids = () if person.is_staff else [each.id for each in person.organisations]
    return queries.customers_of(caller.actor, ids)


def customer(request: Request, organisation_id: UUID) -> Organisation:
    """Raises NotFound, for a foreign one too."""
    row = own(caller_of(request)).filter(id=organisation_id).first()
    if row is None:
        raise NotFound()
    found: Organisation = row
    return found


class Customers(Opened):
    doors = {"GET": Door(("customers",), ApiScope.CUSTOMERS_READ)}

    @extend_schema(
        operation_id="customers_list",
        tags=TAGS,
        parameters=[CustomerFiltersShape],
        responses=CustomersOut,
    )
    def get(self, request: Request) -> Response:
        """All customers, by business id."""
        wanted = asked(CustomerFiltersShape, request)
        after = wanted.pop("after", "")
        rows = own(caller_of(request)).filter(**wanted)
        page = by_key(lambda: keyset.page(rows, ORDER, after=after))
        return listed(list(CustomerOut(page.rows, many=True).data), page.following, request)


class OneCustomer(Opened):
    doors = CUSTOMER

    @extend_schema(operation_id="customer_read", tags=TAGS, responses=CustomerOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """One customer."""
        return Response(CustomerOut(customer(request, organisation_id)).data)


class ConnectionOut(serializers.Serializer[Any]):
    """A system of a customer in one environment; its secret is not told."""

    id = serializers.UUIDField()
    environment = serializers.CharField()
    kind = serializers.ChoiceField(ConnectionKind.choices)
    title = serializers.CharField(source="__str__")
    name = serializers.CharField()
    host = serializers.CharField()
    port = serializers.IntegerField(allow_null=True)
    may_store = serializers.BooleanField(help_text="of a DICOM system, as the next three")
    may_fetch = serializers.BooleanField(help_text="and query")
    ian_on = serializers.BooleanField(help_text="confirmations of registration are sent to it")
    retrieve_destination = serializers.BooleanField(help_text="of a C-MOVE")
    tls = serializers.BooleanField()
    certificate_sha256 = serializers.CharField(help_text="of the one it shows; empty for any")
    xua_required = serializers.BooleanField(help_text="of an XDS system: each message is asserted")
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True)
    is_live = serializers.SerializerMethodField()

    def get_is_live(self, row: Connection) -> bool:
        return row.is_valid_on(today())


class ConnectionsOut(serializers.Serializer[Any]):
    results = ConnectionOut(many=True)


class Connections(Opened):
    doors = CUSTOMER

    @extend_schema(operation_id="customer_connections", tags=TAGS, responses=ConnectionsOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """A customer's systems in both environments, the live before the ended."""
        rows = queries.connections(customer(request, organisation_id))
        environment = caller_of(request).token.environment
        shown = [row for row in rows if environment in ("", row.environment)]
        return Response({"results": ConnectionOut(shown, many=True).data})


class RegisterOut(serializers.Serializer[Any]):
    controller_oid = serializers.CharField()
    type = serializers.ChoiceField(RegisterType.choices)
    specifier = serializers.CharField()
    is_default = serializers.BooleanField()


class RegistersOut(serializers.Serializer[Any]):
    results = RegisterOut(many=True)


class Registers(Opened):
    doors = CUSTOMER

    @extend_schema(operation_id="customer_registers", tags=TAGS, responses=RegistersOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """The registers that a customer controls."""
        rows = queries.registers(customer(request, organisation_id))
        return Response({"results": RegisterOut(rows, many=True).data})
