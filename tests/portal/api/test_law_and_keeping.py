"""Rows of law, integrity, take-overs and the registry over the API: what is changed is shown first,
then done by the services of the pages.
"""

from datetime import timedelta
from typing import Any

import pytest

from archive.models import (
    ContentPolicy,
    Document,
    Finding,
    IdempotentCall,
    Instance,
    Job,
    LedgerEvent,
    RetentionSurvey,
    Role,
    StudyCodeEntry,
    Takeover,
)
from archive.services import takeover_comparison
from archive.values import now, today
from tests import builders, cast
from tests.cast import ESIMERKKILA, MALLILA, MATTI, connection, dataset, organisation
from tests.portal.api.calling import call, personal, systems
from tests.services.test_integrity import flip, go_round
from tests.services.test_reconciliation import go_round as reconcile
from tests.services.test_rejections import registered

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def day(days: int = 0) -> str:
    return (today() + timedelta(days=days)).isoformat()


def names(said: str) -> dict[str, str]:
    return {f"name_{each}": said for each in ("fi", "sv", "en")}


def test_a_content_policy_is_previewed_begun_and_ended() -> None:
    admin, support = personal("admin"), personal("support")
    version: dict[str, Any] = {
        "content_type": "holography",
        **names("Holography"),
        "sop_classes": [cast.CT],
        "allowed_from": day(),
        "source": "a decision",
    }
    assert call(support, "/api/policies/preview", version).status_code == 403
    assert call(admin, "/api/policies/preview", version).json()["sentences"]
    assert not ContentPolicy.objects.filter(content_type="holography").exists()
    past = {**version, "allowed_from": day(-1), "reason": "asked for"}
    refused = call(admin, "/api/policies", past)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "allowed_from")
    made = call(admin, "/api/policies", {**version, "reason": "asked for"}, key="policy-once")
    assert (made.status_code, made.json()["standing"]) == (201, "allowed")
    again = call(admin, "/api/policies", {**version, "reason": "asked for"}, key="policy-once")
    assert again.json() == made.json() and again.headers["Idempotent-Replayed"] == "true"
    last = {"last_day": day(3), "reason": "it was a test"}
    rows = call(admin, "/api/policies/holography/end", last).json()["results"]
    assert rows[0]["allowed_until"] == day(3)
    assert call(support, "/api/policies/holography").json()["results"] == rows


def test_a_list_of_codes_is_applied_as_it_was_shown() -> None:
    admin, row = personal("admin"), StudyCodeEntry.objects.order_by("code")[0]
    line = f"ZX9ZX,{row.system_oid},Uusi tutkimus,2026-01-01"
    body = {"name": "list.csv", "content": f"code,system_oid,name_fi,valid_from\n{line}\n"}
    held = call(admin, "/api/study-codes/imports", body).json()
    assert (held["counts"]["added"], held["changes"][0]["entry"]["code"]) == (1, "ZX9ZX")
    path = f"/api/study-codes/imports/{held['id']}"
    other = call(admin, f"{path}/apply", {"shown": "0" * 64, "reason": "release 1"})
    assert other.status_code == 409
    done = call(admin, f"{path}/apply", {"shown": held["shown"], "reason": "release 1"})
    assert done.json()["counts"]["added"] == 1
    found = call(personal("support"), "/api/study-codes?text=ZX9").json()["results"]
    assert [each["code"] for each in found] == ["ZX9ZX"]
    assert call(admin, path).status_code == 404  # it waits no more


def test_rules_of_retention_are_added_closed_and_surveyed() -> None:
    archivist = personal("archivist")
    rule = {**names("Sample"), "source": "an act", "valid_from": day(), "reason": "asked for"}
    unfit = call(archivist, "/api/retention/rules", {**rule, "years": 12})
    assert (unfit.status_code, unfit.json()["errors"][0]["field"]) == (422, "basis")
    made = call(archivist, "/api/retention/rules", {**rule, "birth_days": [8]}).json()
    assert made["permanent"] and made["birth_days"] == [8]
    path = f"/api/retention/rules/{made['id']}"
    assert call(archivist, f"{path}/confirm", {"reason": "read in the act"}).json()["verified"]
    last = {"last_day": day(1), "reason": "it was a test"}
    assert call(archivist, f"{path}/close", last).json()["valid_until"] == day(1)
    assert call(personal("support"), f"{path}/close", last).status_code == 403
    begun = call(archivist, "/api/retention/survey", {"environment": "test"})
    assert begun.status_code == 202 and begun.json()["walking"]["stands"] is False
    RetentionSurvey.objects.filter(ended_at=None).update(studies=7)
    Job.objects.filter(kind="retention_survey").update(state="dead", ended_at=now())
    assert call(archivist, "/api/retention/survey?environment=test").json()["walking"]["stands"]
    on = {"environment": "test", "go_on": True}
    going = call(archivist, "/api/retention/survey", on).json()["walking"]
    assert (going["studies"], going["stands"]) == (7, False)
    assert RetentionSurvey.objects.filter(environment="test", ended_at=None).exists()


