"""Interfaces counted by hour, who is silent, and alarms raised, told, acknowledged, cleared."""

import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from archive import conversation, ledger
from archive.actors import SYSTEM, Actor, ActorKind, connection_actor
from archive.errors.wishes import ValueUnfit
from archive.models import (
    Alarm,
    AlarmRule,
    Channel,
    ChannelHour,
    Interface,
    LedgerEvent,
    Measure,
    RegistryMessage,
    User,
)
from archive.queries import alarms as queries
from archive.queries import interface_health, measures
from archive.queries.measures import Reading
from archive.services import (
    alarm_mails,
    alarm_rules,
    alarms,
    health_counts,
    registry_messages,
    seen_certificates,
    silence,
)
from archive.services.alarm_rules import Rule
from archive.services.registry_messages import Exchanged
from archive.values import midnight, now, today, uuid7
from tests import builders, post_office
from tests.cast import connection
from tests.edges.dicom.authority import Authority

pytestmark = pytest.mark.django_db
AT = now()


@pytest.fixture(autouse=True)
def nothing_yet() -> None:
    Alarm.objects.all().delete()
    Channel.objects.all().delete()


def said(kind: ledger.Kind, at: Any = AT, exchange: Any = None, **facts: Any) -> None:
    """An entry of Esimerkkilä's DICOM system."""
    link = connection()
    actor = connection_actor(
        connection_id=link.id,
        name=link.aet,
        organisation_id=link.organisation_id,
        environment=link.environment,
    )
    about = ledger.About(environment=link.environment, correlation_id=exchange or uuid7())
    ledger.record(kind, about, facts, actor=actor, at=at)


def channel(interface: Interface = Interface.STORE, **columns: Any) -> Channel:
    link = connection()
    given = {"first_at": AT - timedelta(days=70), "good_at": AT, **columns}
    return Channel.objects.create(
        environment="production",
        organisation_id=link.organisation_id,
        connection=link,
        interface=interface,
        **given,
    )


def counted() -> dict[str, tuple[int, int, int, int]]:
    rows = ChannelHour.objects.select_related("channel")
    return {row.channel.interface: (row.good, row.failed, row.ms, row.timed) for row in rows}


def test_exchanges_are_counted_by_interface_and_counting_again_changes_nothing() -> None:
    failed = uuid7()
    said(ledger.Kind.STUDY_STORED, instances=4, bytes=10, ms=800)
    said(ledger.Kind.STUDY_STORED, instances=2, bytes=10, ms=100, exchange=failed)
    said(ledger.Kind.STUDY_STORED, instances=2, bytes=10, ms=100, exchange=failed)
    said(ledger.Kind.IMAGES_QUERIED, level="STUDY", keys=[], found=0, ms=40, interface="FHIR")
    said(ledger.Kind.IMAGES_QUERIED, level="STUDY", keys=[], found=0)
    builders.event(builders.case(), at=AT, correlation_id=failed)
    hour = timedelta(hours=1)
    for _again in range(2):
        health_counts.count(AT, AT + hour)
        assert counted() == {
            "store": (1, 1, 1000, 8),
            "retrieve": (1, 0, 0, 0),
            "fhir": (1, 0, 40, 1),
        }
    store = Channel.objects.get(interface="store")
    assert store.good_at is not None and store.failed_at == AT
    (flow,) = interface_health.flows(AT, [store.id]).values()
    assert (flow.failed_share, flow.mean_ms) == (50, 125)


def test_a_soap_message_is_one_exchange_with_what_it_did_and_takes_until_its_answer() -> None:
    link = connection()
    actor = connection_actor(
        connection_id=link.id,
        name=link.aet,
        organisation_id=link.organisation_id,
        environment=link.environment,
    )
    for taken in (True, False):
        with conversation.within(uuid7()) as here:
            said(ledger.Kind.DOCUMENTS_QUERIED, now(), here.id, query="find_documents", found=1)
            message = Exchanged("query", "urn:uuid:1", b"<q/>", b"<a/>", taken, changed=False)
            registry_messages.keep(actor, message, here.id)
            assert conversation.lasted() is not None
    assert conversation.lasted() is None
    health_counts.count(AT, now() + timedelta(hours=1))
    kept = [row.ms for row in RegistryMessage.objects.all()]
    assert counted()["xds"] == (1, 1, sum(ms or 0 for ms in kept), len(kept))


def test_what_is_sent_out_is_counted_with_the_time_it_took() -> None:
    owed = builders.notice(builders.study())
    owed.made_at = AT - timedelta(seconds=30)
    owed.save(update_fields=["made_at"])
    about = ledger.About(environment="production", subject_id=owed.id)
    for kind, facts in (
        (ledger.Kind.NOTICE_UNDELIVERED, {"tries": 1, "error": "does not answer"}),
        (ledger.Kind.NOTICE_DELIVERED, {"tries": 2}),
    ):
        ledger.record(kind, about, facts, at=AT)
    health_counts.count(AT, AT + timedelta(hours=1))
    assert counted()["notice"] == (1, 1, 30_000, 1)


