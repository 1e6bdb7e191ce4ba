"""Who acts for a customer: invited, let in, never the last one out."""

from datetime import timedelta

import pytest

from archive.models import Membership, Role
from archive.values import now
from onboarding.errors import ActorUnfit, FieldInvalid, InvitationGone, LastAdministrator
from onboarding.models import Invitation, Joining
from onboarding.services import invitations, people
from tests import post_office
from tests.onboarding import cast

pytestmark = pytest.mark.usefixtures("db")

SECRETS: list[str] = []


def link(secret: str) -> str:
    SECRETS.append(secret)
    return f"https://portal.example.invalid/invitation/{secret}"


def invited(road: Joining, role: Role = Role.CUSTOMER_TECHNICAL) -> Invitation:
    return people.invite(
        cast.admin(road),
        road.organisation,
        email="new@uusi.example.invalid",
        role=role,
        link=link,
        language="sv",
    )


def test_the_secret_is_in_the_mail_and_nowhere_else() -> None:
    road = cast.applicant()
    made = invited(road)
    message = post_office.deliver()[-1]
    assert message.to == ["new@uusi.example.invalid"]
    assert SECRETS[-1] in message.body and "Nya Bild Ab" in message.body
    assert SECRETS[-1].encode() not in bytes(made.secret_sha256)
    given = invitations.accept(SECRETS[-1], cast.user("newcomer"))
    assert (given.organisation, given.role) == (road.organisation, Role.CUSTOMER_TECHNICAL)
    with pytest.raises(InvitationGone):
        invitations.accept(SECRETS[-1], cast.user("thief"))


def test_an_invitation_expires_and_can_be_withdrawn() -> None:
    road = cast.applicant()
    made = invited(road)
    people.withdraw_invitation(cast.admin(road), made)
    with pytest.raises(InvitationGone):
        invitations.find(SECRETS[-1])
    late = invited(road)
    Invitation.objects.filter(id=late.id).update(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(InvitationGone):
        invitations.accept(SECRETS[-1], cast.user("late"))
    with pytest.raises(InvitationGone):
        invitations.find("guessed")


@pytest.mark.parametrize("role", [Role.ADMIN, Role.ONBOARDING, Role.LOG_REVIEWER])
def test_nobody_is_given_a_role_of_the_staff(role: Role) -> None:
    road = cast.applicant()
    with pytest.raises(FieldInvalid):
        invited(road, role)
    membership = Membership.objects.get(organisation=road.organisation)
    with pytest.raises(FieldInvalid):
        people.change_role(cast.admin(road), membership, role)


def test_the_last_administrator_neither_goes_nor_becomes_less() -> None:
    road = cast.applicant()
    membership = Membership.objects.get(organisation=road.organisation)
    with pytest.raises(LastAdministrator):
        people.remove(cast.admin(road), membership)
    with pytest.raises(LastAdministrator):
        people.change_role(cast.officer(), membership, Role.CUSTOMER_TECHNICAL)
    invited(road, Role.CUSTOMER_ADMIN)
    invitations.accept(SECRETS[-1], cast.user("second"))
    people.remove(cast.admin(road), membership)
    assert not Membership.objects.filter(id=membership.id).exists()


@pytest.mark.parametrize("name", ["technical", "stranger", "support"])
def test_people_are_the_administrators_matter(name: str) -> None:
    road = cast.applicant()
    actor = cast.actors(road)[name]
    with pytest.raises(ActorUnfit):
        people.invite(actor, road.organisation, email="a@b.fi", role=Role.CUSTOMER_ADMIN, link=link)
    membership = Membership.objects.get(organisation=road.organisation, role=Role.CUSTOMER_ADMIN)
    with pytest.raises(ActorUnfit):
        people.remove(actor, membership)
