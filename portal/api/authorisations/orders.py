"""Orders of purchased services by persons, as on the pages (AC-3). Whose an order is stands masked;
it is shown for a reason, and the look is recorded.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive import gate
from archive.actors import Actor
from archive.errors import NotFound
from archive.models import ApiScope, Authorisation, Environment
from archive.queries import authorisations as queries
from archive.queries import followup
from archive.queries.studies import patient_by_code
from archive.rules.authorisations import ORDER_FIELDS, Order, Side
from archive.services import authorisations, looking
from portal.api.authorisations import rows, shapes
from portal.api.authorisations.operations import checked, producer_of
from portal.api.case_acts import ReasonIn
from portal.api.doors import (
    Door,
    EnvironmentShape,
    Opened,
    actor_in,
    caller_of,
    environment_in,
    environment_of_body,
    given,
    person_in,
    require_environment,
)
from portal.api.operation import by_key, listed
from portal.api.statements import AboutIn
from portal.api.strict import Strict
from portal.api.studies import PatientIn

TAGS = ["orders"]
MOST = 200  # orders of one patient in one answer
LISTS = Door(("authorisations", "own-authorisations"), ApiScope.ORDERS_READ)
ACT = {"POST": Door(("authorisation-act",), ApiScope.ORDERS_ACT)}


class OrderOut(shapes.AuthorisationShape):
    """A version, with how far it has come."""

    patient = serializers.CharField(help_text="masked; empty at population level")


class OrdersOut(serializers.Serializer[Any]):
    results = OrderOut(many=True)
    next = serializers.URLField(allow_null=True)


class RegisterIn(Strict, shapes.RegisterShape):
    pass


class OrderVersionIn(Strict, shapes.VersionShape):
    """The whole order as it is to be. The producer may be named when there is none, or when one has
    declined.
    """


class OrderIn(OrderVersionIn):
    """Of one patient, or at population level when no patient is named."""

    environment = serializers.ChoiceField(Environment.choices, required=False)
    register = RegisterIn(
        required=False, help_text="one that you control; your default one when left out"
    )
    patient = PatientIn(allow_null=True, default=None)


def _masked(found: Sequence[Any]) -> list[dict[str, Any]]:
    told = rows.shown(found)
    return [
        {**each, "patient": row.patient.masked if row.patient else ""}
        for each, row in zip(told, found, strict=True)
    ]


def _one(row: Authorisation) -> dict[str, Any]:
    return _masked([followup.with_stage(row)])[0]


def _found(request: Request, authorisation_id: UUID) -> Authorisation:
    """One that the caller is a party of; any for the staff. Raises NotFound."""
    related = Authorisation.objects.select_related(*queries.RELATED)
    row = gate.concerning(related, actor_in(request)).filter(id=authorisation_id).first()
    if row is None:
        raise NotFound()
    require_environment(request, row.environment)
    return row


# --- lists ----------------------------------------------------------------------------------------


def _rows_of(request: Request, environment: str, side: Side) -> QuerySet[Authorisation]:
    """Of one's own organisations on this side; all of them for the staff."""
    person = caller_of(request).person
    own = [each.id for each in person.organisations]
    if person.is_staff:
        found = queries.newest(Authorisation.objects.filter(environment=environment))
    elif side == Side.PRODUCER:
        found = queries.granted_to(own, environment)
    else:
        found = queries.ordered_by(own, environment)
    return gate.concerning(found, actor_in(request))


def _page(request: Request, side: Side) -> Response:
    asked = checked(shapes.FiltersShape, request.query_params)
    wanted = asked.validated_data
    kept = queries.narrowed(_rows_of(request, environment_in(request), side), asked.filters)
    page = by_key(
        lambda: queries.page(
            followup.followed(kept), wanted["sort"], after=wanted["after"], size=wanted["size"]
        )
    )
    return listed(_masked(page.rows), page.following, request)


class Orders(Opened):
    doors = {"GET": LISTS, "POST": Door(("order-new",), ApiScope.ORDERS_ACT)}

    @extend_schema(
        operation_id="orders_list",
        tags=TAGS,
        parameters=[shapes.FiltersShape, EnvironmentShape],
        responses=OrdersOut,
    )
    def get(self, request: Request) -> Response:
        """What one's own organisations have ordered, each order in its newest version; to the staff
        all orders.
        """
        return _page(request, Side.ORGANISER)

    @extend_schema(operation_id="order_make", tags=TAGS, request=OrderIn, responses={201: OrderOut})
    def post(self, request: Request) -> Response:
        """For one producer, in a register that you control; without a producer it gives no rights
        yet.
        """
        wanted = given(OrderIn, request)
        actor = person_in(request)
        made = authorisations.make(
            actor,
            shapes.register(wanted.get("register"), actor.organisation_id),
            _order(wanted),
            environment=environment_of_body(request, wanted.get("environment", "")),
            producer=producer_of(wanted["producer"]),
            patient=wanted["patient"]["identifier"] if wanted["patient"] else None,
        )
        return Response(_one(made), status=201)


def _order(wanted: dict[str, Any]) -> Order:
    return Order(**{name: wanted[name] for name in ORDER_FIELDS})