def test_a_system_that_always_sends_is_expected_and_what_people_say_goes_before() -> None:
    row = channel(good_at=AT - timedelta(days=7))
    for week in range(1, 9):
        morning = midnight(today() - timedelta(weeks=week)) + timedelta(hours=1)
        ChannelHour.objects.create(channel=row, hour=morning, good=3)
    silence.learn_due()
    row.refresh_from_db()
    assert row.expected_by == midnight(today()) + timedelta(hours=2)
    assert silence.learn_due() == 0, "once a day"
    silence.lay_down(SYSTEM, row, weekdays=[], by=None, reason="The ward is closed.")
    row.refresh_from_db()
    assert row.expected_by is None and interface_health.late(row) == 0
    silence.learn_again(SYSTEM, row, reason="It has opened again.")
    row.refresh_from_db()
    assert row.expected_by == midnight(today()) + timedelta(hours=2)
    told = LedgerEvent.objects.filter(kind="alarm.ruled", subject_id=row.id).order_by("at", "id")
    assert [each.facts["what"] for each in told] == ["silence laid down", "silence learned"]


def test_what_did_not_come_yesterday_is_missed_until_it_comes() -> None:
    yesterday = today() - timedelta(days=1)
    given = {"expected_on": yesterday, "expected_by": midnight(today())}
    row = channel(good_at=midnight(yesterday) - timedelta(hours=1), **given)
    assert silence.learn_due() == 0 and interface_health.late(row) > 0
    Channel.objects.filter(id=row.id).update(good_at=midnight(today()))
    row.refresh_from_db()
    assert interface_health.late(row) == 0 and silence.learn_due() == 1
    silence.lay_down(SYSTEM, row, weekdays=[], by=None, reason="It is switched off.")
    rows = Channel.objects.filter(id=row.id)
    rows.update(good_at=midnight(yesterday) - timedelta(hours=1), **given)
    assert silence.learn_due() == 1 and interface_health.late(rows.get()) == 0


def rule(**changed: Any) -> AlarmRule:
    given = {
        "name_fi": "Hiljaisuus",
        "name_sv": "Tystnad",
        "name_en": "Silence",
        "measure": Measure.SILENCE.value,
        "threshold": 60,
        "clear_at": 0,
        "severity": "high",
        "cool_down_minutes": 60,
        "recipients": ("desk@example.fi",),
        **changed,
    }
    return alarm_rules.add(SYSTEM, Rule(**given), reason="Agreed with the desk.")


def test_a_silent_channel_raises_one_alarm_of_which_is_told_once() -> None:
    made = rule()
    row = channel(
        good_at=AT - timedelta(days=1), expected_on=today(), expected_by=AT - timedelta(hours=2)
    )
    for _again in range(2):
        alarms.judge(made, measures.read(made))
        alarm_mails.tell_due()
    alarm = Alarm.objects.get(rule=made)
    assert alarm.raised_at is not None and alarm.channel == row and alarm.value >= 120
    (sent,) = mail.outbox
    assert sent.to == ["desk@example.fi"] and "ESIM" in sent.body
    Channel.objects.filter(id=row.id).update(good_at=now())
    alarms.judge(made, measures.read(made))
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None


def test_what_comes_back_soon_is_an_alarm_again_but_nobody_is_told() -> None:
    made = rule()
    for value in (90, 0, 90):
        alarms.judge(made, [Reading("one", "one system", value)])
        alarm_mails.tell_due()
    first, again = Alarm.objects.filter(rule=made).order_by("since")
    assert first.cleared_at is not None and not first.is_quiet
    assert again.cleared_at is None and again.is_quiet and len(mail.outbox) == 1
    Alarm.objects.filter(id=again.id).update(raised_at=AT - timedelta(hours=1))
    assert alarm_mails.tell_due() == 1, "it outlasts the cool-down"
    assert alarm_mails.tell_due() == 0


def test_each_recipient_is_told_once_and_a_lost_claim_is_taken_over() -> None:
    made = rule()
    alarms.judge(made, [Reading("one", "one system", 90)])
    rows = AlarmRule.objects.filter(id=made.id)
    rows.update(recipients=["a\n@example.fi", "desk@example.fi"])
    Alarm.objects.update(claimed_at=now())
    assert alarm_mails.tell_due() == 0, "another process mails"
    Alarm.objects.update(claimed_at=now() - timedelta(minutes=11))
    assert alarm_mails.tell_due() == 1
    rows.update(recipients=["a@example.fi", "desk@example.fi"])
    assert alarm_mails.tell_due() == 1
    assert [each.to for each in mail.outbox] == [["desk@example.fi"], ["a@example.fi"]]
    assert Alarm.objects.get().told_at is not None and alarm_mails.tell_due() == 0


