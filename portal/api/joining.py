"""A customer's road: where it stands, its checklist with the evidence, and how it came there. The
staff read all, a customer's people their own.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import ApiScope, Organisation
from archive.queries import keyset
from onboarding.models import (
    EvidenceState,
    Joining,
    JoiningState,
    Precondition,
    Transition,
)
from onboarding.queries import customers_of
from onboarding.queries import file as queries
from onboarding.queries.facts import all_facts
from onboarding.rules import preconditions, road
from onboarding.rules.preconditions import Lack
from onboarding.services import moves, rights
from portal import pace
from portal.api.cases import AfterShape
from portal.api.customers import customer
from portal.api.doors import Door, Opened, actor_in, asked, caller_of, person_in
from portal.api.operation import by_key, listed
from portal.api.strict import code_free

TAGS = ["joining"]
FILE = {"GET": Door(("joining-file",), ApiScope.JOINING_READ)}
LONGEST_WAITING = (keyset.Key("state_since", keyset.moment), keyset.Key("id", UUID))
NEWEST = (keyset.Key("at", keyset.moment, True), keyset.Key("id", UUID, True))


def road_of(request: Request, organisation_id: UUID) -> Joining:
    """Raises NotFound, for a foreign one too, and for a customer that never registered here."""
    organisation = customer(request, organisation_id)
    rows = Joining.objects.select_related("organisation")
    found = rows.filter(organisation=organisation).first()
    if found is None:
        raise NotFound()
    return found


def reading_of(request: Request, organisation: Organisation) -> Actor:
    """The caller, looking at this customer's affairs."""
    return replace(actor_in(request), organisation_id=organisation.id)


def acting_for(request: Request, organisation: Organisation) -> Actor:
    """The caller, acting in this customer's affairs: who binds a customer is a person. Raises
    PermissionDenied for a system's token.
    """
    return replace(person_in(request), organisation_id=organisation.id)


def require_pace(request: Request, act: pace.Act) -> None:
    """As on the pages. Raises Throttled."""
    user = caller_of(request).token.user
    if user is not None and not pace.allows(request._request, user, act):
        raise Throttled(60)


# --- where customers stand ------------------------------------------------------------------------


class JoiningOut(serializers.Serializer[Any]):
    """`missing` names the preconditions that do not hold."""

    customer_id = serializers.UUIDField(source="organisation_id")
    name = serializers.CharField(source="organisation.name")
    state = serializers.ChoiceField(JoiningState.choices)
    state_since = serializers.DateTimeField()
    waits_for = serializers.SerializerMethodField(help_text="whose move it is: empty for nobody's")
    missing = serializers.SerializerMethodField()
    notice_given_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True, help_text="the last day of use")

    @extend_schema_field(serializers.ChoiceField(["customer", "officer", "time", ""]))
    def get_waits_for(self, row: Joining) -> str:
        return road.WAITS_FOR[JoiningState(row.state)]

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(Precondition.choices)))
    def get_missing(self, row: Joining) -> list[str]:
        return [each.value for each in preconditions.missing(self.context["facts"][row.id])]


class JoiningsOut(serializers.Serializer[Any]):
    results = JoiningOut(many=True)
    next = serializers.URLField(allow_null=True)


class JoiningFiltersShape(serializers.Serializer[Any]):
    state = serializers.ChoiceField(JoiningState.choices, required=False)
    waits_for = serializers.ChoiceField(["customer", "officer", "time"], required=False)
    after = code_free(200, required=False, help_text="as `next` has it")


class Joinings(Opened):
    doors = {"GET": Door(("pipeline",), ApiScope.JOINING_READ)}

    @extend_schema(
        operation_id="joinings_list",
        tags=TAGS,
        parameters=[JoiningFiltersShape],
        responses=JoiningsOut,
    )
    def get(self, request: Request) -> Response:
        """Every customer's road, the longest in its state first."""
        wanted = asked(JoiningFiltersShape, request)
        rows = Joining.objects.filter(organisation__in=customers_of(actor_in(request), ()))
        if "state" in wanted:
            rows = rows.filter(state=wanted["state"])
        if "waits_for" in wanted:
            waiting = [each for each, who in road.WAITS_FOR.items() if who == wanted["waits_for"]]
            rows = rows.filter(state__in=waiting)
        after = wanted.get("after", "")
        page = by_key(lambda: keyset.page(rows, LONGEST_WAITING, after=after))
        return listed(_told(page.rows), page.following, request)


