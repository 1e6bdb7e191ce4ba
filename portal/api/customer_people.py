"""A customer's people: who has a role, who is invited, who asks to be let in (ON-1)."""

from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import ActorKind
from archive.errors import NotFound
from archive.models import ApiScope, Membership, Organisation, Role
from onboarding import queries
from onboarding.errors import ActorUnfit
from onboarding.models import AccessRequest, Invitation
from onboarding.queries.invitations import waiting
from onboarding.rules.road import Party
from onboarding.services import people as services
from onboarding.services import rights
from onboarding.services.memberships import CUSTOMER_ROLES
from portal.api.customers import customer
from portal.api.doors import Door, Opened, caller_of, given
from portal.api.joining import acting_for, require_pace
from portal.api.people import TAGS, InvitationOut, InvitationsOut, link_of
from portal.api.strict import Strict

SEE = {"GET": Door(("joining-people",), ApiScope.PEOPLE_READ)}
CHANGE = {"POST": Door(("joining-people",), ApiScope.PEOPLE_ACT)}
ROLES = [(role.value, role.label) for role in CUSTOMER_ROLES]


def _organisation(request: Request, organisation_id: UUID) -> Organisation:
    """Of whose people the caller may know. Raises NotFound, and ActorUnfit for an administrator of
    another of the caller's customers.
    """
    found = customer(request, organisation_id)
    if caller_of(request).token.user is not None:
        party = rights.party_of(acting_for(request, found), found)
        if party not in (Party.CUSTOMER, Party.OFFICER):
            raise ActorUnfit()
    return found


class RoleIn(Strict):
    role = serializers.ChoiceField(ROLES)


class MemberOut(serializers.Serializer[Any]):
    """One role of one person; `id` is of the role."""

    id = serializers.UUIDField()
    name = serializers.SerializerMethodField()
    email = serializers.CharField(source="user.email")
    role = serializers.ChoiceField(Role.choices)
    is_active = serializers.BooleanField(source="user.is_active")

    def get_name(self, row: Membership) -> str:
        return row.user.get_full_name() or row.user.get_username()


class MembersOut(serializers.Serializer[Any]):
    results = MemberOut(many=True)


def _members(organisation: Organisation) -> Response:
    return Response({"results": MemberOut(queries.people(organisation), many=True).data})