def test_a_server_that_hangs_ends_the_round_of_alarms_and_all_are_told_later() -> None:
    recipients = ("a@example.fi", f"{post_office.NOBODY}example.fi", "z@example.fi")
    made = rule(recipients=recipients)
    alarms.judge(made, [Reading("one", "one system", 90)])
    with post_office.opened() as office:
        office.is_mute = True
        with post_office.used(office.port, seconds=0.2):
            assert alarm_mails.tell_due() == 0
        assert office.calls == 1
        office.is_mute = False
        with post_office.used(office.port):
            assert alarm_mails.tell_due() == 2, "who is refused holds up nobody"
        assert office.took == ["a@example.fi", "z@example.fi"]
        calls = office.calls
        with post_office.used(office.port):
            assert alarm_mails.tell_due() == 0
        assert office.calls == calls, "a refused address is not tried again"


def test_the_people_of_a_role_are_told_and_a_rule_without_any_stands_out() -> None:
    first = AlarmRule.objects.filter(until=None)
    assert len(queries.untold()) == first.count(), "nobody has an address yet"
    for name in ("support", "archivist"):
        User.objects.filter(username=name).update(email=f"{name}@example.fi")
    assert not queries.untold(), "the first rules tell the operator's own people"
    made = rule(recipients=(), roles=("support",))
    alarms.judge(made, [Reading("one", "one system", 90)])
    assert alarm_mails.tell_due() >= 1 and alarm_mails.tell_due() == 0
    told = {address for each in mail.outbox for address in each.to}
    assert told == {"support@example.fi"}
    User.objects.filter(username="support").update(is_active=False)
    assert made in queries.untold()
    with pytest.raises(ValueUnfit):
        rule(roles=("customer_admin",))


def test_a_replaced_rule_takes_over_what_stands_open_and_an_ended_one_clears_it() -> None:
    made = rule()
    alarms.judge(made, [Reading("one", "one system", 90)])
    other = alarm_rules.replace(
        SYSTEM,
        made,
        Rule("Hiljaisuus", "Tystnad", "Silence", "silence", 30, 0, "low"),
        reason="Sooner.",
    )
    alarm = Alarm.objects.get()
    assert alarm.rule == other and alarm.cleared_at is None
    alarm_rules.end(SYSTEM, other, reason="Not needed.")
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None
    assert not AlarmRule.objects.filter(id__in=[made.id, other.id], until=None).exists()


def test_what_was_read_before_its_rule_ended_raises_nothing() -> None:
    made = rule()
    alarm_rules.end(SYSTEM, made, reason="Not needed.")
    alarms.judge(made, [Reading("one", "one system", 90)])
    assert not Alarm.objects.exists()


def test_few_exchanges_raise_nothing_and_clear_what_was_raised() -> None:
    made = rule(measure=Measure.FAILURES.value, threshold=50, clear_at=20, least=10)
    hour = AT.replace(minute=0, second=0, microsecond=0)
    counts = ChannelHour.objects.create(channel=channel(), hour=hour)
    stands = []
    for good, failed in ((1, 3), (1, 9), (1, 3), (4, 0)):
        counts.good, counts.failed = good, failed
        counts.save()
        alarms.judge(made, measures.read(made))
        stands.append(Alarm.objects.filter(rule=made, cleared_at=None).exists())
    assert stands == [False, True, True, False]


def test_a_rule_that_cannot_be_read_keeps_no_other_from_being_judged() -> None:
    AlarmRule.objects.filter(measure="backlog").update(measure="a new one")
    made = rule()
    channel(
        good_at=AT - timedelta(days=2), expected_on=today(), expected_by=AT - timedelta(hours=2)
    )
    alarms.watch()
    assert Alarm.objects.filter(rule=made).exists()


def test_an_alarm_is_acknowledged_by_one_person() -> None:
    made = rule()
    alarms.judge(made, [Reading("one", "one system", 90)])
    user = User.objects.get(username="support")
    actor = Actor(ActorKind.STAFF, "Tuki", user.id)
    alarm = Alarm.objects.get()
    assert alarms.acknowledge(actor, alarm, note="Called the hospital.")
    assert not alarms.acknowledge(actor, alarm, note="Me too.")
    alarm.refresh_from_db()
    assert (alarm.acknowledged_by, alarm.note) == (user, "Called the hospital.")


def test_every_measure_can_be_read() -> None:
    channel()
    kinds = {each.measure for each in AlarmRule.objects.filter(until=None)}
    assert kinds == set(Measure.values), "the first rules have one of each"
    for each in AlarmRule.objects.filter(until=None):
        measures.read(each)
    assert {each.key for each in measures.read(AlarmRule.objects.get(measure="part"))} >= {"dicom"}


def test_a_certificate_that_a_system_showed_is_watched_to_its_end(tmp_path: Path) -> None:
    shown = Authority(tmp_path).issue("pacs")
    link = connection()
    link.certificate_sha256 = shown.sha256
    link.save(update_fields=["certificate_sha256"])
    watched = AlarmRule.objects.get(measure="certificate", until=None)
    assert str(link.id) not in "".join(each.key for each in measures.read(watched))
    der = ssl.PEM_cert_to_DER_cert(shown.certificate.read_text())
    for _again in range(2):
        seen_certificates.note(der)
    (found,) = [each for each in measures.read(watched) if str(link.id) in each.key]
    assert found.value is not None and found.value < 400
    assert found.organisation_id == link.organisation_id
