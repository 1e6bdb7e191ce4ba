"""Interfaces, alarms and the state of the service as programs read them; persons acknowledge."""

from datetime import timedelta

import pytest

from archive.actors import SYSTEM
from archive.models import (
    Alarm,
    AlarmRule,
    AnnouncementReceipt,
    Channel,
    Organisation,
    Role,
    ServicePart,
)
from archive.queries.measures import Reading
from archive.services import alarms, service_status
from archive.services.service_status import Text
from archive.values import now, today
from tests import cast
from tests.cast import ESIMERKKILA, MALLILA, organisation
from tests.portal.api.calling import call, personal, systems

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
    operator = Organisation.objects.get(is_operator=True).business_id
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
