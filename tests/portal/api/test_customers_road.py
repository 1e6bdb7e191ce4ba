"""Joining, terms and people over the API: the steps, evidence and second officer of the pages."""

from base64 import b64encode

import pytest

from archive.models import IdempotentCall, LedgerEvent, Role, User
from archive.values import today
from onboarding.models import Evidence, FourEyes, Invitation, JoiningState, TermsKind
from onboarding.services import terms
from tests.cast import ESIMERKKILA, MALLILA, organisation
from tests.onboarding import cast
from tests.portal.api.calling import call, personal, systems
from tests.portal.api.test_operations import organisation_of_operator
from tests.portal.joining import desks

pytestmark = pytest.mark.django_db


def test_a_registration_is_sent_judged_and_accepted() -> None:
    road = cast.filled(cast.applicant())
    cast.officer()
    mine, officer = personal("applicant"), personal("first.officer")
    path = f"/api/customers/{road.organisation_id}/joining"
    told = call(mine, path).json()
    assert (told["state"], told["steps"]) == ("draft", ["submit"])
    assert "certified" in told["missing"] and told["checklist"][0]["lacking"]
    assert call(mine, f"{path}/step", {"step": "take-up"}).status_code == 409
    assert call(mine, f"{path}/step", {"step": "submit"}).json()["waits_for"] == "officer"
    assert call(officer, f"{path}/step", {"step": "take-up"}).json()["state"] == "in_review"
    listed = call(officer, "/api/joining?waits_for=officer").json()["results"]
    assert str(road.organisation_id) in {row["customer_id"] for row in listed}
    evidence = {"precondition": "patient_data", "number": "K-7"}
    given = call(mine, f"{path}/evidence", evidence).json()["checklist"][1]
    assert given["lacking"] == ["judgement"]
    verdict = {"precondition": "patient_data", "accepted": True}
    seen = {**verdict, "seen": "2026-01-01T00:00:00Z"}
    assert call(officer, f"{path}/evidence/judge", seen).status_code == 409
    seen = {**verdict, "seen": given["evidence"]["given_at"]}
    assert call(officer, f"{path}/evidence/judge", seen).json()["checklist"][1]["holds"]
    assert call(officer, f"{path}/step", {"step": "return"}).status_code == 422  # without a reason
    answer = call(officer, f"{path}/step", {"step": "accept"}).json()
    assert answer["state"] == "accepted_for_testing"
    steps = call(mine, f"{path}/transitions").json()["results"]
    assert [row["to_state"] for row in steps][:2] == ["accepted_for_testing", "in_review"]


def test_what_one_officer_asks_another_grants_and_a_system_does_neither() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    cast.officer(), cast.second_officer()
    path = f"/api/customers/{road.organisation_id}/joining/step"
    wanted = {"step": "waive", "reason": "The same product is tested elsewhere."}
    own = systems(road.organisation.business_id, Role.CUSTOMER_ADMIN)
    assert call(own, path, {"step": "submit"}).status_code == 403
    operators = systems(organisation_of_operator(), Role.ONBOARDING)
    kept = Evidence.objects.get(joining=road, precondition="patient_data")
    judged = {"precondition": kept.precondition, "accepted": True, "seen": str(kept.given_at)}
    for act, body in (
        ("step", {"step": "reject", "reason": "None of ours."}),
        ("notice", {"given_on": today().isoformat()}),
        ("evidence/judge", judged),
    ):
        assert call(operators, path.replace("step", act), body).status_code == 403
    assert call(operators, path.removesuffix("/step")).json()["steps"] == []
    first, second = personal("first.officer"), personal("second.officer")
    assert "waive" in call(first, path.removesuffix("/step")).json()["steps"]
    answer = call(first, path, wanted).json()
    assert answer["waits_for_second"] == ["waiver"] and "waive" not in answer["steps"]
    asked = FourEyes.objects.get()
    grant = f"/api/joining/second-officer/{asked.id}/grant"
    assert call(first, grant, {}).json()["code"] == "FOUR-EYES"
    assert call(second, grant, {}).json()["state"] == "done"
    road.refresh_from_db()
    assert road.state == JoiningState.TEST_WAIVED


