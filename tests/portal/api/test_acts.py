"""What is done over the API as on the pages, by whom it may be done: cases moved about, rollout
tests, corrections and rejections, holds and destruction by two, what patients have said (NF-7).
"""

import pytest

from archive.models import (
    CaseRoute,
    Correction,
    Environment,
    IdempotentCall,
    Instance,
    LedgerEvent,
    Organisation,
    RetentionHold,
    Role,
    SecondPerson,
    Study,
)
from archive.values import now
from onboarding.models import RolloutRun
from tests import builders, cast, persons, retention
from tests.cast import ESIMERKKILA, MALLILA, MATTI, VENLA, dataset, organisation
from tests.portal.api.calling import call, personal, systems

pytestmark = pytest.mark.django_db


def test_cases_are_joined_split_and_led_back() -> None:
    token, case, foreign = personal("support"), builders.case(), builders.case(MALLILA)
    other = builders.case(reason="study-code-closed")
    for value in ("AA1AD", "AA1AD", "ZZ9ZZ"):
        builders.event(case, facts={"code": value, "patient": MATTI})
    path = f"/api/cases/{case.id}"
    told = call(token, f"{path}/differences").json()["results"]
    assert {"fact": "code", "value": "ZZ9ZZ", "events": 1} in told
    assert MATTI not in str(told)
    wrong = call(token, f"{path}/split", {"fact": "patient", "value": "x"})
    assert wrong.status_code == 422
    assert call(token, f"{path}/split", {"fact": "code", "value": "ZZ9ZZ"}).status_code == 200
    refused = call(token, f"{path}/join", {"into": str(foreign.id)})
    assert (refused.status_code, refused.json()["code"]) == (409, "CASE-OTHERS")
    assert call(token, f"{path}/join", {"into": str(other.id)}).status_code == 200
    (*_, split) = call(token, f"{path}/routes").json()["results"]
    assert split["value"] == "ZZ9ZZ"
    assert call(token, f"{path}/apart", {"route": split["id"]}).status_code == 200
    assert not CaseRoute.objects.filter(id=split["id"], ended_at=None).exists()
    elsewhere = call(token, f"{path}/redirect", {"connection": str(other.id)})
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["field"]) == (422, "connection")
    operator = Organisation.objects.get(is_operator=True).business_id
    tests = systems(operator, Role.SUPPORT, Environment.TEST)
    assert call(tests, path).status_code == 404  # of the other environment


def test_a_customers_person_runs_a_rollout_test_and_nobody_else() -> None:
    body = {"organisation": str(organisation(ESIMERKKILA).id), "purpose": "version"}
    assert call(personal("support"), "/api/rollouts", body).status_code == 403
    assert call(personal("malli"), "/api/rollouts", body).status_code == 404
    own = personal("esim")
    run = call(own, "/api/rollouts", body)
    assert run.status_code == 201 and run.json()["steps"]
    path = f"/api/rollouts/{run.json()['id']}"
    for report_of in (f"{path}/report", f"{path}/report.pdf"):
        assert call(own, report_of).status_code == 404  # it goes on still
    assert call(own, f"{path}/abandon", {}).json()["state"] == "abandoned"
    assert call(own, f"{path}/finish", {}).status_code == 409
    report = call(own, f"{path}/report").json()
    assert report["holds"] and report["content"]["customer"] == ESIMERKKILA
    assert RolloutRun.objects.get(id=run.json()["id"]).report_sha256 == report["sha256"]
    assert call(own, f"{path}/report.pdf").content[:5] == b"%PDF-"


def test_a_study_is_corrected_as_previewed_and_undone() -> None:
    study, token = cast.store(dataset()), personal("archivist")
    asked = {"studies": [str(study.id)], "values": {"PatientID": VENLA, "PatientName": "A^Venla"}}
    (seen,) = call(token, "/api/corrections/preview", asked).json()["results"]
    assert seen["changed"] == ["PatientID", "PatientName"] and not seen["refused"]
    body = {
        "studies": [{"id": str(study.id), "mark": seen["mark"]}],
        "values": asked["values"],
        "reason": "mix-up at the desk",
    }
    assert call(personal("support"), "/api/corrections", body).status_code == 403
    for wrong in ({"StudyTime": "25:99"}, {"AccessionNumber": "A1\\A2"}):
        unfit = {**body, "values": wrong}
        assert call(token, "/api/corrections", unfit).status_code == 422, wrong
    for name in ("PatientBirthDate", "StudyDate"):  # in the words of the page's form
        unfit = {**body, "values": {name: "21990101"}}
        for address, sent in (
            ("/api/corrections", unfit),
            ("/api/corrections/preview", {**asked, "values": unfit["values"]}),
        ):
            refused = call(token, address, sent)
            assert refused.status_code == 422, address
            told = {"field": f"values.{name}", "detail": "Today at the latest."}
            assert refused.json()["errors"] == [told]
    for name in ("PatientID", "AccessionNumber"):
        unfit = {**body, "values": {name: ""}}
        assert call(token, "/api/corrections", unfit).status_code in (409, 422), name
    stale = {**body, "studies": [{"id": str(study.id), "mark": "other"}]}
    assert call(token, "/api/corrections", stale).status_code == 409
    (made,) = call(token, "/api/corrections", body, key="correct-1").json()["results"]
    assert Study.objects.get(id=study.id).patient.identifier == VENLA
    values = call(
        token, f"/api/corrections/{made['id']}/values", {"reason": "asks"}, key="values-1"
    )
    assert {"attribute": "PatientID", "before": MATTI, "after": VENLA} in values.json()["results"]
    assert LedgerEvent.objects.filter(kind="study.viewed", facts__reason="asks").exists()
    kept = str(list(IdempotentCall.objects.values_list("key", "body")))
    assert "correct-1" in kept and "values-1" not in kept and VENLA not in kept
    assert call(token, f"/api/corrections/{made['id']}/undo", {"reason": "was right"}).json()
    assert Study.objects.get(id=study.id).patient.identifier == MATTI
    assert Correction.objects.get().state == "undone"
    assert VENLA not in call(token, "/api/corrections").content.decode()


