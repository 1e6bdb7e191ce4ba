"""Pages of interfaces, alarms, the state of the service, and jobs that were given up."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from archive.actors import SYSTEM
from archive.models import (
    Alarm,
    AlarmRule,
    Announcement,
    AnnouncementReceipt,
    Channel,
    ChannelHour,
    Heartbeat,
    Job,
    LedgerEvent,
    PlannedBreak,
    User,
)
from archive.queries.measures import Reading
from archive.services import alarms, service_status
from archive.services.service_status import Text
from archive.values import now, today
from tests import builders
from tests.cast import ESIMERKKILA, connection, organisation
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db


def shown(login: str, name: str, *args: Any) -> str:
    answer = signed_in(login).get(reverse(name, args=args), follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def silent_channel() -> Channel:
    Channel.objects.all().delete()
    link = connection()
    at = now()
    row = Channel.objects.create(
        environment="production",
        organisation_id=link.organisation_id,
        connection=link,
        interface="store",
        first_at=at - timedelta(days=60),
        good_at=at - timedelta(days=1),
        expected_on=today(),
        expected_by=at - timedelta(hours=2),
    )
    hour = at.replace(minute=0, second=0, microsecond=0)
    ChannelHour.objects.create(channel=row, hour=hour, good=9, failed=1, ms=9000, timed=9)
    return row


def test_interfaces_are_listed_and_one_is_seen_over_time(silent_channel: Channel) -> None:
    page = shown("support", "interfaces")
    assert "2 h late" in page and "90.0 %" in page and "1.0 s" in page
    page = shown("support", "interface", silent_channel.id)
    assert page.count("<svg") == 2 and "9 went through and 1 failed" in page
    assert signed_in("logreview").get(reverse("interfaces")).status_code == 403
    assert signed_in("esim").get(reverse("interfaces")).status_code == 404


def test_staff_lay_down_what_is_expected(silent_channel: Channel) -> None:
    client, place = signed_in("support"), reverse("interface-expected", args=[silent_channel.id])
    wrong = client.post(place, {"what": "laid-down", "reason": "The hospital says so."})
    assert wrong.status_code == 422
    client.post(place, {"what": "never", "reason": "A system for research."})
    page = shown("support", "interface", silent_channel.id)
    assert "A system for research." in page and "late" not in page


def test_an_alarm_is_seen_and_acknowledged_with_a_note(silent_channel: Channel) -> None:
    rule = AlarmRule.objects.get(measure="silence")
    reading = Reading(
        "one", "x", 120, "production", silent_channel.organisation_id, silent_channel.id
    )
    alarms.judge(rule, [reading])
    assert "A system that always sends is silent" in shown("support", "alarms")
    assert "A system that always sends is silent" in shown("support", "overview")
    place = reverse("alarm-acknowledge", args=[Alarm.objects.get(rule=rule).id])
    client = signed_in("support")
    assert client.post(place, {"reason": ""}).status_code == 422
    client.post(place, {"reason": "Called the hospital."})
    page = shown("support", "alarms")
    assert "looked after" in page and "Called the hospital." in page
    assert LedgerEvent.objects.filter(kind="alarm.acknowledged").count() == 1
    Alarm.objects.all().delete()
    address = reverse("alarms")
    for state, said in (("", "No alarm stands open"), ("cleared", "No alarm has been cleared")):
        answer = client.get(f"{address}?state={state}")
        assert said in answer.content.decode()


def test_an_administrator_changes_a_rule_which_is_a_new_row() -> None:
    row = AlarmRule.objects.get(measure="certificate", until=None)
    place = reverse("alarm-rule-change", args=[row.id])
    assert signed_in("support").get(place).status_code == 403
    admin = signed_in("admin")
    given = {
        **{name: getattr(row, name) for name in ("name_fi", "name_sv", "name_en", "measure")},
        **{"threshold": "60", "clear_at": "59", "minutes": "0", "hours": "1", "least": "0"},
        **{"cool_down_minutes": "60", "severity": "high", "reason": "Renewal takes two months."},
        "recipients": "tuki@example.fi; varalla@example.fi",
    }
    assert admin.get(place).status_code == 200
    assert admin.post(place, given).status_code == 422, "clears on the bad side"
    assert admin.post(place, {**given, "clear_at": "61"}).status_code == 302
    made = AlarmRule.objects.get(measure="certificate", until=None)
    assert made.id != row.id and made.recipients == ["tuki@example.fi", "varalla@example.fi"]
    page = shown("admin", "alarm-rules")
    assert "60 days; cleared at 61 days" in page
    ended = admin.get(reverse("alarm-rules"), {"state": "ended"}).content.decode()
    assert row.name_en in ended and "60 days; cleared at 61 days" not in ended


def test_what_ends_with_a_rule_is_said_before() -> None:
    row = AlarmRule.objects.get(measure="certificate", until=None)
    place = reverse("alarm-rule-end", args=[row.id])
    asked = signed_in("admin").get(place).content.decode()
    assert f"tells nobody any more of: {row.get_measure_display()}" in unescape(asked)
    assert "stands open by this rule" not in asked
    Alarm.objects.create(rule=row, key="a", since=now(), raised_at=now(), value=1, worst=1)
    asked = signed_in("admin").get(place).content.decode()
    assert "1 alarm that stands open by this rule is cleared." in asked


def test_rules_that_tell_nobody_stand_out_until_they_tell_somebody() -> None:
    link = f"{reverse('alarm-rules')}?state=untold"
    User.objects.filter(username="support").update(email="support@example.fi")
    assert link not in shown("support", "overview")
    AlarmRule.objects.filter(measure="part").update(roles=[])
    for name in ("overview", "alarms"):
        page = shown("support", name)
        assert "1 rule of alarms tells nobody by mail" in page and link in page
    row = AlarmRule.objects.get(measure="part")
    admin = signed_in("admin")
    assert [each.row for each in admin.get(link).context["rows"]] == [row]
    place = reverse("alarm-rule-change", args=[row.id])
    given = {**admin.get(place).context["form"].initial, "roles": ["support"]}
    admin.post(place, {**given, "reason": "The desk is there day and night."})
    assert AlarmRule.objects.get(measure="part", until=None).roles == ["support"]
    assert link not in shown("support", "alarms")


def test_how_silence_is_learned_is_a_dated_row_of_an_administrator() -> None:
    place = reverse("silence-learning-new")
    assert signed_in("support").get(place).status_code == 403
    admin, tomorrow = signed_in("admin"), today() + timedelta(days=1)
    given = {"weeks": 6, "least_days": 3, "most_silent": 0, "reason": "Holidays are rare there."}
    for wrong in (
        {"first_day": str(today())},
        {"least_days": 7},
        {"most_silent": 3},
        {"weeks": 53},
    ):
        answer = admin.post(place, {**given, "first_day": str(tomorrow), **wrong})
        assert answer.status_code == 422 and list(answer.context["form"].errors) == list(wrong)
    for status in (302, 422):  # no two begin on one day
        assert admin.post(place, {**given, "first_day": str(tomorrow)}).status_code == status
    rows = signed_in("support").get(reverse("silence-learning")).context["rows"]
    assert [(each.row.weeks, each.next_from) for each in rows] == [(6, None), (8, tomorrow)]
    told = LedgerEvent.objects.get(kind="alarm.ruled")
    assert told.facts["rule"] == "6 weeks, 3 days seen, 0 silent"


def beating() -> None:
    for kind in ("worker", "caller", "dicom", "hl7"):
        Heartbeat.objects.create(kind=kind, instance="one", started_at=now(), at=now())


def test_customers_read_what_answers_and_what_is_planned() -> None:
    beating()
    Heartbeat.objects.filter(kind="hl7").update(at=now() - timedelta(minutes=5))
    assert "1 part does not answer" in shown("esim", "status")
    tomorrow = today() + timedelta(days=1)
    given = {
        **{"starts_day": str(tomorrow), "starts_clock": "22:00", "parts": ["dicom"]},
        **{"ends_day": str(tomorrow), "ends_clock": "21:00"},
        **{"text_fi": "Huolto", "text_sv": "Service", "text_en": "Upkeep of the storage"},
    }
    client = signed_in("support")
    assert client.post(reverse("break-new"), given).status_code == 422
    client.post(reverse("break-new"), {**given, "ends_clock": "23:30"})
    page = shown("esim", "status")
    assert "Upkeep of the storage" in page and "to come" in page
    assert "Upkeep of the storage" in shown("esim", "home"), "told before one looks for it"
    PlannedBreak.objects.update(starts_at=now() - timedelta(hours=1))
    assert "on now" in shown("esim", "status")
    off = reverse("break-call-off", args=[PlannedBreak.objects.get().id])
    assert f'href="{off}"' in shown("support", "status"), "asked for once more"
    assert "Call off this break?" in client.get(off).content.decode()
    assert "Upkeep of the storage" in shown("esim", "status")
    client.post(off)
    assert "Upkeep of the storage" not in shown("esim", "status")


def test_a_notice_is_acknowledged_by_each_customer_and_staff_see_who_has_not() -> None:
    row = service_status.announce(
        SYSTEM,
        title=Text("Ohje muuttui", "Ny anvisning", "New instruction"),
        text=Text("Lue", "Läs", "Send the accession number"),
        is_acknowledged=True,
    )
    own = organisation(ESIMERKKILA)
    client = signed_in("esim")
    assert "We have read this" in shown("esim", "status")
    assert "1 notice waits for your acknowledgement" in shown("esim", "home")
    for _again in range(2):
        client.post(reverse("announcement-read", args=[row.id]))
    receipt = AnnouncementReceipt.objects.get(organisation=own)
    assert "We have read this" not in shown("esim", "status")
    assert "waits for your acknowledgement" not in shown("esim", "home")
    page = shown("support", "announcement", row.id)
    has_not, has = page.split("Has acknowledged", 1)
    assert own.name_fi in has and receipt.by_name in has and own.name_fi not in has_not
    assert LedgerEvent.objects.filter(kind="status.acknowledged").count() == 1
    down = reverse("announcement-take-down", args=[row.id])
    assert f'href="{down}"' in page and f'href="{down}"' in shown("support", "status")
    assert "Take down this notice?" in signed_in("support").get(down).content.decode()
    signed_in("support").post(down)
    assert "New instruction" not in shown("malli", "status")
    assert Announcement.objects.get().receipts.count() == 1


def test_a_job_that_was_given_up_is_listed_with_its_case_and_tried_again() -> None:
    study = builders.study()
    job = builders.dead_job(study)
    case = builders.case(edge="job", place="registration")
    builders.event(case, job_id=job.id, study=study)
    page = shown("support", "jobs", "dead")
    assert str(case) in page and reverse("job-retry", args=[job.id]) in page
    assert signed_in("onboarding").post(reverse("job-retry", args=[job.id])).status_code == 403
    client = signed_in("support")
    for _again in range(2):
        client.post(reverse("job-retry", args=[job.id]))
    live = Job.objects.filter(kind=job.kind, subject_id=job.subject_id, state="waiting")
    assert live.count() == 1 and "tried again" in shown("support", "jobs", "dead")
    assert LedgerEvent.objects.filter(kind="case.retried", subject_id=case.id).count() == 1
