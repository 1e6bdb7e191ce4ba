"""Interfaces, alarms and the state of the service as programs read them; persons acknowledge."""

from datetime import timedelta

import pytest

from archive.actors import SYSTEM
from archive.models import (
    Alarm,
    AlarmRule,
    AnnouncementReceipt,
    Channel,
    Environment,
    Role,
    ServicePart,
    SilenceRule,
)
from archive.queries.measures import Reading
from archive.services import alarms, service_status
from archive.services.service_status import Text
from archive.values import now, today
from tests import cast
from tests.cast import ESIMERKKILA, MALLILA, organisation
from tests.portal.api.calling import call, personal, systems
from tests.portal.api.test_operations import organisation_of_operator

pytestmark = pytest.mark.django_db


def silent() -> Channel:
    Channel.objects.all().delete()
    link, at = cast.connection(), now()
    return Channel.objects.create(
        environment="production",
        organisation_id=link.organisation_id,
        connection=link,
        interface="store",
        first_at=at - timedelta(days=60),
        good_at=at - timedelta(days=2),
        expected_on=today(),
        expected_by=at - timedelta(hours=2),
    )


def test_interfaces_are_read_by_the_staff_and_by_whose_they_are() -> None:
    row = silent()
    for token in (personal("support"), systems(ESIMERKKILA)):
        (told,) = call(token, "/api/interfaces").json()["results"]
        assert told["id"] == str(row.id) and told["minutes_late"] >= 120 and told["needs_a_look"]
    assert call(systems(MALLILA), "/api/interfaces").json()["results"] == []


def test_an_alarm_is_acknowledged_by_a_person() -> None:
    rule = AlarmRule.objects.get(measure="silence")
    row = silent()
    reading = Reading("one", "x", 120, "production", row.organisation_id, row.id)
    alarms.judge(rule, [reading])
    person = personal("support")
    (told,) = call(person, "/api/alarms").json()["results"]
    assert (told["measure"], told["interface_id"]) == ("silence", str(row.id))
    path, body = f"/api/alarms/{told['id']}/acknowledge", {"reason": "Called the hospital."}
    operator = organisation_of_operator()
    assert call(systems(operator, role=Role.SUPPORT), path, body).status_code == 403
    assert call(person, path, body).json()["note"] == "Called the hospital."
    again = call(personal("admin"), path, {"reason": "Me too."}).json()
    assert again["note"] == "Called the hospital." and again["acknowledged_by"]
    Alarm.objects.update(cleared_at=now())
    assert call(person, "/api/alarms").json()["results"] == []
    assert len(call(person, "/api/alarms?cleared=true").json()["results"]) == 1


def test_the_state_is_read_and_a_notice_acknowledged_by_a_customers_person() -> None:
    row = service_status.announce(
        SYSTEM,
        title=Text("Ohje muuttui", "Ny anvisning", "New instruction"),
        text=Text("Lue", "Läs", "Send the accession number"),
        is_acknowledged=True,
    )
    own = organisation(ESIMERKKILA)
    state = call(systems(ESIMERKKILA), "/api/status").json()
    assert {each["part"] for each in state["parts"]} == set(ServicePart.values)
    (told,) = call(systems(ESIMERKKILA), "/api/status/notices").json()["results"]
    assert (told["title"], told["waits_for"]) == ("New instruction", [str(own.id)])
    path = f"/api/status/notices/{row.id}/acknowledge"
    assert call(systems(ESIMERKKILA), path, {}).status_code == 403
    assert call(personal("esim"), path, {}).json()["waits_for"] == []
    assert AnnouncementReceipt.objects.get().organisation == own


# --- what the staff lay down ----------------------------------------------------------------------


