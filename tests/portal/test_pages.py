"""The table of pages x roles: who gets in, and what the others read."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.converters import UUIDConverter

from archive.models import Organisation, User
from portal.pages import BY_NAME, CUSTOMERS, PAGES, STAFF

pytestmark = pytest.mark.django_db

STAFF_LOGINS = ("admin", "onboarding", "archivist", "support", "logreview")
PLAIN = [page.name for page in PAGES if page.name in ("overview", "customers", "search")]


def signed_in(login: str) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(
        User.objects.get(username=login), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


@pytest.mark.parametrize("login", STAFF_LOGINS)
@pytest.mark.parametrize("name", PLAIN)
def test_staff_open_what_the_table_gives_their_role(name: str, login: str) -> None:
    page = BY_NAME[name]
    expected = 200 if page.may_open(frozenset({login})) else 403
    assert signed_in(login).get(page.url).status_code == expected


# Public pages, one's own account, and interfaces with credentials of their own.
ANYBODYS = (
    *("/accounts/", "/join/", "/guide", "/customers", "/try/", "/language/", "/health/"),
    "/session/",
    *("/api/", "/xds/", "/xca/", "/wado", "/dicomweb/", "/fhir/", "/metrics"),
)


def addresses() -> dict[str, str]:
    """One of each name, with ids that nothing has."""
    found = {}
    for name, listed in get_resolver().reverse_dict.lists():
        (template, parameters), *_rest = listed[0][0]
        converters = listed[0][3]
        wanted = {
            each: uuid4() if type(converters.get(each)) is UUIDConverter else 1
            for each in parameters
        }
        if isinstance(name, str):
            found[name] = f"/{template % wanted}"
    return found


def turned_away(client: Client, address: str) -> int:
    """The status, by the method that the address takes."""
    answer = client.get(address)
    return (client.post(address) if answer.status_code == 405 else answer).status_code


@pytest.mark.parametrize("login", [*STAFF_LOGINS, "esim"])
def test_no_address_of_the_table_opens_for_another_role(login: str) -> None:
    role, expected = ("customer_admin", 404) if login == "esim" else (login, 403)
    places, client = addresses(), signed_in(login)
    opens = {page.url_name for page in PAGES if page.may_open(frozenset({role}))}
    opens |= {"overview"} if login == "esim" else set()  # leads to its own first page
    closed = {page.url_name for page in PAGES if page.url_name in places} - opens
    wrong = {name: turned_away(client, places[name]) for name in closed}
    assert closed and {name: code for name, code in wrong.items() if code != expected} == {}


def test_a_person_without_a_role_finds_no_page_but_public_ones() -> None:
    client = signed_in(User.objects.create_user("nobody", password=None).username)
    own = {name: each for name, each in addresses().items() if not each.startswith(ANYBODYS)}
    codes = {name: turned_away(client, address) for name, address in own.items()}
    assert len(codes) > len(PAGES) and {n: code for n, code in codes.items() if code != 404} == {}


@pytest.mark.parametrize("name", [name for name in PLAIN if name != "overview"])
def test_a_customer_finds_no_staff_page(name: str) -> None:
    assert signed_in("esim").get(BY_NAME[name].url).status_code == 404


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nobody_gets_in_without_signing_in(page: object) -> None:
    url = getattr(page, "url", "") or "/"
    answer = Client().get(url)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_every_role_has_a_first_page() -> None:
    opened = frozenset().union(*(page.roles for page in PAGES if page.in_rail))
    assert opened == STAFF | CUSTOMERS


def test_a_customer_starts_from_its_own_page() -> None:
    answer = signed_in("esim").get("/", follow=True)
    assert answer.redirect_chain[-1][0] == own_address("9000000-3")
    assert "Esimerkkilän" in answer.content.decode()


def test_a_foreign_customer_answers_as_one_that_is_not_there() -> None:
    client = signed_in("esim")
    foreign = client.get(own_address("9000001-1"))
    absent = client.get(reverse("organisation", args=[uuid4()]))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert foreign.content.replace(b"9000001-1", b"").count(b"Mallilan") == 0


def test_the_operator_is_no_customer() -> None:
    operator = Organisation.objects.get(is_operator=True)
    page = reverse("organisation", args=[operator.id])
    assert signed_in("admin").get(page).status_code == 404


def test_a_person_with_no_role_finds_nothing() -> None:
    User.objects.create_user("nobody", password=None)
    assert signed_in("nobody").get("/").status_code == 404


def test_a_staff_role_counts_in_the_operator_only() -> None:
    user = User.objects.create_user("pretender", password=None)
    customer = Organisation.objects.get(business_id="9000000-3")
    user.memberships.create(organisation=customer, role="admin")
    assert signed_in("pretender").get("/").status_code == 404


def test_the_environment_is_kept_until_another_is_chosen() -> None:
    client = signed_in("support")
    assert 'data-environment="production"' in client.get("/").content.decode()
    assert 'data-environment="test"' in client.get("/?environment=test").content.decode()
    answer = client.get("/organisations/", follow=True)
    assert answer.redirect_chain == [("/organisations/?environment=test", 302)]
    assert 'data-environment="test"' in answer.content.decode()
    assert 'data-environment="test"' in client.get("/?environment=nonsense").content.decode()
    assert (
        'data-environment="production"' in client.get("/?environment=production").content.decode()
    )


def test_the_rail_shows_what_the_role_may_open() -> None:
    page = signed_in("logreview").get("/").content.decode()
    rail = page[
        page.index('<nav class="rail"') : page.index("</nav>", page.index('<nav class="rail"'))
    ]
    assert "Customers" in rail and "Support desk" not in rail


def own_address(business_id: str) -> str:
    organisation = Organisation.objects.get(business_id=business_id)
    return reverse("organisation", args=[organisation.id])
