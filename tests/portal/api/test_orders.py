"""Orders of purchased services over the API by persons: made, answered and ended as on the pages,
and whose they are told for a reason alone (AC-3).
"""

from typing import Any

import pytest

from archive.models import Authorisation, LedgerEvent, Role
from tests.authorising import day, made
from tests.cast import ESIMERKKILA, MATTI, RONTGEN, organisation
from tests.portal.api.calling import call, personal, systems
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db
REASON = {"reason": "E-1042, the ward asks"}


def ordered(**fields: Any) -> dict[str, Any]:
    return {
        "patient": {"id": MATTI},
        "producer": organisation(RONTGEN).oid,
        "valid_from": day().isoformat(),
        "valid_until": day(30).isoformat(),
        "service_code": "AA1AD",
        "service_text": "Pään TT",
        **fields,
    }


def test_an_order_goes_between_its_two_parties() -> None:
    organiser, producer = personal("esim"), personal("rontgen")
    answer = call(organiser, "/api/orders", ordered(), key="key-of-an-order")
    assert answer.status_code == 201 and MATTI not in answer.content.decode()
    assert call(organiser, "/api/orders", ordered(), key="key-of-an-order").json() == answer.json()
    path = f"/api/orders/{answer.json()['id']}"
    assert Authorisation.objects.get().made_by and "•" in answer.json()["patient"]
    (row,) = call(producer, "/api/orders/granted").json()["results"]
    assert row["state"] == "granted" and not call(producer, "/api/orders").json()["results"]
    assert call(organiser, f"{path}/accept", {}).status_code in (403, 409)
    assert call(producer, f"{path}/accept", {}).json()["state"] == "accepted"
    assert call(producer, f"{path}/withdraw", {}).json()["state"] == "granted"
    assert call(producer, f"{path}/decline", {}).status_code == 422
    amended = {
        name: each for name, each in ordered(order_text="Today").items() if name != "patient"
    }
    version = call(organiser, f"{path}/versions", amended).json()
    assert (version["version"], version["order_text"]) == (2, "Today")
    path = f"/api/orders/{version['id']}"
    assert call(organiser, f"{path}/revoke", REASON).json()["state"] == "revoked"
    assert call(organiser, f"{path}/done", {}).status_code == 409


def test_what_is_wrong_with_an_order_is_named_by_field() -> None:
    token = personal("esim")
    for wrong, field in (
        ({"producer": "1.2.3"}, "producer"),
        ({"valid_until": day(-30).isoformat()}, "valid_until"),
        ({"unknown": 1}, "unknown"),
    ):
        answer = call(token, "/api/orders", ordered(**wrong))
        fields = [each["field"].strip("/") for each in answer.json()["errors"]]
        assert answer.status_code == 422 and field in fields, answer.json()
    assert not Authorisation.objects.exists()


def test_those_who_are_no_party_find_nothing_and_systems_do_nothing() -> None:
    row = made()
    path = f"/api/orders/{row.id}"
    assert call(personal("malli"), path).status_code == 404
    assert call(personal("malli"), f"{path}/revoke", REASON).status_code == 404
    system = systems(ESIMERKKILA, Role.CUSTOMER_ADMIN)
    assert call(system, "/api/orders").json()["results"] == []
    assert call(system, path).status_code == 404
    assert call(system, "/api/orders", ordered()).status_code == 403
    assert call(personal("support"), f"{path}/revoke", REASON).status_code == 403


def test_whose_an_order_is_is_told_for_a_reason_and_recorded_as_on_the_page() -> None:
    row, staff = made(), personal("support")
    path = f"/api/orders/{row.id}"
    assert MATTI not in call(staff, path).content.decode()
    assert call(staff, f"{path}/patient", {}).status_code == 422
    assert call(staff, f"{path}/patient", REASON).json()["id"] == MATTI
    signed_in("support").post(f"/authorisations/{row.id}/patient/", REASON)
    called, paged = LedgerEvent.objects.filter(kind="authorisation.viewed").order_by("at")
    for name in ("facts", "patient_id", "subject_id", "organisation_id", "actor_id"):
        assert getattr(called, name) == getattr(paged, name), name
    assert call(personal("esim"), f"{path}/patient", REASON).json()["id"] == MATTI
    assert call(personal("onboarding"), f"{path}/patient", REASON).status_code == 404
    asked = {**REASON, "patient": {"id": MATTI}}
    for login, side, count in (
        ("support", "organiser", 1),
        ("esim", "organiser", 1),
        ("rontgen", "producer", 1),
        ("malli", "organiser", 0),
    ):
        found = call(personal(login), "/api/orders/search", {**asked, "side": side}).json()
        assert len(found["results"]) == count, login
    searches = LedgerEvent.objects.filter(kind="authorisation.searched").order_by("at")
    assert [each.facts["found"] for each in searches] == [1, 1, 1, 0]
    assert {each.facts["reason"] for each in searches} == {REASON["reason"]}
