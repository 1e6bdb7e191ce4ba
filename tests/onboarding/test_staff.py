"""The operator's own people: invited, changed, shut out, never the last administrator (NF-3)."""

import re
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client

from archive.actors import Actor
from archive.models import LedgerEvent, Membership, Organisation, Role, User
from archive.services import case_work
from onboarding.errors import (
    ActorUnfit,
    FieldInvalid,
    InvitationGone,
    InvitationOfAnother,
    LastAdministrator,
)
from onboarding.services import invitations, staff
from onboarding.services.invitations import NewAccount
from tests import builders, post_office
from tests.onboarding import cast

pytestmark = pytest.mark.usefixtures("db")

SECRETS: list[str] = []
EMAIL = "uusi.virkailija@operator.example.invalid"
PASSWORD = "kolme-pientä-kettua-7"


def link(secret: str) -> str:
    SECRETS.append(secret)
    return f"https://portal.example.invalid/invitation/{secret}"


@pytest.fixture
def boss() -> Actor:
    """The only administrator that there is."""
    Membership.objects.filter(role=Role.ADMIN).delete()
    return cast.officer("boss", Role.ADMIN)


def invited(boss: Actor, role: str = Role.ARCHIVIST) -> str:
    staff.invite(boss, email=EMAIL, role=role, link=link, language="sv")
    return SECRETS[-1]


def new(secret: str, password: str = PASSWORD) -> User:
    return invitations.accept_as_new(secret, NewAccount("Uuno", "Uusi", password, "sv"))


def roles(user: User) -> set[str]:
    return set(Membership.objects.filter(user=user).values_list("role", flat=True))


def told() -> list[str]:
    rows = LedgerEvent.objects.filter(kind="access.changed").order_by("at", "id")
    return [str(row.facts["what"]) for row in rows]


def colleague(login: str, *given: Role) -> User:
    for role in given:
        cast.officer(login, role)
    return User.objects.get(username=login)


# --- invited --------------------------------------------------------------------------------------


def test_who_is_invited_makes_the_account_by_the_mail(boss: Actor) -> None:
    secret = invited(boss)
    (sent,) = post_office.deliver()
    assert sent.to == [EMAIL] and secret in sent.body
    made = new(secret)
    assert roles(made) == {Role.ARCHIVIST}
    assert made.get_full_name() == "Uuno Uusi" and made.check_password(PASSWORD)
    assert EmailAddress.objects.get(user=made).verified
    assert told()[-2:] == [f"{EMAIL} invited as archivist", f"{made} is archivist"]
    with pytest.raises(InvitationGone):
        new(secret)


def test_a_weak_password_makes_no_account(boss: Actor) -> None:
    secret = invited(boss)
    with pytest.raises(FieldInvalid) as refused:
        new(secret, "12345678")
    assert refused.value.facts["field"] == "password"
    assert not User.objects.filter(email=EMAIL).exists()
    assert new(secret)


def test_a_role_of_the_staff_goes_to_the_invited_address_only(boss: Actor) -> None:
    secret = invited(boss)
    thief = cast.user("thief")
    with pytest.raises(InvitationOfAnother):
        invitations.accept(secret, thief)
    owner = User.objects.create_user("owner", EMAIL)
    address = EmailAddress.objects.create(user=owner, email=EMAIL.upper(), verified=False)
    with pytest.raises(InvitationOfAnother):
        invitations.accept(secret, owner)
    with pytest.raises(InvitationOfAnother):  # nor is a second account made for it
        new(secret)
    EmailAddress.objects.filter(id=address.id).update(verified=True)
    assert invitations.accept(secret, owner).role == Role.ARCHIVIST
    assert roles(thief) == set()


@pytest.mark.parametrize("role", ["customer_admin", "customer_technical", "", "king"])
def test_the_staff_has_the_staffs_roles_only(boss: Actor, role: str) -> None:
    with pytest.raises(FieldInvalid):
        invited(boss, role)
    with pytest.raises(FieldInvalid):
        staff.set_roles(boss, colleague("c", Role.SUPPORT), [role])


def test_an_invitation_is_withdrawn(boss: Actor) -> None:
    made = staff.invite(boss, email=EMAIL, role=Role.SUPPORT, link=link, language="fi")
    staff.withdraw(boss, made)
    with pytest.raises(InvitationGone):
        new(SECRETS[-1])


# --- changed --------------------------------------------------------------------------------------


def test_roles_are_set_and_each_change_is_told(boss: Actor) -> None:
    user = colleague("c", Role.SUPPORT, Role.ARCHIVIST)
    staff.set_roles(boss, user, [Role.ARCHIVIST, Role.LOG_REVIEWER])
    assert roles(user) == {Role.ARCHIVIST, Role.LOG_REVIEWER}
    assert told()[-2:] == ["c is support no more", "c is logreview"]
    before = len(told())
    staff.set_roles(boss, user, [Role.LOG_REVIEWER, Role.ARCHIVIST])
    assert len(told()) == before
    with pytest.raises(FieldInvalid):
        staff.set_roles(boss, user, [])


