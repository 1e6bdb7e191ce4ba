"""The trust store's pages, and the switch of a connection."""

import pytest
from django.urls import reverse

from archive.models import Connection, LedgerEvent, TrustedIssuer
from archive.values import today
from tests.cast import organisation
from tests.edges.xds import signing
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db

ENTITY = "urn:example:uusi-idp"


def filled(**changes: str) -> dict[str, str]:
    return {
        "environment": "test",
        "entity_id": ENTITY,
        "certificate": signing.certificate(signing.issuer()),
        "reason": "tukipyyntö 12",
        **changes,
    }


def test_an_administrator_adds_an_issuer_and_retires_it() -> None:
    client = signed_in("admin")
    answer = client.post(reverse("issuer-add"), filled(), follow=True)
    assert ENTITY in answer.content.decode()
    row = TrustedIssuer.objects.get(entity_id=ENTITY)
    assert row.environment == "test" and row.is_valid_on(today())
    shown = client.get(reverse("issuer-retire", args=[row.id])).content.decode()
    assert "from this second on" in shown
    assert "No other certificate of this issuer is believed here." in shown
    needing = Connection.objects.filter(environment="test", xua_required=True, valid_until=None)
    assert f"{needing.count()} open connection" in shown
    client.post(reverse("issuer-retire", args=[row.id]), {"reason": "avain vaihtui"})
    row.refresh_from_db()
    assert not row.is_valid_on(today())
    assert client.get(reverse("issuer-retire", args=[row.id])).status_code == 404
    told = LedgerEvent.objects.filter(kind="trust.changed", subject_id=row.id).order_by("at")
    assert [event.facts["reason"] for event in told] == ["tukipyyntö 12", "avain vaihtui"]
    assert all(event.actor_id for event in told)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"certificate": "x"}, "no certificate in PEM form"),
        ({"entity_id": ""}, "This field is required"),
        ({"reason": ""}, "This field is required"),
        ({"reason": "potilas 010181-900C"}, ""),
    ],
)
def test_what_cannot_be_kept_is_said_at_its_field(changes: dict[str, str], said: str) -> None:
    answer = signed_in("admin").post(reverse("issuer-add"), filled(**changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not TrustedIssuer.objects.filter(entity_id=ENTITY).exists()


@pytest.mark.parametrize("login", ["onboarding", "archivist", "support"])
def test_others_see_the_store_and_change_nothing(login: str) -> None:
    client = signed_in(login)
    page = client.get(reverse("issuers")).content.decode()
    assert "urn:example:kuva:demo-issuer:production" in page and "Retire" not in page
    assert client.post(reverse("issuer-add"), filled()).status_code == 403
    row = TrustedIssuer.objects.all()[0]
    assert (
        client.post(reverse("issuer-retire", args=[row.id]), {"reason": "x x"}).status_code == 403
    )


def test_a_customer_finds_no_trust_store() -> None:
    client = signed_in("esim")
    for address in (reverse("issuers"), reverse("issuer-add")):
        assert client.get(address).status_code == 404


# --- the switch -----------------------------------------------------------------------------------


def consumer() -> Connection:
    rows = Connection.objects.filter(organisation=organisation(), kind="xds")
    return rows.get(environment="production")


def address(row: Connection) -> str:
    return reverse("xua-switch", args=[row.organisation_id, row.id])


def test_an_officer_requires_assertions_and_takes_the_need_off() -> None:
    client, row = signed_in("onboarding"), consumer()
    for required, reason in (("1", "sovittu 1.1. alkaen"), ("0", "toimittaja korjaa")):
        answer = client.post(address(row), {"required": required, "reason": reason}, follow=True)
        assert answer.status_code == 200
        row.refresh_from_db()
        assert row.xua_required == (required == "1")
    told = LedgerEvent.objects.filter(kind="customer.changed", facts__has_key="reason")
    assert [event.facts["reason"] for event in told.order_by("at")] == [
        "sovittu 1.1. alkaen",
        "toimittaja korjaa",
    ]


def test_the_switch_needs_a_reason() -> None:
    row = consumer()
    assert signed_in("admin").post(address(row), {"required": "1"}).status_code == 422
    row.refresh_from_db()
    assert not row.xua_required


def test_the_customer_sees_the_switch_and_cannot_turn_it() -> None:
    client, row = signed_in("esim"), consumer()
    page = client.get(reverse("organisation", args=[row.organisation_id])).content.decode()
    assert "not required" in page and address(row) not in page
    assert client.post(address(row), {"required": "1", "reason": "haluan"}).status_code == 404
    row.refresh_from_db()
    assert not row.xua_required


def test_only_an_xds_connection_of_this_customer_has_the_switch() -> None:
    client, row = signed_in("admin"), consumer()
    dicom = Connection.objects.filter(organisation=organisation(), kind="dicom")[0]
    foreign = organisation("9000001-1")
    for wrong in (
        reverse("xua-switch", args=[row.organisation_id, dicom.id]),
        reverse("xua-switch", args=[foreign.id, row.id]),
    ):
        assert client.get(wrong).status_code == 404
