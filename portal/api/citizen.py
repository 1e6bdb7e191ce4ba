"""The citizen API, for the citizen service alone (AC-6): documents without images, the person's own
word on them, and to whom they were disclosed. What is said takes effect at once.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from archive.actors import Actor
from archive.errors import Conflict, NotFound, Refused
from archive.models import WillSubject, WishSource
from archive.services import citizen, wishes
from archive.services.citizen_calls import CitizenCall
from archive.services.wishes import Recorded, Saying
from portal.api import citizen_shapes as shapes
from portal.api.authentication import CitizenServiceAuthentication
from portal.api.operation import Operation, actor_of, by_key, listed
from portal.api.reporting import as_desk_error, report
from portal.api.wishes import RecordedOut, wanted_of

TAGS = ["citizen"]
AFTER = OpenApiParameter("after", str, description="the place of the last one read")


# What a citizen may run into; anything else is a fault of the service's, or ours.
EXPECTED = (Conflict, NotFound, Refused, Throttled, NotAuthenticated, AuthenticationFailed)


class CitizenOperation(Operation):
    authentication_classes = (CitizenServiceAuthentication,)

    def handle_exception(self, exc: Exception) -> Response:
        if not isinstance(exc, EXPECTED):
            report(as_desk_error(exc), "citizen", self.actor)
        return super().handle_exception(exc)


def _call(request: Request) -> CitizenCall:
    """The call behind the assertion, which `CitizenServiceAuthentication` has proven."""
    call: CitizenCall = request.user
    return call


def _given(shape: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    """Raises ValidationError."""
    form = shape(data=request.data)
    form.is_valid(raise_exception=True)
    given: dict[str, Any] = form.validated_data
    return given


def _saying(actor: Actor) -> Saying:
    ground = actor.citizen.acting_ground if actor.citizen else ""
    return Saying(WishSource.CITIZEN, acting_ground=ground)


def _recorded(recorded: Recorded) -> Response:
    return Response(RecordedOut(recorded).data, status=201)


# --- to see ---------------------------------------------------------------------------------------


class Documents(CitizenOperation):
    @extend_schema(
        operation_id="citizen_documents",
        tags=TAGS,
        parameters=[AFTER],
        responses=shapes.DocumentsOut,
    )
    def get(self, request: Request) -> Response:
        """Requests, examination notes and reports, the newest first."""
        actor = actor_of(request)
        found = by_key(lambda: citizen.documents(actor, after=request.GET.get("after", "")))
        return listed(shapes.documents_body(found.rows), found.following, request)


class Document(CitizenOperation):
    @extend_schema(operation_id="citizen_document", tags=TAGS, responses=shapes.DocumentOut)
    def get(self, request: Request, document_id: UUID) -> Response:
        """One document by its id."""
        found = citizen.document(actor_of(request), document_id)
        return Response(shapes.documents_body([found])[0])


class Wishes(CitizenOperation):
    @extend_schema(operation_id="citizen_wishes", tags=TAGS, responses=shapes.WishesOut)
    def get(self, request: Request) -> Response:
        """What holds now, and every statement that led to it, the latest first."""
        return Response(shapes.wishes_body(citizen.wishes(actor_of(request))))


class Disclosures(CitizenOperation):
    @extend_schema(
        operation_id="citizen_disclosures",
        tags=TAGS,
        parameters=[AFTER],
        responses=shapes.DisclosuresOut,
    )
    def get(self, request: Request) -> Response:
        """To which organisations data was disclosed, the newest first."""
        actor = actor_of(request)
        found = by_key(lambda: citizen.disclosures(actor, after=request.GET.get("after", "")))
        return listed(
            list(shapes.DisclosureOut(found.rows, many=True).data), found.following, request
        )


# --- to say ---------------------------------------------------------------------------------------


class Informing(CitizenOperation):
    @extend_schema(
        operation_id="citizen_informing",
        tags=TAGS,
        request=shapes.InformingIn,
        responses={201: RecordedOut},
    )
    def post(self, request: Request) -> Response:
        """The person acknowledges having been informed."""
        call, given = _call(request), _given(shapes.InformingIn, request)
        return _recorded(
            wishes.inform(
                call.actor,
                call.whose,
                _saying(call.actor),
                text_version=given["text_version"],
            )
        )


class Permission(CitizenOperation):
    @extend_schema(
        operation_id="citizen_permission",
        tags=TAGS,
        request=shapes.PermissionIn,
        responses={201: RecordedOut},
    )
    def post(self, request: Request) -> Response:
        """Give the disclosure permission, or withdraw it."""
        call, given = _call(request), _given(shapes.PermissionIn, request)
        return _recorded(
            wishes.permit(call.actor, call.whose, _saying(call.actor), given=given["given"])
        )


class Prohibitions(CitizenOperation):
    @extend_schema(
        operation_id="citizen_prohibit",
        tags=TAGS,
        request=shapes.ProhibitionIn,
        responses={201: RecordedOut},
    )
    def post(self, request: Request) -> Response:
        """Prohibit disclosure in the scope that is named."""
        call, given = _call(request), _given(shapes.ProhibitionIn, request)
        return _recorded(
            wishes.prohibit(call.actor, call.whose, _saying(call.actor), wanted_of(given))
        )


class ProhibitionEnd(CitizenOperation):
    @extend_schema(
        operation_id="citizen_end_prohibition",
        tags=TAGS,
        request=shapes.EndIn,
        responses={201: RecordedOut},
    )
    def post(self, request: Request, prohibition_id: UUID) -> Response:
        """Take a prohibition back."""
        call = _call(request)
        _given(shapes.EndIn, request)
        return _recorded(
            wishes.end_prohibition(call.actor, call.whose, _saying(call.actor), prohibition_id)
        )


class Wills(CitizenOperation):
    @extend_schema(
        operation_id="citizen_will",
        tags=TAGS,
        request=shapes.WillIn,
        responses={201: RecordedOut},
    )
    def post(self, request: Request) -> Response:
        """Another expression of will; it opens and closes nothing."""
        call, given = _call(request), _given(shapes.WillIn, request)
        return _recorded(
            wishes.express(
                call.actor,
                call.whose,
                _saying(call.actor),
                subject=WillSubject(given["subject"]),
                given=given["given"],
                text=given["text"],
            )
        )
