"""The administrator's pages: dated rules with a preview, and keys of the citizen service."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from archive.models import AccessPolicy, ApiClient
from archive.queries import standing
from archive.services import api_clients
from archive.values import today
from tests import wishes
from tests.cast import ESIMERKKILA, MALLILA, organisation
from tests.portal.api.citizens import ISSUER, CitizenService, new_key
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db
TOMORROW = f"{today() + timedelta(days=1):%Y-%m-%d}"
REASON = "Decision 7/2026"
AREA = {
    "name_fi": "Alue",
    "name_sv": "Område",
    "name_en": "Test area",
    "valid_from": TOMORROW,
    "informing_needed": "on",
    "source": "Act 1/2026",
    "reason": REASON,
}


def area(**changed: Any) -> dict[str, Any]:
    members = [str(organisation(each).id) for each in (ESIMERKKILA, MALLILA)]
    return {**AREA, "members": members, **changed}


def post(client: Client, path: str, fields: dict[str, Any]) -> str:
    """Confirmed at once: where it leads, or what the page says."""
    answer = client.post(path, {**fields, "sure": "yes"})
    return answer.headers.get("Location", answer.content.decode())


def test_an_area_is_told_in_words_before_it_is_recorded() -> None:
    client = signed_in("admin")
    count = AccessPolicy.objects.count()
    preview = client.post("/access/rules/area/", area()).content.decode()
    assert "may disclose to each other without permission" in preview
    assert "Esimerkkilän hyvinvointialue, Mallilan hyvinvointialue" in preview
    assert "The patient must have been informed." in preview and 'name="sure"' in preview
    assert AccessPolicy.objects.count() == count
    assert post(client, "/access/rules/area/", area()) == "/access/rules/"
    listed = client.get("/access/rules/").content.decode()
    assert "Test area" in listed and "to come" in listed and "in force" in listed
    (event,) = wishes.ledger("rules.changed")
    assert event.facts["reason"] == REASON and event.actor_name


def test_a_limit_of_roles_says_what_it_is_without() -> None:
    client = signed_in("admin")
    fields = {**AREA, "roles": "physician, nurse"}
    preview = client.post("/access/rules/role/", fields).content.decode()
    assert "only these roles see what others control: nurse, physician" in preview
    assert "Without this rule every role would." in preview
    assert post(client, "/access/rules/role/", fields) == "/access/rules/"
    day = today() + timedelta(days=1)
    assert standing.policies(day).roles == {"nurse", "physician"}


def test_the_area_in_the_law_gets_members_and_ends() -> None:
    client = signed_in("admin")
    row = AccessPolicy.objects.get(kind="area")
    path = f"/access/rules/{row.id}/members/"
    fields = {"members": area()["members"], "first_day": TOMORROW, "reason": REASON}
    preview = client.post(path, fields).content.decode()
    assert "Until then the members are as before: no members yet" in preview
    assert post(client, path, fields) == "/access/rules/"
    made = AccessPolicy.objects.get(kind="area", valid_until=None)
    assert made.members.count() == 2
    path = f"/access/rules/{made.id}/close/"
    fields = {"last_day": TOMORROW, "reason": REASON}
    assert "only permission, purchased services" in client.post(path, fields).content.decode()
    assert post(client, path, fields) == "/access/rules/"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"valid_from": f"{today():%Y-%m-%d}"}, "A rule begins tomorrow at the earliest."),
        ({"valid_until": "2020-01-01"}, "The last day is before the first."),
        ({"members": []}, "This field is required"),
        ({"members": "nobody"}, "Select a valid choice"),
        ({"source": ""}, "This field is required"),
    ],
)
def test_what_does_not_fit_is_said_before_the_preview(changed: Any, says: str) -> None:
    client = signed_in("admin")
    answer = client.post("/access/rules/area/", area(**changed))
    assert answer.status_code == 422 and says in answer.content.decode()
    assert not wishes.ledger("rules.changed")


def test_dates_of_the_law_itself_are_not_changed_here() -> None:
    row = AccessPolicy.objects.get(kind="consent")
    assert signed_in("admin").get(f"/access/rules/{row.id}/close/").status_code == 404


# --- clients --------------------------------------------------------------------------------------


def test_a_key_is_added_serves_and_is_retired() -> None:
    service = CitizenService(key=new_key())
    client = signed_in("admin")
    fields = {
        "environment": "production",
        "name": "MyKanta",
        "issuer": ISSUER,
        "public_key": api_clients.pem_of(service.key.public_key()),
        "calls_a_minute": "60",
        "reason": REASON,
    }
    assert service.get("wishes").status_code == 401
    assert post(client, "/system/clients/add/", fields) == "/system/clients/"
    assert service.get("wishes").status_code == 200
    listed = client.get("/system/clients/").content.decode()
    row = ApiClient.objects.get(issuer=ISSUER)
    assert "MyKanta" in listed and row.key_id in listed and "urn:idr:citizen-api" in listed
    path = f"/system/clients/{row.id}/retire/"
    assert "nothing signed with it is answered" in client.get(path).content.decode()
    assert post(client, path, {"reason": REASON}) == "/system/clients/"
    assert service.get("wishes").status_code == 401
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"public_key": "xxx"}, "no public key for ES256 or RS256"),
        ({"public_key": "-----BEGIN PRIVATE KEY-----"}, "or it is a private key"),
        ({"calls_a_minute": "0"}, "greater than or equal to 1"),
        ({"reason": ""}, "This field is required"),
    ],
)
def test_a_key_that_does_not_serve_is_refused(changed: dict[str, str], says: str) -> None:
    fields = {
        "environment": "production",
        "name": "MyKanta",
        "issuer": ISSUER,
        "public_key": api_clients.pem_of(new_key().public_key()),
        "calls_a_minute": "60",
        "reason": REASON,
        **changed,
    }
    assert says in post(signed_in("admin"), "/system/clients/add/", fields)
    assert not ApiClient.objects.filter(issuer=ISSUER).exists()


@pytest.mark.parametrize("path", ["/access/rules/", "/access/rules/area/", "/system/clients/"])
@pytest.mark.parametrize(
    ("login", "status"), [("admin", 200), ("archivist", 403), ("support", 403), ("esim", 404)]
)
def test_only_the_administrator_opens_them(path: str, login: str, status: int) -> None:
    assert signed_in(login).get(path).status_code == status