def _told(rows: Any) -> list[Any]:
    found = all_facts(Joining.objects.filter(id__in=[row.id for row in rows]))
    facts = {joining.id: each for joining, each in found}
    organised = {joining.id: joining for joining, _ in found}
    shown = [organised[row.id] for row in rows]
    return list(JoiningOut(shown, many=True, context={"facts": facts}).data)


# --- one customer's file --------------------------------------------------------------------------


class EvidenceOut(serializers.Serializer[Any]):
    """`file_sha256` is empty when there are only words."""

    state = serializers.ChoiceField(EvidenceState.choices)
    number = serializers.CharField()
    dated = serializers.DateField(allow_null=True)
    note = serializers.CharField()
    file_name = serializers.CharField()
    file_sha256 = serializers.CharField(source="file_digest")
    given_by = serializers.CharField()
    given_at = serializers.DateTimeField(allow_null=True)
    judged_by = serializers.CharField()
    judged_at = serializers.DateTimeField(allow_null=True)
    judgement = serializers.CharField()


class CheckOut(serializers.Serializer[Any]):
    precondition = serializers.ChoiceField(Precondition.choices)
    holds = serializers.BooleanField()
    lacking = serializers.ListField(child=serializers.ChoiceField([each.value for each in Lack]))
    evidence = EvidenceOut(allow_null=True)


class JoiningFileOut(JoiningOut):
    """`steps` are those that the caller may take now."""

    roles = serializers.ListField(child=serializers.CharField())
    content_types = serializers.ListField(child=serializers.CharField())
    checklist = serializers.SerializerMethodField()
    waits_for_second = serializers.SerializerMethodField(
        help_text="kinds of what waits for a second officer"
    )
    steps = serializers.SerializerMethodField()

    @extend_schema_field(CheckOut(many=True))
    def get_checklist(self, row: Joining) -> list[Any]:
        return list(CheckOut(queries.checklist(row), many=True).data)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_waits_for_second(self, row: Joining) -> list[str]:
        return [each.kind for each in queries.open_requests(row)]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_steps(self, row: Joining) -> list[str]:
        actor: Actor = self.context["actor"]
        party = rights.party_of(actor, row.organisation) if actor.id else None
        return moves.open_to(row, party)


def whole(request: Request, organisation_id: UUID) -> Response:
    """As it is now in the database."""
    row = road_of(request, organisation_id)
    ((found, facts),) = all_facts(Joining.objects.filter(id=row.id))
    context = {
        "facts": {found.id: facts},
        "actor": reading_of(request, row.organisation),
    }
    return Response(JoiningFileOut(found, context=context).data)


class OneJoining(Opened):
    doors = FILE

    @extend_schema(operation_id="joining_read", tags=TAGS, responses=JoiningFileOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """A customer's road with its checklist."""
        return whole(request, organisation_id)


class TransitionOut(serializers.Serializer[Any]):
    from_state = serializers.ChoiceField(JoiningState.choices)
    to_state = serializers.ChoiceField(JoiningState.choices)
    at = serializers.DateTimeField()
    by = serializers.CharField(source="actor_name")
    reason = serializers.CharField()


class TransitionsOut(serializers.Serializer[Any]):
    results = TransitionOut(many=True)
    next = serializers.URLField(allow_null=True)


class Transitions(Opened):
    doors = FILE

    @extend_schema(
        operation_id="joining_transitions",
        tags=TAGS,
        parameters=[AfterShape],
        responses=TransitionsOut,
    )
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """How it came to where it stands, the latest step first."""
        after = asked(AfterShape, request).get("after", "")
        rows = Transition.objects.filter(joining=road_of(request, organisation_id))
        page = by_key(lambda: keyset.page(rows, NEWEST, after=after))
        return listed(list(TransitionOut(page.rows, many=True).data), page.following, request)
