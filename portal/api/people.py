"""The operator's own people, and a customer's: roles, invitations, who asks to be let in (NF-3,
ON-1). Read by whom the pages let in; changed by persons, never by a system's token.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import ApiScope, Role, User
from onboarding.models import Invitation, MailState
from onboarding.queries import staff as queries
from onboarding.queries.staff import Colleague
from onboarding.services import staff as services
from portal.api.doors import Door, Opened, given, person_in
from portal.api.strict import Strict

TAGS = ["people"]
SEE = {"GET": Door(("people",), ApiScope.PEOPLE_READ)}
CHANGE = {"POST": Door(("person",), ApiScope.PEOPLE_ACT)}
STAFF_ROLES = [(role.value, role.label) for role in services.ROLES]


def link_of(request: Request) -> Callable[[str], str]:
    """How the secret of an invitation becomes an address."""
    return lambda secret: request.build_absolute_uri(reverse("invitation", args=[secret]))


class ColleagueOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="user.id")
    name = serializers.CharField()
    email = serializers.CharField(source="user.email")
    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices))
    is_active = serializers.BooleanField(source="user.is_active")
    second_factors = serializers.SerializerMethodField()
    last_signed_in_at = serializers.DateTimeField(source="user.last_login", allow_null=True)

    def get_second_factors(self, row: Colleague) -> list[str]:
        return sorted(row.factors)


class ColleaguesOut(serializers.Serializer[Any]):
    results = ColleagueOut(many=True)


class InvitationOut(serializers.Serializer[Any]):
    """That waits; its secret stands in the mail alone."""

    id = serializers.UUIDField()
    email = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)
    invited_by = serializers.CharField()
    invited_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    mail = serializers.ChoiceField(
        MailState.choices, source="mail.state", allow_null=True, default=None
    )


class InvitationsOut(serializers.Serializer[Any]):
    results = InvitationOut(many=True)


class Colleagues(Opened):
    doors = SEE

    @extend_schema(operation_id="people_list", tags=TAGS, responses=ColleaguesOut)
    def get(self, request: Request) -> Response:
        """The operator's people; those who may not sign in last."""
        return Response({"results": ColleagueOut(queries.colleagues(), many=True).data})


class InviteColleagueIn(Strict):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(STAFF_ROLES)
    language = serializers.ChoiceField(django_settings.LANGUAGES, default="fi")


class ColleagueInvitations(Opened):
    doors = {**SEE, "POST": Door(("people",), ApiScope.PEOPLE_ACT)}

    @extend_schema(operation_id="people_invitations", tags=TAGS, responses=InvitationsOut)
    def get(self, request: Request) -> Response:
        """Invitations to the operator's people that wait, the newest first."""
        return Response({"results": InvitationOut(queries.invitations(), many=True).data})

    @extend_schema(
        operation_id="people_invite",
        tags=TAGS,
        request=InviteColleagueIn,
        responses={201: InvitationOut},
    )
    def post(self, request: Request) -> Response:
        """Mail an invitation, good for a week."""
        wanted = given(InviteColleagueIn, request)
        made = services.invite(person_in(request), **wanted, link=link_of(request))
        return Response(InvitationOut(made).data, status=201)


class WithdrawColleague(Opened):
    doors = CHANGE

    @extend_schema(
        operation_id="people_invitation_withdraw", tags=TAGS, request=None, responses={204: None}
    )
    def post(self, request: Request, invitation_id: UUID) -> Response:
        """It cannot be accepted any more."""
        row: Invitation | None = queries.invitations().filter(id=invitation_id).first()
        if row is None:
            raise NotFound()
        services.withdraw(person_in(request), row)
        return Response(status=204)


# --- one of them ----------------------------------------------------------------------------------


def _colleague(user_id: UUID) -> Colleague:
    """Raises NotFound."""
    found = next((each for each in queries.colleagues() if each.user.id == user_id), None)
    if found is None:
        raise NotFound()
    return found


class ColleagueRolesIn(Strict):
    roles = serializers.ListField(
        child=serializers.ChoiceField(STAFF_ROLES), allow_empty=False, max_length=len(STAFF_ROLES)
    )


class SetRoles(Opened):
    doors = CHANGE

    @extend_schema(
        operation_id="person_roles", tags=TAGS, request=ColleagueRolesIn, responses=ColleagueOut
    )
    def post(self, request: Request, user_id: UUID) -> Response:
        """These roles and no others. Somebody can always administer."""
        wanted, found = given(ColleagueRolesIn, request), _colleague(user_id)
        services.set_roles(person_in(request), found.user, wanted["roles"])
        return Response(ColleagueOut(_colleague(user_id)).data)


def _changing(operation_id: str, say: str, change: Callable[[Actor, User], object]) -> type[Opened]:
    class Changing(Opened):
        doors = CHANGE

        @extend_schema(
            operation_id=operation_id,
            description=say,
            tags=TAGS,
            request=None,
            responses=ColleagueOut,
        )
        def post(self, request: Request, user_id: UUID) -> Response:
            found = _colleague(user_id)
            change(person_in(request), found.user)
            return Response(ColleagueOut(_colleague(user_id)).data)

    return Changing


ClosePerson = _changing(
    "person_close", "Nobody acts with the account any more.", services.deactivate
)
OpenPerson = _changing("person_open", "With the roles it had.", services.reactivate)
ResetSecondFactor = _changing(
    "person_second_factor",
    "For somebody who has lost it: a new one is asked for at the next page.",
    services.drop_second_factor,
)