def test_what_is_expected_and_rules_of_alarms_are_laid_down_by_whom_the_pages_let() -> None:
    row, admin, support = silent(), personal("admin"), personal("support")
    path, why = f"/api/interfaces/{row.id}/expected", {"reason": "the customer said so"}
    assert call(support, path, {**why, "weekdays": [0]}).json()["errors"][0]["field"] == "by"
    for unclear in ({}, {"learned": True, "weekdays": [0]}):
        refused = call(support, path, {**why, **unclear})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "weekdays")
    assert not SilenceRule.objects.filter(channel=row).exists()
    assert call(support, path, {**why, "weekdays": []}).json() == {"expected_by": None}
    assert SilenceRule.objects.get(channel=row).weekdays == []
    rule = {
        **{f"name_{each}": "Waiting" for each in ("fi", "sv", "en")},
        **{"measure": "backlog", "threshold": 100, "clear_at": 50, **why},
    }
    assert call(support, "/api/alarms/rules", rule).status_code == 403
    for wrong in ({"clear_at": 100}, {"clear_at": "nan"}):
        refused = call(admin, "/api/alarms/rules", {**rule, **wrong})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "clear_at")
    made = call(admin, "/api/alarms/rules", rule).json()
    path = f"/api/alarms/rules/{made['id']}"
    own = systems(organisation_of_operator(), Role.ADMIN, Environment.TEST)
    assert call(own, "/api/alarms/rules", {**rule, "environment": "production"}).status_code == 404
    assert call(own, "/api/alarms/rules", rule).json()["environment"] == "test"
    for act, body in (("replace", rule), ("end", why)):  # of both environments
        assert call(own, f"{path}/{act}", body).status_code == 404
    after = call(admin, f"{path}/replace", {**rule, "threshold": 200}).json()
    assert call(admin, f"{path}/end", why).status_code == 404  # it is replaced
    assert call(admin, f"/api/alarms/rules/{after['id']}/end", why).json()["until"]
    path = "/api/interfaces/learning"
    learning = {"weeks": 4, "least_days": 2, "most_silent": 1, **why}
    refused = call(admin, path, {**learning, "first_day": today().isoformat()})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "first_day")
    tomorrow = (today() + timedelta(days=1)).isoformat()
    assert call(own, path, {**learning, "first_day": tomorrow}).status_code == 404  # both
    assert call(admin, path, {**learning, "first_day": tomorrow}).status_code == 201
    assert [each["weeks"] for each in call(support, path).json()["results"]] == [4, 8]


def test_breaks_and_notices_are_told_and_limits_set_by_officers() -> None:
    support, officer = personal("support"), personal("admin")
    text = {f"text_{each}": "Text" for each in ("fi", "sv", "en")}
    at = now() + timedelta(days=1)
    told = {"starts_at": at.isoformat(), "ends_at": at.isoformat(), "parts": ["dicom"], **text}
    assert call(support, "/api/status/breaks", told).status_code == 422
    told["ends_at"] = (at + timedelta(hours=1)).isoformat()
    made = call(support, "/api/status/breaks", told).json()
    assert call(support, "/api/status").json()["breaks"][-1]["id"] == made["id"]
    assert call(support, f"/api/status/breaks/{made['id']}/call-off", {}).status_code == 204
    notice = {f"title_{each}": "Title" for each in ("fi", "sv", "en")} | text
    put_up = call(support, "/api/status/notices/put-up", notice).json()
    assert call(systems(ESIMERKKILA), "/api/status/notices").json()["results"][0] == {
        **put_up,
        "waits_for": [str(organisation().id)],
    }
    assert call(support, f"/api/status/notices/{put_up['id']}/take-down", {}).status_code == 204
    path = f"/api/customers/{organisation().id}/limits"
    limits = dict.fromkeys(
        ("associations", "objects_per_minute", "calls_per_minute", "token_calls_per_minute"), 1_000
    )
    assert call(support, path, limits).status_code == 403
    assert call(officer, path, {**limits, "reason": "a test"}).json()["is_own"]
    own = call(systems(ESIMERKKILA), path).json()
    assert own == {**limits, "is_own": True}
    again = call(officer, f"{path}/everyones", {"reason": "the test is over"})
    assert not again.json()["is_own"] and call(support, "/api/load").status_code == 200
