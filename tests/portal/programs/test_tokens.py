"""The pages of tokens: made and shown once, seen and revoked by whoever speaks for the holder."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from archive.actors import SYSTEM
from archive.models import (
    ApiToken,
    Membership,
    Organisation,
    User,
    Webhook,
    WebhookDelivery,
    WebhookEvent,
)
from archive.services import webhooks
from archive.values import now
from portal.advice import advise
from tests.cast import ESIMERKKILA, MALLILA, organisation
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


def made_hook(owner: Organisation) -> Webhook:
    return webhooks.make(
        SYSTEM,
        owner,
        environment="production",
        name="Ours",
        url="https://example.fi/x",
        events=[WebhookEvent.CASE_OPENED],
    )


def test_who_speaks_for_one_customer_only_works_for_another() -> None:
    """The administrator of one, who is a technician of the other (NF-3)."""
    other, client = organisation(MALLILA), signed_in("esim")
    person = User.objects.get(username="esim")
    Membership.objects.create(user=person, organisation=other, role="customer_technical")
    theirs = systems(MALLILA)
    row = ApiToken.objects.get()
    given = {
        "name": "PACS monitor",
        "organisation": str(other.id),
        "role": "customer_admin",
        "environment": "test",
        "scopes": ["cases:read"],
        "days": "90",
    }
    assert client.post(reverse("token-system"), given).status_code == 422
    assert client.post(reverse("token-revoke", args=[row.id])).status_code == 404
    hook = made_hook(other)
    told = {"name": hook.name, "url": hook.url, "events": hook.events}
    wanted = {**told, "organisation": str(other.id), "environment": "production"}
    assert client.post(reverse("webhook-add"), wanted).status_code == 422
    ends = reverse("webhook-end", args=[hook.id])
    page = client.get(reverse("webhooks")).content.decode()
    assert "example.fi/x" in page and ends not in page
    token = personal("esim")
    for answer in (
        client.post(ends),
        client.post(reverse("webhook-on", args=[hook.id])),
        call(token, f"/api/webhooks/{hook.id}", method="delete"),
        call(token, f"/api/webhooks/{hook.id}/on", {}),
    ):
        assert answer.status_code == 404
    assert call(token, f"/api/webhooks/{hook.id}").status_code == 200
    assert call(theirs, "/api/webhooks").status_code == 200


def test_a_webhook_is_ended_after_it_is_said_what_that_means() -> None:
    client = signed_in("esim")
    hook = made_hook(organisation(ESIMERKKILA))
    ends = reverse("webhook-end", args=[hook.id])
    assert ends in client.get(reverse("webhooks")).content.decode()
    assert "a new one has a new secret" in client.get(ends).content.decode()
    hook.refresh_from_db()
    assert hook.is_on
    client.post(ends)
    hook.refresh_from_db()
    assert hook.ended_at and not hook.is_on


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


def test_a_failed_delivery_is_said_in_the_readers_language_and_in_the_machines() -> None:
    row = made_hook(organisation(ESIMERKKILA))
    WebhookDelivery.objects.create(
        webhook=row, event="case.opened", at=now(), data={}, tries=1,
        last_error="answered with status 500", last_reason="webhook-unanswered",
    )  # fmt: skip
    client = signed_in("esim")
    for place in ("webhooks", "webhook-deliveries"):
        content = client.get(reverse(place), headers={"Accept-Language": "fi"}).content.decode()
        with translation.override("fi"):
            title = str(advise("webhook-unanswered").title)
        assert f"{title} (answered with status 500)" in content