def test_areas_and_issuers_are_the_administrators() -> None:
    admin = personal("admin")
    members = [str(organisation(each).id) for each in (ESIMERKKILA, MALLILA)]
    area = {
        **{"kind": "area", "source": "an act", "valid_from": day(1), "reason": "asked for"},
        **names("Area"),
        "members": members,
    }
    assert call(admin, "/api/access-rules", {**area, "members": members[:1]}).status_code == 422
    made = call(admin, "/api/access-rules", area).json()
    assert made["members"] == sorted(members)
    assert call(personal("archivist"), "/api/access-rules").status_code == 403
    issuers = call(personal("support"), "/api/issuers").json()["results"]
    path = f"/api/issuers/{issuers[0]['id']}/retire"
    assert call(personal("support"), path, {"reason": "its key is lost"}).status_code == 403
    assert not call(admin, path, {"reason": "its key is lost"}).json()["is_believed"]
    wrong = {"entity_id": "urn:x", "certificate": "none", "reason": "asked for"}
    refused = call(admin, "/api/issuers", wrong)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "certificate")


def test_a_damaged_object_and_a_finding_are_put_right_by_archivists() -> None:
    cast.store(dataset())
    row = Instance.objects.get()
    flip(bytes(row.digest))
    go_round()
    support, archivist = personal("support"), personal("archivist")
    (damaged,) = call(support, "/api/integrity/damaged").json()["results"]
    path = f"/api/integrity/damaged/{damaged['id']}/restore"
    assert call(support, path, {}).status_code == 403
    assert call(archivist, path, {}).json() == {"is_whole": False}
    told = call(support, "/api/integrity").json()
    assert told["rounds"][0]["ended"][0]["found"] == 1


def test_findings_are_repaired_with_their_outcome() -> None:
    study = registered(dataset())
    Document.objects.filter(study=study, kind="manifest").update(status="deprecated")
    reconcile()
    archivist = personal("archivist")
    kind = "images-without-entry"
    (found,) = call(archivist, f"/api/integrity/findings?kind={kind}").json()["results"]
    elsewhere = {"findings": [found["id"]], "environment": "test"}
    assert call(archivist, "/api/integrity/findings/repair", elsewhere).json()["results"] == []
    body = {"findings": [found["id"]]}
    done = call(archivist, "/api/integrity/findings/repair", body, key="repair-once-1").json()
    assert done["results"] == [{"id": found["id"], "done": "registration"}]
    assert Finding.objects.get().settled_at and not IdempotentCall.objects.exists()
    assert LedgerEvent.objects.filter(kind="finding.repaired").count() == 1


def test_a_local_archive_is_taken_over_and_duty_told() -> None:
    study = builders.study()
    staff, own, foreign = personal("archivist"), systems(ESIMERKKILA), personal("malli")
    content = f"study_uid\n{study.study_instance_uid}\n1.2.3.4\n"
    body = {"organisation": str(organisation().id), "name": "old", "content": content}
    assert call(foreign, "/api/takeovers", body).status_code == 404
    made = call(staff, "/api/takeovers", body).json()
    assert (made["state"], made["listed"]) == ("comparing", 2)
    path = f"/api/takeovers/{made['id']}"
    assert call(staff, f"{path}/compare", {}).status_code == 409  # it runs
    while takeover_comparison.advance(Takeover.objects.get().id) is not None:
        pass
    assert call(own, path).json()["lacking"] >= 1
    lines = call(own, f"{path}/lines").json()["results"]
    assert [line["study_instance_uid"] for line in lines] == [study.study_instance_uid, "1.2.3.4"]
    lacking = call(own, f"{path}/lines?outcome=missing").json()["results"]
    assert lines[1] in lacking
    assert call(foreign, path).status_code == 404
    ask = {"system": str(connection().id), "first_day": day(-9), "last_day": day(1)}
    assert call(staff, "/api/takeovers/ask", ask).status_code == 422
    rows = call(own, f"/api/customers/{organisation().id}/duties?months=3").json()["results"]
    assert rows and {row["customer_id"] for row in rows} == {str(organisation().id)}
    assert call(systems(ESIMERKKILA, Role.CUSTOMER_ADMIN), "/api/duties").status_code == 404


def test_the_registry_is_read_without_what_names_the_patient() -> None:
    study, token = registered(dataset()), personal("support")
    (row,) = call(token, f"/api/registry?named={study.study_instance_uid}").json()["results"]
    found = call(token, f"/api/registry/{row['id']}")
    told = {each["name"]: each["values"] for each in found.json()["attributes"]}
    assert told["uniqueId"] == [row["unique_id"]] and found.json()["chain"] == [row["id"]]
    assert MATTI not in found.content.decode() and MATTI not in str(told["patientId"])
    assert call(token, "/api/registry/messages?outcome=refused").json()["results"] == []