def test_a_road_is_filled_in_by_whose_it_is() -> None:
    road = cast.applicant()
    path, mine = f"/api/customers/{road.organisation_id}", personal("applicant")
    told = {"roles": ["produces"], "content_types": ["ct"]}
    assert call(mine, f"{path}/joining/details", told).json()["content_types"] == ["ct"]
    contact = {"kind": "technical", "name": "Teija", "email": "teija@example.invalid"}
    assert call(mine, f"{path}/contacts", {**contact, "email": "teija"}).status_code == 422
    (kept,) = call(mine, f"{path}/contacts", contact).json()["results"]
    assert (kept["name"], kept["language"]) == ("Teija", "fi")
    system = {
        **{"product": "PACS", "version": "1", "certificate_number": "K-1"},
        **{"regulation": "THL 5/2021", "specification": "2.4.1", "valid_from": "2024-02-01"},
    }
    unknown = call(mine, f"{path}/systems", {**system, "specification": "9"})
    assert unknown.json()["errors"][0]["field"] == "specification"
    made = call(mine, f"{path}/systems", system).json()
    one = f"{path}/systems/{made['id']}"
    assert call(mine, one, {**system, "version": "2"}).json()["version"] == "2"
    assert call(personal("malli"), one, system).status_code == 404
    assert call(mine, one, method="DELETE").status_code == 204
    assert call(mine, f"{path}/systems").json()["results"] == []


def test_connections_are_planned_and_opened_when_their_time_has_come() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    path = f"/api/customers/{road.organisation_id}/planned-connections"
    mine, plan = personal("applicant"), {"environment": "test", "kind": "dicom", "aet": "UUSI_TWO"}
    missing = call(mine, path, plan)
    assert missing.json()["errors"][0]["field"] == "host"
    plan |= {"host": "127.0.0.1", "port": 11_190}
    made = call(mine, path, plan, key="plan-once-1").json()
    assert made == call(mine, path, plan, key="plan-once-1").json() and made["opened_at"] is None
    rows = call(systems(road.organisation.business_id), path).json()["results"]
    assert {row["environment"] for row in rows} == {"production"}
    assert call(mine, f"{path}/{made['id']}/open", {}).json()["opened_at"]
    (row,) = [each for each in rows if each["aet"] == "UUSI_PACS"]
    assert call(mine, f"{path}/{row['id']}/open", {}).status_code == 403  # an officer does
    echo = call(mine, f"{path}/{made['id']}/echo", {}, key="echo-once-1")
    assert not echo.json()["answered"] and not IdempotentCall.objects.filter(key="echo-once-1")
    assert call(mine, f"{path}/{made['id']}", method="DELETE").status_code == 204


def test_a_file_of_evidence_is_given_and_fetched_as_it_was() -> None:
    road = cast.applicant()
    path = f"/api/customers/{road.organisation_id}/joining/evidence"
    mine, content = personal("applicant"), b"%PDF-1.7 proof"
    file = {"name": "proof.pdf", "content": b64encode(content).decode()}
    body = {"precondition": "certified", "file": file}
    wrong = call(mine, path, {**body, "file": {**file, "content": "?"}})
    assert wrong.json()["errors"][0]["field"] == "file.content"
    assert call(mine, path, body).status_code == 200
    found = call(mine, f"{path}/certified/file")
    assert found.content == content and "proof.pdf" in found.headers["Content-Disposition"]
    shut = call(personal("malli"), f"{path}/certified/file")
    assert shut.headers["Content-Type"] == "application/problem+json" and shut.json()["detail"]


def test_a_succession_is_shown_and_asked_for() -> None:
    cast.officer()
    path = f"/api/customers/{organisation(ESIMERKKILA).id}/succession"
    officer, wanted = personal("first.officer"), {"successor": str(organisation(MALLILA).id)}
    wanted["day"] = today().isoformat()
    shown = call(officer, f"{path}/preview", wanted).json()
    assert shown["registers"] and shown["obstacles"] == ["in-use"]
    asked = call(officer, path, {**wanted, "reason": "The county takes over"})
    assert (asked.status_code, asked.json()["code"]) == (403, "PRECONDITION")
    assert call(officer, path).json()["results"] == []
    assert call(personal("esim"), path).status_code == 404