class Members(Opened):
    doors = SEE

    @extend_schema(operation_id="members_list", tags=TAGS, responses=MembersOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """Who has a role in a customer."""
        return _members(_organisation(request, organisation_id))


def _member(organisation: Organisation, membership_id: UUID) -> Membership:
    """Raises NotFound."""
    rows = Membership.objects.select_related("organisation")
    found = rows.filter(organisation=organisation, id=membership_id).first()
    if found is None:
        raise NotFound()
    return found


class ChangeRole(Opened):
    doors = CHANGE

    @extend_schema(operation_id="member_role", tags=TAGS, request=RoleIn, responses=MembersOut)
    def post(self, request: Request, organisation_id: UUID, membership_id: UUID) -> Response:
        """Give another role instead. A customer keeps an administrator."""
        role, organisation = given(RoleIn, request)["role"], customer(request, organisation_id)
        row = _member(organisation, membership_id)
        services.change_role(acting_for(request, organisation), row, Role(role))
        return _members(organisation)


class RemoveMember(Opened):
    doors = CHANGE

    @extend_schema(operation_id="member_remove", tags=TAGS, request=None, responses=MembersOut)
    def post(self, request: Request, organisation_id: UUID, membership_id: UUID) -> Response:
        """Take the role away."""
        organisation = customer(request, organisation_id)
        row = _member(organisation, membership_id)
        services.remove(acting_for(request, organisation), row)
        return _members(organisation)


# --- invitations ----------------------------------------------------------------------------------


class InviteMemberIn(RoleIn):
    email = serializers.EmailField(max_length=254)
    language = serializers.ChoiceField(django_settings.LANGUAGES, default="fi")


class MemberInvitations(Opened):
    doors = {**SEE, **CHANGE}

    @extend_schema(operation_id="member_invitations", tags=TAGS, responses=InvitationsOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """Invitations that wait, the newest first."""
        rows = waiting(_organisation(request, organisation_id))
        told = InvitationOut(rows, many=True).data
        return Response({"results": told})

    @extend_schema(
        operation_id="member_invite",
        tags=TAGS,
        request=InviteMemberIn,
        responses={201: InvitationOut},
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Mail an invitation to act for the customer, good for a week."""
        wanted, organisation = given(InviteMemberIn, request), customer(request, organisation_id)
        actor = acting_for(request, organisation)
        if actor.kind == ActorKind.CUSTOMER:
            require_pace(request, "invite")
        made = services.invite(
            actor,
            organisation,
            email=wanted["email"],
            role=Role(wanted["role"]),
            link=link_of(request),
            language=wanted["language"],
        )
        return Response(InvitationOut(made).data, status=201)


class WithdrawMember(Opened):
    doors = CHANGE

    @extend_schema(
        operation_id="member_invitation_withdraw", tags=TAGS, request=None, responses={204: None}
    )
    def post(self, request: Request, organisation_id: UUID, invitation_id: UUID) -> Response:
        """It cannot be accepted any more."""
        organisation = customer(request, organisation_id)
        row = Invitation.objects.filter(organisation=organisation, id=invitation_id).first()
        if row is None:
            raise NotFound()
        services.withdraw_invitation(acting_for(request, organisation), row)
        return Response(status=204)


# --- who asks to be let in ------------------------------------------------------------------------


class AccessRequestOut(serializers.Serializer[Any]):
    """A person who has registered an organisation that was here already."""

    id = serializers.UUIDField()
    customer_id = serializers.UUIDField(source="organisation_id")
    name = serializers.SerializerMethodField()
    email = serializers.CharField(source="user.email")
    asked_at = serializers.DateTimeField()

    def get_name(self, row: AccessRequest) -> str:
        return row.user.get_full_name() or row.user.get_username()


class AccessRequestsOut(serializers.Serializer[Any]):
    results = AccessRequestOut(many=True)


def _told(rows: QuerySet[AccessRequest]) -> Response:
    return Response({"results": AccessRequestOut(rows, many=True).data})


class AllAccessRequests(Opened):
    doors = {"GET": Door(("access-requests",), ApiScope.PEOPLE_READ)}

    @extend_schema(operation_id="access_requests_list", tags=TAGS, responses=AccessRequestsOut)
    def get(self, request: Request) -> Response:
        """Who asks to be let in, over all customers; the longest waiting first."""
        return _told(services.access_requests())


class AccessRequests(Opened):
    doors = SEE

    @extend_schema(operation_id="customer_access_requests", tags=TAGS, responses=AccessRequestsOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """Who asks to be let in to a customer."""
        return _told(services.access_requests(_organisation(request, organisation_id)))


def _request(organisation: Organisation, request_id: UUID) -> AccessRequest:
    """Raises NotFound."""
    rows = AccessRequest.objects.select_related("organisation", "user")
    found = rows.filter(organisation=organisation, id=request_id).first()
    if found is None:
        raise NotFound()
    return found


class LetIn(Opened):
    doors = CHANGE

    @extend_schema(operation_id="access_let_in", tags=TAGS, request=RoleIn, responses=MembersOut)
    def post(self, request: Request, organisation_id: UUID, request_id: UUID) -> Response:
        """With a role; the person is told by mail."""
        role, organisation = given(RoleIn, request)["role"], customer(request, organisation_id)
        row = _request(organisation, request_id)
        services.let_in(acting_for(request, organisation), row, role=Role(role))
        return _members(organisation)


class TurnAway(Opened):
    doors = CHANGE

    @extend_schema(operation_id="access_turn_away", tags=TAGS, request=None, responses={204: None})
    def post(self, request: Request, organisation_id: UUID, request_id: UUID) -> Response:
        """The person is not let in."""
        organisation = customer(request, organisation_id)
        row = _request(organisation, request_id)
        services.turn_away(acting_for(request, organisation), row)
        return Response(status=204)
