"""The pages of tokens: made and shown once, seen and revoked by whoever speaks for the holder."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from archive.models import ApiToken, Organisation
from tests.cast import ESIMERKKILA, organisation
from tests.portal.api.calling import call, personal, systems
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def secret_on(page: str) -> str:
    (found,) = re.findall(r'class="secret">(idr_[\w-]+)<', page)
    return str(found)


def test_a_person_makes_a_token_sees_it_once_and_revokes_it() -> None:
    client = signed_in("support")
    given = {"name": "Night script", "scopes": ["studies:read"], "days": "30"}
    made = client.post(reverse("token-add"), given)
    token = secret_on(made.content.decode())
    assert call(token, "/api/studies").status_code == 200
    listed = client.get(reverse("tokens"), follow=True).content.decode()
    assert "Night script" in listed and token not in listed
    row = ApiToken.objects.get()
    client.post(reverse("token-revoke", args=[row.id]))
    assert call(token, "/api/studies").status_code == 401


def test_a_form_without_scopes_makes_nothing() -> None:
    answer = signed_in("support").post(reverse("token-add"), {"name": "x", "days": "30"})
    assert answer.status_code == 422 and not ApiToken.objects.exists()


def test_a_customers_administrator_makes_tokens_of_its_own_systems_only() -> None:
    client = signed_in("esim")
    given = {
        "name": "PACS monitor",
        "organisation": str(organisation(ESIMERKKILA).id),
        "role": "customer_technical",
        "environment": "test",
        "scopes": ["cases:read"],
        "days": "90",
    }
    token = secret_on(client.post(reverse("token-system"), given).content.decode())
    assert call(token, "/api/cases").json() == {"results": [], "next": None}
    operator = Organisation.objects.get(is_operator=True)
    for wrong in (
        {"role": "admin"},
        {"organisation": str(operator.id)},
        {"scopes": ["metrics:read"]},
        {"scopes": ["joining:act"]},  # a person's
    ):
        assert client.post(reverse("token-system"), {**given, **wrong}).status_code == 422
    assert ApiToken.objects.count() == 1


def test_anothers_token_is_not_there() -> None:
    personal("admin")
    systems(ESIMERKKILA)
    client = signed_in("malli")
    page = client.get(reverse("tokens"), follow=True).content.decode()
    for row in ApiToken.objects.all():
        assert row.hint not in page
        assert client.post(reverse("token-revoke", args=[row.id])).status_code == 404
    assert signed_in("support").get(reverse("token-system")).status_code == 403


def test_the_api_is_described_for_reading_and_loads_nothing_from_elsewhere() -> None:
    page = Client(headers={"Accept-Language": "en"}).get(reverse("api-docs"))
    told = page.content.decode()
    assert page.status_code == 200 and "/api/cases/{case_id}/retry" in told
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', told)


def test_what_is_not_there_is_told_to_programs_as_a_problem() -> None:
    answer = Client().get("/api/nowhere")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
