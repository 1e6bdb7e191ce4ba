"""The operations. Who calls is known by its connection; production or test follows from that."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from archive import gate, ledger
from archive.actors import Actor
from archive.errors import Malformed, NotFound
from archive.models import Authorisation, Patient
from archive.queries import authorisations as queries
from archive.queries import followup, standing
from archive.queries.studies import patient_by_code
from archive.services import authorisations
from portal.api.authentication import ConnectionAuthentication
from portal.api.authorisations import rows, shapes
from portal.api.operation import Operation, actor_of, listed
from portal.api.sheets import FormatFirst, SheetRenderer

TAGS = ["authorisations"]


def checked(shape: type[shapes.Shape], data: Any) -> Any:
    """Raises ValidationError with every field at fault."""
    found = shape(data=data)
    found.is_valid(raise_exception=True)
    return found


def found(actor: Actor, authorisation_id: UUID) -> Authorisation:
    """One that the caller is a party of. Raises NotFound."""
    mine = gate.concerning(Authorisation.objects.select_related(*queries.RELATED), actor)
    row = mine.filter(id=authorisation_id).first()
    if row is None:
        raise NotFound()
    return row


class PartyOperation(Operation):
    authentication_classes = (ConnectionAuthentication,)


# --- lists ----------------------------------------------------------------------------------------


class Lists(PartyOperation):
    """A page by key, as JSON or CSV; `next`, also as Link header, leads to the rest."""

    renderer_classes = (JSONRenderer, SheetRenderer)
    content_negotiation_class = FormatFirst
    columns: ClassVar[tuple[str, ...]] = rows.COLUMNS
    what: ClassVar[str] = ""

    @abstractmethod
    def of(self, actor: Actor) -> Any:
        """The rows that the list is of."""

    def answer(self, request: Request, patient: Patient | None = None) -> Response:
        actor = actor_of(request)
        asked = checked(shapes.FiltersShape, request.query_params)
        given = asked.validated_data
        visible = queries.narrowed(gate.concerning(self.of(actor), actor), asked.filters)
        if patient is not None:
            visible = visible.filter(person=standing.person_id(patient))
        try:
            part = queries.page(
                followup.followed(visible), given["sort"], after=given["after"], size=given["size"]
            )
        except ValueError:
            raise Malformed("not a place in this list") from None
        shown = rows.shown(part.rows)
        self._record(actor, patient, found=len(shown))
        return self._as_asked(listed(shown, part.following, request), request)

    def _record(self, actor: Actor, patient: Patient | None, *, found: int) -> None:
        about = ledger.About(
            environment=actor.environment, patient_id=patient.id if patient else None
        )
        facts = {"found": found, "list": self.what}
        ledger.record(ledger.Kind.AUTHORISATION_SEARCHED, about, facts, actor=actor)

    def _as_asked(self, response: Response, request: Request) -> Response:
        assert isinstance(response.data, dict)
        if following := response.data["next"]:
            response.headers["Link"] = f'<{following}>; rel="next"'
        if isinstance(request.accepted_renderer, SheetRenderer):
            name = rows.file_name(self.what)
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def search(self, request: Request) -> Response:
        """Of one patient, whose code is posted and never in an address. Who asks for one that is
        not here is in the log as well: somebody may be trying codes.
        """
        actor, asked = actor_of(request), checked(shapes.SearchShape, request.data)
        identifier = asked.validated_data["patient"]["identifier"]
        patient = patient_by_code(actor.environment, identifier)
        if patient is None:
            self._record(actor, None, found=0)
            return self._as_asked(listed([], "", request), request)
        return self.answer(request, patient)


class Ordered(Lists):
    what = "authorisations"

    def of(self, actor: Actor) -> Any:
        return queries.ordered_by(queries.organisations_of(actor), actor.environment)


class Granted(Lists):
    what = "assignments"

    def of(self, actor: Actor) -> Any:
        return queries.granted_to(queries.organisations_of(actor), actor.environment)


LISTED = {200: shapes.ListShape}


class Authorisations(Ordered):
    @extend_schema(
        operation_id="authorisations_list",
        summary="The order list",
        tags=TAGS,
        parameters=[shapes.FiltersShape],
        responses=LISTED,
    )
    def get(self, request: Request) -> Response:
        """Every order your organisation has made, each in its newest version."""
        return self.answer(request)

    @extend_schema(
        summary="Make an authorisation",
        tags=TAGS,
        request=shapes.MakeShape,
        responses={201: shapes.AuthorisationShape},
    )
    def post(self, request: Request) -> Response:
        """For one producer, in a register that you control; without a producer it gives no rights
        yet.
        """
        actor = actor_of(request)
        asked = checked(shapes.MakeShape, request.data)
        given = asked.validated_data
        made = authorisations.make(
            actor,
            shapes.register(given.get("register"), actor.organisation_id),
            asked.order,
            environment=actor.environment,
            producer=producer_of(given["producer"]),
            patient=given["patient"]["identifier"] if given["patient"] else None,
        )
        return Response(rows.one(made), status=201)


class AuthorisationSearch(Ordered):
    @extend_schema(
        summary="The order list of one patient",
        tags=TAGS,
        parameters=[shapes.FiltersShape],
        request=shapes.SearchShape,
        responses=LISTED,
    )
    def post(self, request: Request) -> Response:
        return self.search(request)


class Assignments(Granted):
    @extend_schema(
        operation_id="assignments_list",
        summary="The assignment list",
        tags=TAGS,
        parameters=[shapes.FiltersShape],
        responses=LISTED,
    )
    def get(self, request: Request) -> Response:
        """Everything that has been granted to your organisation as producer."""
        return self.answer(request)


class AssignmentSearch(Granted):
    @extend_schema(
        summary="The assignment list of one patient",
        tags=TAGS,
        parameters=[shapes.FiltersShape],
        request=shapes.SearchShape,
        responses=LISTED,
    )
    def post(self, request: Request) -> Response:
        return self.search(request)


def producer_of(oid: str | None) -> Any:
    return shapes.organisation(oid, "producer") if oid else None


# --- one ------------------------------------------------------------------------------------------


class One(PartyOperation):
    @extend_schema(
        summary="One authorisation",
        tags=TAGS,
        responses=shapes.AuthorisationShape,
    )
    def get(self, request: Request, authorisation_id: UUID) -> Response:
        """A version that your organisation has made, or that was granted to it."""
        return Response(rows.one(found(actor_of(request), authorisation_id)))


class Versions(PartyOperation):
    @extend_schema(
        summary="Amend: make the next version",
        tags=TAGS,
        request=shapes.VersionShape,
        responses={200: shapes.AuthorisationShape},
    )
    def post(self, request: Request, authorisation_id: UUID) -> Response:
        """The whole order as it is to be; naming the producer grants it. Rights go on without a
        gap, and the producer accepts anew.
        """
        actor = actor_of(request)
        asked = checked(shapes.VersionShape, request.data)
        producer = producer_of(asked.validated_data["producer"])
        row = found(actor, authorisation_id)
        amended = authorisations.amend(actor, row, asked.order, producer=producer)
        return Response(rows.one(amended))


Act = Callable[[Actor, Authorisation, str], Authorisation]


def moving(summary: str, act: Act, shape: type[shapes.Shape]) -> type[PartyOperation]:
    """An operation that moves an authorisation to another state."""

    class Moving(PartyOperation):
        @extend_schema(
            summary=summary,
            tags=TAGS,
            request=shape,
            responses={200: shapes.AuthorisationShape},
        )
        def post(self, request: Request, authorisation_id: UUID) -> Response:
            actor = actor_of(request)
            given = checked(shape, request.data or {}).validated_data
            row = found(actor, authorisation_id)
            return Response(rows.one(act(actor, row, given.get("reason", ""))))

    return Moving


Revoke = moving(
    "Revoke",
    lambda actor, row, reason: authorisations.revoke(actor, row, reason=reason),
    shapes.ReasonShape,
)
Done = moving(
    "Say that it is done",
    lambda actor, row, reason: authorisations.finish(actor, row),
    shapes.NothingShape,
)
Accept = moving(
    "Accept an assignment",
    lambda actor, row, reason: authorisations.accept(actor, row),
    shapes.NothingShape,
)
Decline = moving(
    "Decline an assignment",
    lambda actor, row, reason: authorisations.decline(actor, row, reason=reason),
    shapes.ReasonShape,
)
Withdraw = moving(
    "Withdraw the acceptance of today",
    lambda actor, row, reason: authorisations.withdraw_acceptance(actor, row),
    shapes.NothingShape,
)