def test_terms_are_accepted_by_the_customers_administrator_alone() -> None:
    road = cast.applicant()
    cast.officer()
    mine, officer = personal("applicant"), personal("first.officer")
    document = terms.in_force(TermsKind.DELIVERY)
    assert document is not None
    path = f"/api/customers/{road.organisation_id}/terms"
    body = {"document": str(document.id), "authority": "chief executive"}
    assert call(officer, f"{path}/accept", body).status_code == 403
    rows = call(mine, f"{path}/accept", body, key="accept-once-1").json()["results"]
    assert rows[0]["acceptance"]["authority"] == "chief executive" and not rows[1]["acceptance"]
    accepted = call(officer, f"/api/terms/{document.id}/acceptances").json()["results"]
    assert str(road.organisation_id) in {row["customer_id"] for row in accepted}
    texts = {f"text_{each}": "New text." for each in ("fi", "sv", "en")}
    version = {"kind": "delivery_terms", "version": "99", "valid_from": "2020-01-01", **texts}
    assert call(officer, "/api/terms", version).status_code == 422
    assert call(mine, "/api/terms", version).status_code == 404


def test_people_are_invited_and_changed_by_persons() -> None:
    road = cast.applicant()
    path = f"/api/customers/{road.organisation_id}"
    mine, own = personal("applicant"), systems(road.organisation.business_id, Role.CUSTOMER_ADMIN)
    body = {"email": "new@example.invalid", "role": "customer_technical"}
    assert call(own, f"{path}/invitations", body).status_code == 403
    assert call(mine, f"{path}/invitations", {**body, "role": "admin"}).status_code == 422
    assert call(mine, f"{path}/invitations", body).status_code == 201
    assert Invitation.objects.get(email=body["email"]).role == body["role"]
    (member,) = call(mine, f"{path}/people").json()["results"]
    last = call(mine, f"{path}/people/{member['id']}/remove", {})
    assert last.json()["code"] == "LAST-ADMIN"
    admin = personal("admin")
    people = {row["name"]: row for row in call(admin, "/api/people").json()["results"]}
    assert people and call(personal("support"), "/api/people").status_code == 403
    officer = cast.officer()
    found = f"/api/people/{officer.id}"
    changed = call(admin, f"{found}/roles", {"roles": ["support", "onboarding"]}).json()
    assert changed["roles"] == ["onboarding", "support"]
    assert not call(admin, f"{found}/close", {}).json()["is_active"]
    assert LedgerEvent.objects.filter(kind="access.changed").exists()


@pytest.mark.usefixtures("unspent_limits")
def test_nobody_is_called_for_who_has_only_signed_up() -> None:
    """Whoever has an address for mails could look through the archive's own network."""
    road = cast.applicant()
    path = f"/api/customers/{road.organisation_id}/planned-connections"
    mine, plan = personal("applicant"), {"environment": "test", "kind": "dicom", "aet": "UUSI_TWO"}
    made = call(mine, path, {**plan, "host": "127.0.0.1", "port": 11_190}).json()
    echo = call(mine, f"{path}/{made['id']}/echo", {})
    assert (echo.status_code, echo.json()["code"]) == (409, "STEP")
    cast.officer()
    assert call(personal("first.officer"), f"{path}/{made['id']}/echo", {}).status_code == 200
    client = desks.browser(User.objects.get(username="applicant"))
    page = client.post(desks.address("joining-planned-test", road, made["id"]), follow=True)
    said = page.content.decode()
    assert "nobody answered" not in said and "UUSI_TWO" in said and ">Test<" not in said


@pytest.mark.usefixtures("unspent_limits")
def test_calls_and_invitations_are_no_more_than_on_the_pages() -> None:
    road = cast.brought_to(JoiningState.ACCEPTED)
    path, mine = f"/api/customers/{road.organisation_id}", personal("applicant")
    plan = {"environment": "test", "kind": "dicom", "aet": "UUSI_TWO", "host": "127.0.0.1"}
    made = call(mine, f"{path}/planned-connections", {**plan, "port": 11_190}).json()
    echo = f"{path}/planned-connections/{made['id']}/echo"
    assert [call(mine, echo, {}).status_code for _ in range(11)] == [200] * 10 + [429]
    told = {"role": "customer_technical", "language": "fi"}
    invited = [
        call(mine, f"{path}/invitations", {**told, "email": f"somebody{number}@example.invalid"})
        for number in range(21)
    ]
    assert [each.status_code for each in invited] == [201] * 20 + [429]
    assert int(invited[-1].headers["Retry-After"]) > 0
    assert Invitation.objects.filter(organisation=road.organisation).count() == 20
    client = desks.browser(User.objects.get(username="applicant"))
    page = client.post(
        desks.address("joining-people", road),
        {**told, "email": "one.more@example.invalid"},
    )
    assert page.status_code == 429