def test_objects_are_rejected_and_shown_again() -> None:
    study, token = cast.store(dataset(), dataset()), personal("archivist")
    (instance_id, _) = Instance.objects.filter(study=study).values_list("id", flat=True)
    path, body = f"/api/studies/{study.id}/reject", {"title": "113001", "reason": "blurred"}
    assert call(token, path, body).status_code == 422  # nothing is named
    made = call(token, path, {**body, "objects": [str(instance_id)]})
    assert made.status_code == 201 and made.json()["standing"] == 1
    rejection = f"/api/rejections/{made.json()['id']}"
    (named,) = call(token, f"{rejection}/objects").json()["results"]
    assert named["has_come"] and named["ended_at"] is None
    assert call(personal("support"), f"{rejection}/revoke", {"reason": "no"}).status_code == 403
    assert call(token, f"{rejection}/revoke", {"reason": "sharp"}).json() == {"objects": 1}
    assert call(token, "/api/rejections").json()["results"][0]["standing"] == 0


def test_a_destruction_list_needs_another_than_who_proposed_it() -> None:
    study = retention.ended()
    retention.nothing_is_for_ever()
    retention.survey()
    first, second = personal("archivist"), personal("admin")
    hold = call(first, "/api/retention/holds", {"study": str(study.id), "reason": "a complaint"})
    assert hold.status_code == 201
    nothing = call(first, "/api/retention/destructions", {"reason": "yearly"})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "RETENTION-NONE")
    release = f"/api/retention/holds/{hold.json()['id']}/release"
    assert call(first, release, {"reason": "settled"}).json()["released_by"]
    assert call(first, release, {"reason": "again"}).status_code == 409
    assert RetentionHold.objects.get().released_at
    made = call(first, "/api/retention/destructions", {"reason": "yearly"}).json()
    assert made["progress"]["listed"] == 1 and SecondPerson.objects.count() == 1
    path = f"/api/retention/destructions/{made['id']}"
    own = call(first, f"{path}/approve", {"reason": "sure"})
    assert (own.status_code, own.json()["code"]) == (403, "SECOND-SAME")
    assert call(first, path).json()["state"] == "proposed"
    assert call(second, f"{path}/approve", {"reason": "read"}).json()["state"] == "running"
    assert call(second, f"{path}/items").json()["results"][0]["study_id"] == str(study.id)


def test_what_a_patient_said_is_read_and_corrected_for_a_reason() -> None:
    builders.study()
    desk, archivist = personal("support"), personal("archivist")
    about = {"patient": {"id": MATTI}, "reason": "asks by letter"}
    assert call(desk, "/api/statements/state", {"patient": {"id": MATTI}}).status_code == 422
    state = call(desk, "/api/statements/state", about)
    assert state.status_code == 200 and not state.json()["is_informed"]
    assert LedgerEvent.objects.filter(kind="wishes.viewed", facts__reason="asks by letter").exists()
    said = {**about, "effective_at": now().isoformat()}
    assert call(desk, "/api/statements/informing", said).status_code == 403
    informed = call(archivist, "/api/statements/informing", said)
    assert informed.status_code == 201
    assert call(desk, "/api/statements/state", about).json()["is_informed"]
    mistaken = {**about, "statement": informed.json()["id"]}
    assert call(archivist, "/api/statements/never-informed", mistaken).status_code == 201
    assert not call(desk, "/api/statements/state", about).json()["is_informed"]
    unknown = call(desk, "/api/statements/state", {**about, "patient": {"id": "240260-922A"}})
    assert unknown.status_code == 404


def test_a_merge_is_made_and_undone_by_two() -> None:
    persons.study(persons.temporary(), PatientBirthDate="19810102")
    persons.study(persons.official(), PatientBirthDate="19810101")
    first, second = personal("archivist"), personal("admin")
    retired, survivor = persons.temporary(), persons.official()
    body = {
        "retired": {"id": retired.value, "issuer": retired.issuer},
        "survivor": {"id": survivor.value},
        "reason": "case E-1042",
    }
    assert call(personal("support"), "/api/merges", body).status_code == 403
    differs = call(first, "/api/merges", body)
    (told,) = differs.json()["errors"]
    assert (differs.status_code, told["field"]) == (422, "looked")
    assert told["detail"].startswith("birth_date") and "1981" not in told["detail"]
    assert call(first, "/api/merges", {**body, "looked": True}).json() == {"changed": True}
    listed = call(first, "/api/merges?state=live")
    (row,) = listed.json()["results"]
    assert survivor.value not in listed.content.decode() and not row["undoing_waits"]
    path = f"/api/merges/{row['id']}/undo"
    assert call(first, f"{path}/grant", {}).status_code == 404  # nobody has asked
    assert call(first, path, {"reason": "two persons"}).json()["undoing_waits"]
    assert call(first, f"{path}/grant", {}).status_code == 403  # by another only
    assert call(second, f"{path}/grant", {}).json()["undone_by"]
