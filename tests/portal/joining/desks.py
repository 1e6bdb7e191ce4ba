"""Who sits at which browser, and the addresses of a customer's road."""

from copy import copy, deepcopy
from typing import Any

from django.test import Client
from django.urls import reverse

from archive.actors import Actor
from archive.models import Membership, Organisation, Role, User
from onboarding.models import Joining, PlannedConnection, TermsKind
from tests.onboarding import cast

BACKEND = "django.contrib.auth.backends.ModelBackend"


def browser(user: User, language: str = "en") -> Client:
    client = Client(headers={"Accept-Language": language})
    client.force_login(user, backend=BACKEND)
    return client


def of(actor: Actor, language: str = "en") -> Client:
    return browser(User.objects.get(id=actor.id or ""), language)


def people(road: Joining) -> dict[str, Client]:
    """A browser for each kind of person; `out` is signed out, `foreign` another customer's."""
    actors = cast.actors(road)
    actors["logreview"] = cast.officer("reviewer", Role.LOG_REVIEWER)
    actors["foreign"] = actors["stranger"]
    roles = ("officer", "support", "logreview", "customer", "technical", "foreign")
    signed_out = Client(headers={"Accept-Language": "en"})
    return {"out": signed_out, **{role: of(actors[role]) for role in roles}}


def again(people: dict[str, Client]) -> dict[str, Client]:
    """Browsers of the same people, with the cookies that theirs have now."""
    found = {who: copy(client) for who, client in people.items()}
    for client in found.values():
        client.cookies = deepcopy(client.cookies)
    return found


def person(road: Joining, who: str) -> Client:
    """The browser of one of them."""
    return of(cast.actors(road)[who])


def address(name: str, road: Joining, *args: Any) -> str:
    return reverse(name, args=[road.organisation_id, *args])


def step(client: Client, road: Joining, key: str, **data: str) -> Any:
    return client.post(address("joining-move", road, key), data)


def planned(road: Joining, environment: str = "test") -> PlannedConnection:
    return PlannedConnection.objects.get(
        organisation=road.organisation, environment=environment, kind="dicom"
    )


def membership(road: Joining, role: Role = Role.CUSTOMER_ADMIN) -> Membership:
    return Membership.objects.get(organisation=road.organisation, role=role)


def foreign() -> Organisation:
    return Organisation.objects.get(business_id="9000001-1")


TERMS = TermsKind.DELIVERY.value
