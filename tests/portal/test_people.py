"""The administrator's page of the staff, and the address in an invitation's mail (NF-3, ON-1)."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from archive.models import Membership, Role, User
from archive.values import now
from onboarding.models import Invitation
from onboarding.services import people
from tests import post_office
from tests.onboarding import cast
from tests.portal.test_pages import STAFF_LOGINS, signed_in

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("unspent_limits"),
]

EMAIL = "uusi.virkailija@operator.example.invalid"
PASSWORD = "kolme-pientä-kettua-7"
ACCOUNT = {"first_name": "Uuno", "last_name": "Uusi", "password": PASSWORD, "again": PASSWORD}


def user(login: str) -> User:
    return User.objects.get(username=login)


def place(login: str, name: str = "person") -> str:
    return reverse(name, args=[user(login).id])


def invited(client: Client, **data: str) -> str:
    """The address in the mail."""
    told = {"email": EMAIL, "role": "archivist", "language": "sv", **data}
    page = client.post("/people/", told, follow=True).content.decode()
    assert "is on its way." in page and "mail is on its way" in page
    sent = post_office.deliver()[-1]
    assert sent.to == [told["email"]]
    assert "mail has gone" in client.get("/people/").content.decode()
    found = re.search(r"http://[^/\s]+(/invitation/\S+)", sent.body)
    assert found
    return found[1]


def browser(language: str = "en") -> Client:
    return Client(headers={"Accept-Language": language})


# --- who gets in ----------------------------------------------------------------------------------


@pytest.mark.parametrize("login", [*STAFF_LOGINS, "esim"])
def test_the_page_is_the_administrators(login: str) -> None:
    expected = {"admin": 200, "esim": 404}.get(login, 403)
    client = signed_in(login)
    for address in ("/people/", place("support")):
        assert client.get(address).status_code == expected
    if login == "admin":
        return
    before = set(Membership.objects.values_list("user", "role"))
    for name in ("person", "person-close", "person-open", "person-second-factor"):
        answer = client.post(place("support", name), {"roles": ["admin"]})
        assert answer.status_code == expected, name
    assert client.post("/people/", {"email": EMAIL, "role": "admin"}).status_code == expected
    assert set(Membership.objects.values_list("user", "role")) == before
    assert user("support").is_active and not Invitation.objects.exists()


def test_a_customers_person_is_not_one_of_the_staff() -> None:
    client = signed_in("admin")
    assert client.get(place("esim")).status_code == 404
    assert client.post(place("esim", "person-close")).status_code == 404
    assert user("esim").is_active
    assert "esim" not in client.get("/people/").content.decode().split("<tbody")[1]


# --- changed --------------------------------------------------------------------------------------


def test_roles_are_shown_and_changed() -> None:
    client = signed_in("admin")
    page = client.get(place("support")).content.decode()
    assert re.search(r'value="support"[^>]*checked', page)
    answer = client.post(place("support"), {"roles": ["support", "archivist"]}, follow=True)
    assert "The roles are changed." in answer.content.decode()
    assert {row.role for row in user("support").memberships.all()} == {"support", "archivist"}


@pytest.mark.parametrize("roles", [[], ["king"], ["customer_admin"]])
def test_no_role_and_no_such_role_are_refused_at_the_field(roles: list[str]) -> None:
    answer = signed_in("admin").post(place("support"), {"roles": roles})
    assert answer.status_code == 422
    assert 'id="id_roles_error"' in answer.content.decode()
    assert [row.role for row in user("support").memberships.all()] == ["support"]


def test_the_last_administrator_is_told_why_it_stays() -> None:
    client = signed_in("admin")
    said = "Give the administrator’s role to somebody else first."
    assert said in client.post(place("admin"), {"roles": ["support"]}).content.decode()
    assert said in client.post(place("admin", "person-close"), follow=True).content.decode()
    assert user("admin").is_active
    Membership.objects.create(
        user=user("support"),
        organisation=Membership.objects.get(user=user("admin")).organisation,
        role=Role.ADMIN,
    )
    answer = client.post(place("admin"), {"roles": ["support"]}, follow=True)
    assert answer.redirect_chain[-1][0] == "/"  # the page is no longer hers
    assert client.get("/people/").status_code == 403


def test_an_account_is_closed_and_opened_from_the_page() -> None:
    client, other = signed_in("admin"), signed_in("support")
    closed = client.post(place("support", "person-close"), follow=True).content.decode()
    assert "The account is closed." in closed and "Open the account again" in closed
    assert other.get("/").status_code == 302
    opened = client.post(place("support", "person-open"), follow=True).content.decode()
    assert "open again" in opened
    assert other.get("/").status_code == 200


# --- invited --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_a_colleague_makes_the_account_at_the_address_in_the_mail(language: str) -> None:
    address = invited(signed_in("admin"), language=language)
    client = browser(language)
    page = client.get(address).content.decode()
    assert f'<html lang="{language}"' in page and EMAIL in page
    answer = client.post(address, ACCOUNT)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    made = User.objects.get(email=EMAIL)
    assert (made.get_full_name(), made.language) == ("Uuno Uusi", language)
    assert [row.role for row in made.memberships.all()] == ["archivist"]
    assert browser().get(address).status_code == 404  # used
    assert EMAIL in signed_in("admin").get("/people/").content.decode()


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"again": "another-one-9"}, "again"),
        ({"password": "12345678", "again": "12345678"}, "password"),
        ({"password": "uusi.virkailija", "again": "uusi.virkailija"}, "password"),
        ({"first_name": " "}, "first_name"),
        ({"last_name": "010181-900C"}, "last_name"),
    ],
)
def test_a_wrong_account_is_refused_at_its_field(told: dict[str, str], field: str) -> None:
    address = invited(signed_in("admin"))
    answer = browser().post(address, {**ACCOUNT, **told})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert PASSWORD not in answer.content.decode()
    assert not User.objects.filter(email=EMAIL).exists()


def test_who_has_an_account_signs_in_with_it() -> None:
    own = cast.user("own")
    address = invited(signed_in("admin"), email="OWN@example.invalid")
    stranger = browser()
    page = stranger.get(address).content.decode()
    assert "The address has an account here" in page and 'name="password"' not in page
    assert stranger.post(address, ACCOUNT).status_code == 200
    thief = signed_in("esim")
    refused = thief.post(address)
    assert refused.status_code == 403
    assert "another e-mail address than your account" in refused.content.decode()
    owner = browser()
    owner.force_login(own, backend="django.contrib.auth.backends.ModelBackend")
    assert owner.post(address).headers["Location"] == "/"
    assert owner.get("/").status_code == 200


SIGN_IN = 'href="/accounts/login/"'


def test_who_comes_too_late_is_told_whom_to_ask_and_where_to_sign_in() -> None:
    address = invited(signed_in("admin"))
    row = Invitation.objects.get()
    Invitation.objects.update(expires_at=now() - timedelta(days=1))
    answer = browser().get(address)
    page = unescape(answer.content.decode())
    assert answer.status_code == 404
    assert f"Ask {row.invited_by} for a new one" in page and str(row.organisation) in page
    assert SIGN_IN in page
    assert SIGN_IN not in signed_in("esim").get(address).content.decode()


def test_who_has_accepted_already_is_told_where_to_sign_in() -> None:
    address = invited(signed_in("admin"))
    browser().post(address, ACCOUNT)
    page = browser().get(address).content.decode()
    assert "was accepted" in page and SIGN_IN in page and "for a new one" not in page


def test_an_address_that_no_invitation_has_tells_of_nobody() -> None:
    invited(signed_in("admin"))
    row = Invitation.objects.get()
    page = unescape(browser().get("/invitation/guessed/").content.decode())
    assert "Ask the person who invited you for a new one" in page and SIGN_IN in page
    assert row.invited_by not in page and str(row.organisation) not in page


def test_an_invitation_is_withdrawn_from_the_page() -> None:
    client = signed_in("admin")
    address = invited(client)
    row = Invitation.objects.get()
    withdraw = reverse("staff-invitation-withdraw", args=[row.id])
    assert EMAIL in client.get("/people/").content.decode()
    assert "was withdrawn" in client.post(withdraw, follow=True).content.decode()
    assert client.post(withdraw).status_code == 404
    assert browser().get(address).status_code == 404


def test_an_invitation_whose_mail_did_not_go_is_sent_again_from_the_page() -> None:
    client = signed_in("admin")
    told = {"email": f"{post_office.NOBODY}example.fi", "role": "archivist", "language": "sv"}
    client.post("/people/", told)
    with post_office.opened() as office, post_office.used(office.port):
        post_office.deliver()
    page = client.get("/people/").content.decode()
    assert "mail did not go" in page and "Send again" in page
    hidden = dict(re.findall(r'type="hidden" name="(email|role|language)" value="([^"]+)"', page))
    assert hidden == told
    page = client.post("/people/", hidden, follow=True).content.decode()
    assert "mail is on its way" in page and "mail did not go" not in page


@pytest.mark.parametrize(
    ("told", "field"),
    [({"email": "nowhere"}, "email"), ({"role": ""}, "role"), ({"role": "customer_admin"}, "role")],
)
def test_a_wrong_invitation_is_refused_at_its_field(told: dict[str, str], field: str) -> None:
    whole = {"email": EMAIL, "role": "support", "language": "fi", **told}
    answer = signed_in("admin").post("/people/", whole)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Invitation.objects.exists()


def test_a_customers_new_person_makes_the_account_too() -> None:
    road = cast.applicant()
    secrets: list[str] = []
    people.invite(
        cast.admin(road),
        road.organisation,
        email="tekninen@uusi.example.invalid",
        role=Role.CUSTOMER_TECHNICAL,
        link=lambda secret: secrets.append(secret) or f"https://x/{secret}",  # type: ignore[func-returns-value]
    )
    client = browser()
    answer = client.post(f"/invitation/{secrets[0]}/", ACCOUNT)
    assert answer.headers["Location"] == reverse("organisation", args=[road.organisation_id])
    assert client.get(answer.headers["Location"]).status_code == 200
    assert client.get("/people/").status_code == 404