class GrantedOrders(Opened):
    doors = {"GET": Door(("assignments",), ApiScope.ORDERS_READ)}

    @extend_schema(
        operation_id="orders_granted",
        tags=TAGS,
        parameters=[shapes.FiltersShape, EnvironmentShape],
        responses=OrdersOut,
    )
    def get(self, request: Request) -> Response:
        """What was granted to one's own organisations as producers."""
        return _page(request, Side.PRODUCER)


class OrderSearchIn(AboutIn):
    side = serializers.ChoiceField(
        [Side.ORGANISER.value, Side.PRODUCER.value],
        default=Side.ORGANISER.value,
        help_text="of a customer: its orders, or what was granted to it",
    )


class OrdersOfOneOut(serializers.Serializer[Any]):
    results = OrderOut(many=True)


class OrderSearch(Opened):
    doors = {"POST": Door(("authorisation-search",), ApiScope.ORDERS_READ)}
    keeps_answers = False

    @extend_schema(
        operation_id="orders_search", tags=TAGS, request=OrderSearchIn, responses=OrdersOfOneOut
    )
    def post(self, request: Request) -> Response:
        """One patient's, by exact id and for a reason; asking is recorded."""
        wanted = given(OrderSearchIn, request)
        actor = replace(person_in(request), reason=wanted["reason"])
        environment = environment_of_body(request, wanted.get("environment", ""))
        patient = patient_by_code(environment, wanted["patient"]["identifier"])
        mine = gate.searched(_rows_of(request, environment, Side(wanted["side"])), actor)
        filters = queries.Filters(person_id=patient.id) if patient else queries.Filters()
        found = queries.narrowed(mine if patient else mine.none(), filters)
        page = queries.page(followup.followed(found), size=MOST)
        person_id = patient.id if patient and page.rows else None
        looking.for_authorisations(actor, environment, person_id, found=len(page.rows))
        return Response({"results": _masked(page.rows)})


# --- one ------------------------------------------------------------------------------------------


class OneOrder(Opened):
    doors = {"GET": Door(("authorisation",), ApiScope.ORDERS_READ)}

    @extend_schema(operation_id="order_read", tags=TAGS, responses=OrderOut)
    def get(self, request: Request, authorisation_id: UUID) -> Response:
        """A version that one's own organisation has made, or that was granted to it."""
        return Response(_one(_found(request, authorisation_id)))


class OrderPatient(Opened):
    doors = {"POST": Door(("authorisation",), ApiScope.PATIENTS_READ)}
    keeps_answers = False

    @extend_schema(
        operation_id="order_patient",
        tags=TAGS,
        request=ReasonIn,
        responses=shapes.PatientShape,
    )
    def post(self, request: Request, authorisation_id: UUID) -> Response:
        """Whose the order is: to its parties' people, and to the staff whose role may see it."""
        reason = given(ReasonIn, request)["reason"]
        seer = replace(person_in(request), reason=reason)
        row = _found(request, authorisation_id)
        if row.patient is None or not gate.knows_patient(seer, row):
            raise NotFound()
        looking.at_authorisation(seer, row)
        return Response({"id": row.patient.identifier, "issuer": row.patient.issuer})


class OrderVersions(Opened):
    doors = ACT

    @extend_schema(
        operation_id="order_amend", tags=TAGS, request=OrderVersionIn, responses=OrderOut
    )
    def post(self, request: Request, authorisation_id: UUID) -> Response:
        """Amend: the next version. Rights go on without a gap, and the producer accepts anew."""
        wanted = given(OrderVersionIn, request)
        producer = producer_of(wanted["producer"])
        row = _found(request, authorisation_id)
        amended = authorisations.amend(person_in(request), row, _order(wanted), producer=producer)
        return Response(_one(amended))


class NothingIn(Strict):
    """Nothing need be said."""


class ReasonOfMoveIn(Strict, shapes.ReasonShape):
    pass


Move = Callable[[Actor, Authorisation, str], Authorisation]


def _moving(operation_id: str, say: str, move: Move, form: type[Strict]) -> type[Opened]:
    class Moving(Opened):
        doors = ACT

        @extend_schema(
            operation_id=operation_id,
            description=say,
            tags=TAGS,
            request=form,
            responses=OrderOut,
        )
        def post(self, request: Request, authorisation_id: UUID) -> Response:
            reason = given(form, request).get("reason", "")
            row = _found(request, authorisation_id)
            return Response(_one(move(person_in(request), row, reason)))

    return Moving


Revoke = _moving(
    "order_revoke",
    "By the organiser: the producer's rights end.",
    lambda actor, row, reason: authorisations.revoke(actor, row, reason=reason),
    ReasonOfMoveIn,
)
Done = _moving(
    "order_done",
    "By the organiser, who has what it ordered; the producer's rights end.",
    lambda actor, row, _reason: authorisations.finish(actor, row),
    NothingIn,
)
Accept = _moving(
    "order_accept",
    "By the producer.",
    lambda actor, row, _reason: authorisations.accept(actor, row),
    NothingIn,
)
Decline = _moving(
    "order_decline",
    "By the producer, whose rights end.",
    lambda actor, row, reason: authorisations.decline(actor, row, reason=reason),
    ReasonOfMoveIn,
)
Withdraw = _moving(
    "order_withdraw",
    "The producer's acceptance of today: it waits again to be accepted or declined.",
    lambda actor, row, _reason: authorisations.withdraw_acceptance(actor, row),
    NothingIn,
)