def test_a_closed_account_is_shut_out_at_once_and_let_in_again(boss: Actor) -> None:
    user = colleague("c", Role.SUPPORT)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/").status_code == 200
    staff.deactivate(boss, user)
    assert client.get("/").status_code == 302
    assert roles(user) == {Role.SUPPORT}
    staff.reactivate(boss, user)
    assert client.get("/").status_code == 200
    assert told()[-2:] == ["account of c closed", "account of c opened again"]


@pytest.mark.parametrize("leaves", [True, False])
def test_cases_of_who_works_on_none_any_more_have_no_owner(boss: Actor, *, leaves: bool) -> None:
    user = colleague("c", Role.SUPPORT)
    own, over = builders.case(), builders.case(state="resolved")
    for case in (own, over):
        case_work.assign(boss, case, user)
    staff.set_roles(boss, user, [Role.ARCHIVIST])
    own.refresh_from_db()
    assert own.owner == user  # who still works on cases
    if leaves:
        staff.deactivate(boss, user)
    else:
        staff.set_roles(boss, user, [Role.LOG_REVIEWER])
    own.refresh_from_db()
    over.refresh_from_db()
    assert (own.owner, own.handling, over.owner) == (None, "new", user)


def test_the_last_administrator_stays(boss: Actor) -> None:
    me = User.objects.get(username="boss")
    for act in (
        lambda: staff.deactivate(boss, me),
        lambda: staff.set_roles(boss, me, [Role.SUPPORT]),
    ):
        with pytest.raises(LastAdministrator):
            act()
    assert roles(me) == {Role.ADMIN} and User.objects.get(id=me.id).is_active
    closed = colleague("closed", Role.ADMIN)
    staff.deactivate(boss, closed)
    with pytest.raises(LastAdministrator):  # one that is shut out does not count
        staff.set_roles(boss, me, [Role.SUPPORT])
    colleague("heir", Role.ADMIN)
    staff.set_roles(boss, me, [Role.SUPPORT])
    assert roles(me) == {Role.SUPPORT}


@pytest.mark.parametrize("role", [Role.ONBOARDING, Role.ARCHIVIST, Role.SUPPORT, Role.LOG_REVIEWER])
def test_only_administrators_decide_about_the_staff(boss: Actor, role: Role) -> None:
    other, user = cast.officer("other", role), colleague("c", Role.SUPPORT)
    for act in (
        lambda: staff.invite(other, email=EMAIL, role=role, link=link, language="fi"),
        lambda: staff.set_roles(other, user, [Role.ADMIN]),
        lambda: staff.deactivate(other, user),
        lambda: staff.reactivate(other, user),
        lambda: staff.drop_second_factor(other, user),
    ):
        with pytest.raises(ActorUnfit):
            act()


def test_a_lost_second_factor_is_reset(boss: Actor) -> None:
    user = colleague("c", Role.SUPPORT)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    staff.drop_second_factor(boss, user)
    staff.drop_second_factor(boss, user)
    assert not Authenticator.objects.exists()
    assert told().count("second factor of c reset") == 1


# --- the first one --------------------------------------------------------------------------------


def command(*arguments: str) -> str:
    said = StringIO()
    call_command("make_administrator", *arguments, stdout=said)
    return said.getvalue()


def test_the_first_administrator_sets_a_password_by_a_link_once() -> None:
    Membership.objects.filter(role=Role.ADMIN).delete()
    said = command(
        "Ensi.Mainen@operator.example.invalid",
        *("--name", "Ensi Maija Mainen"),
        *("--address", "https://kuvat.example/"),
    )
    found = re.search(r"https://kuvat\.example(/\S+)", said)
    assert found, said
    user = User.objects.get(email="ensi.mainen@operator.example.invalid")
    assert roles(user) == {Role.ADMIN} and not user.has_usable_password()
    assert (user.first_name, user.last_name) == ("Ensi Maija", "Mainen")
    client = Client(headers={"Accept-Language": "en"})
    form = client.get(found[1], follow=True)
    place = form.redirect_chain[-1][0]
    done = client.post(place, {"password1": PASSWORD, "password2": PASSWORD})
    assert done.status_code == 302
    login = {"login": user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", login).status_code == 302
    assert client.get("/people/").status_code == 200
    stale = Client(headers={"Accept-Language": "en"}).get(found[1], follow=True)
    assert "does not work any more" in stale.content.decode()
    assert f"{user} is admin" in told()


def test_one_who_was_locked_out_is_let_in_again(boss: Actor) -> None:
    user = colleague("boss", Role.ADMIN)
    User.objects.filter(id=user.id).update(is_active=False)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    command(user.email, "--reset-second-factor")
    assert User.objects.get(id=user.id).is_active
    assert not Authenticator.objects.exists()
    assert User.objects.filter(email=user.email).count() == 1


@pytest.mark.parametrize(
    "address",
    ["foo", "kuvat.example", "ftp://kuvat.example", "https://", "https://a b", "https://["],
)
def test_a_link_that_leads_nowhere_is_not_made(address: str) -> None:
    with pytest.raises(CommandError, match="no address of a portal"):
        command("nobody.yet@operator.example.invalid", "--address", address)
    assert not User.objects.filter(email="nobody.yet@operator.example.invalid").exists()


def test_what_is_no_address_makes_nobody() -> None:
    with pytest.raises(CommandError):
        command("nobody")
    assert Organisation.objects.filter(is_operator=True).count() == 1
