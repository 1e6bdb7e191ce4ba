"""Each address x each role: who gets in, who may not, who reads that there is no such page."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from archive.models import Authorisation, AuthorisationDraft, Membership, Role, User
from archive.services import authorisation_drafts
from tests.authorising import made, person, register
from tests.cast import organisation
from tests.kept import Kept
from tests.portal.joining import desks
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db

ROLES = ("support", "onboarding", "logreview", "esim", "technical", "rontgen", "malli")
OPEN = (200, 200, 200, 200, 200, 200, 200)
PARTIES = (200, 200, 200, 200, 200, 200, 404)
ADMINS = (403, 403, 403, 200, 404, 200, 200)
PARTIES_ADMINS = (403, 403, 403, 200, 404, 200, 404)
ORGANISERS = (403, 403, 403, 200, 404, 404, 404)

READ: dict[str, tuple[int, ...]] = {
    "authorisations": OPEN,
    "follow-up": OPEN,
    "assignments": (403, 403, 403, 200, 200, 200, 200),
    "authorisation-search": (200, 403, 403, 200, 404, 200, 200),
    "authorisation": PARTIES,
    "authorisation-amend": PARTIES_ADMINS,
    "authorisation-act": PARTIES_ADMINS,
    "order-new": ADMINS,
    "order-whom": ORGANISERS,
    "order-order": ORGANISERS,
    "order-terms": ORGANISERS,
    "order-check": ORGANISERS,
}
# Posted with nothing in it: 302 done, 422 refused with words.
POSTED: dict[str, tuple[int, ...]] = {
    "accept": (403, 403, 403, 422, 404, 302, 404),
    "decline": (403, 403, 403, 422, 404, 422, 404),
    "revoke": (403, 403, 403, 422, 404, 422, 404),
    "finish": (403, 403, 403, 302, 404, 422, 404),
    "amend": (403, 403, 403, 422, 404, 422, 404),
    "discard": (403, 403, 403, 302, 404, 404, 404),
}


def technical() -> Client:
    user = User.objects.create_user("technical", password=None)
    Membership.objects.create(user=user, organisation=organisation(), role=Role.CUSTOMER_TECHNICAL)
    return signed_in("technical")


def _browsers() -> dict[str, Client]:
    found = {role: signed_in(role) for role in ROLES if role != "technical"}
    return {**found, "technical": technical()}


def _rows() -> tuple[Authorisation, AuthorisationDraft]:
    return made(), authorisation_drafts.begin(person(), register(), "production", None)


@pytest.fixture(scope="module")
def built(kept: Kept) -> tuple[dict[str, Client], tuple[Authorisation, AuthorisationDraft]]:
    return kept(lambda: (_browsers(), _rows()))


@pytest.fixture
def browsers(db: None, built: tuple[dict[str, Client], Any]) -> dict[str, Client]:
    return desks.again(built[0])


@pytest.fixture
def url(built: tuple[Any, tuple[Authorisation, AuthorisationDraft]]) -> Callable[[str], str]:
    row, draft = built[1]

    def of(name: str) -> str:
        if name in ("authorisation", "authorisation-amend"):
            return reverse(name, args=[row.id])
        if name == "authorisation-act":
            return reverse(name, args=[row.id, "revoke"])
        if name.startswith("order-") and name != "order-new":
            return reverse(name, args=[draft.id])
        if name in POSTED:
            if name == "discard":
                return reverse("order-discard", args=[draft.id])
            if name == "amend":
                return reverse("authorisation-amend", args=[row.id])
            return reverse("authorisation-act", args=[row.id, name])
        return reverse(name)

    return of


@pytest.mark.parametrize("name", READ)
def test_who_may_read(name: str, url: Any, browsers: dict[str, Client]) -> None:
    place = url(name)
    assert tuple(browsers[role].get(place).status_code for role in ROLES) == READ[name]
    answer = Client().get(place)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", POSTED)
def test_who_may_change(name: str, url: Any, browsers: dict[str, Client]) -> None:
    place, found = url(name), []
    for role in ROLES:
        with transaction.atomic():
            found.append(browsers[role].post(place).status_code)
            transaction.set_rollback(True)
    assert tuple(found) == POSTED[name]
    assert Client().post(place).headers["Location"].startswith("/accounts/login/")


def test_another_customers_is_as_one_that_is_not_there(
    url: Callable[[str], str], browsers: dict[str, Client]
) -> None:
    foreign = browsers["malli"].get(url("authorisation"))
    absent = browsers["malli"].get(reverse("authorisation", args=[uuid4()]))
    assert (foreign.status_code, absent.status_code) == (404, 404)
    assert b"Esimerkkil" not in foreign.content


def test_the_rails_of_staff_and_customers(
    url: Callable[[str], str], browsers: dict[str, Client]
) -> None:
    for role in ("support", "esim"):
        page = browsers[role].get(url("authorisation")).content.decode()
        rail = page[page.index('class="rail"') : page.index("</nav>", page.index('class="rail"'))]
        assert rail.count('aria-current="page"') == 1
        current = rail[rail.index('aria-current="page"') :]
        assert current.startswith('aria-current="page">Authorisations')
