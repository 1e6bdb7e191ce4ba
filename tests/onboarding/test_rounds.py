"""One row that fails in a round holds up no other, and stands on the desk (SD-1, NF-5)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError

from archive.models import Alarm, Case, CaseState, Organisation, Register
from archive.services import alarms, apart, case_mails, health_counts
from archive.services import authorisations as service
from archive.values import now, today
from onboarding.models import Joining, JoiningState, RolloutRun, RolloutStep, StepState
from onboarding.rules.rollout import StepKind
from onboarding.services import connections, production, rollout, succession
from tests import cast as archive_cast
from tests.cast import ESIMERKKILA, MALLILA
from tests.onboarding import cast
from tests.services.test_case_mails import customer, wants
from tests.services.test_desk_cases import desk_person, fail
from tests.services.test_interface_health import channel, rule

pytestmark = pytest.mark.django_db


class Falls:
    """The first time, as a row does that nobody foresaw; then it is as it was."""

    def __init__(self, real: Any) -> None:
        self.real, self.times = real, 0

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.times += 1
        if self.times == 1:
            raise ValueError("010181-900C")
        return self.real(*args, **options)


def begun(business_id: str, kind: str) -> RolloutStep:
    run = RolloutRun.objects.create(
        number=99, organisation=archive_cast.organisation(business_id), started_at=now()
    )
    return RolloutStep.objects.create(run=run, place=1, kind=kind, cause="of before")


def test_a_run_that_cannot_be_watched_holds_up_no_other() -> None:
    strange = begun(ESIMERKKILA, "of another version")
    whole = begun(MALLILA, StepKind.ECHO)
    assert rollout.observe_open() == rollout.observe_open() == 1
    whole.refresh_from_db()
    assert whole.cause != "of before"
    case = Case.objects.get(reason="broken")
    assert (case.environment, case.place, case.event_count) == ("test", "rollout", 1)
    event = case.events.get()
    assert event.subject_id == strange.run_id
    assert event.facts == {"raised": "ValueError", "organisation": strange.run.organisation.name}
    RolloutStep.objects.filter(id=strange.id).update(kind=StepKind.ECHO, state=StepState.WAITING)
    assert rollout.observe_open() == 2
    case.refresh_from_db()
    assert case.state == CaseState.RESOLVED


def leaving(*business_ids: str) -> None:
    for road in Joining.objects.filter(organisation__business_id__in=business_ids):
        production.give_notice(cast.officer(), road, given_on=today())


def test_a_customer_that_cannot_be_ended_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    leaving(ESIMERKKILA, MALLILA)
    monkeypatch.setattr(connections, "end_all", Falls(connections.end_all))
    day = today() + timedelta(days=90)
    assert production.end_due(day) == 1
    left = Joining.objects.get(state=JoiningState.NOTICE_GIVEN)
    case = Case.objects.get(place="end-of-use")
    assert case.events.get().facts["organisation"] == left.organisation.name
    assert "end-of-use" in caplog.text and str(left.id) in caplog.text
    assert production.end_due(day) == 1
    case.refresh_from_db()
    assert case.state == CaseState.RESOLVED


def test_a_register_that_cannot_pass_keeps_nothing_else_from_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registers = Register.objects.all()[:2]
    monkeypatch.setattr(service, "left_behind", lambda: registers)
    passing = Falls(service.pass_on)
    monkeypatch.setattr(service, "pass_on", passing)
    succession.pass_due(today())
    assert passing.times == len(registers) == 2
    assert Case.objects.get(place="authorisations-left").state == CaseState.OPEN


def test_a_database_that_is_gone_ends_the_round() -> None:
    def gone(row: Organisation) -> int:
        raise OperationalError

    with pytest.raises(OperationalError):
        apart.each("rollout", Organisation.objects.all(), gone)
    assert not Case.objects.exists()


def test_rules_are_judged_when_nothing_could_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = rule()
    at = now()
    channel(
        good_at=at - timedelta(days=2), expected_on=today(), expected_by=at - timedelta(hours=2)
    )
    monkeypatch.setattr(health_counts, "count_due", Falls(health_counts.count_due))
    alarms.watch()
    assert Alarm.objects.filter(rule=made).exists()
    assert Case.objects.get(place="counting").state == CaseState.OPEN
    alarms.watch()
    assert Case.objects.get(place="counting").state == CaseState.RESOLVED


def test_a_mail_that_cannot_be_written_holds_up_no_other_and_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wants(customer())
    wants(desk_person())
    fail().watchers.add(desk_person())
    monkeypatch.setattr(case_mails, "_written", Falls(case_mails._written))
    assert case_mails.tell_due() == 1
    assert case_mails.tell_due() == 1
    assert {sent.to[0] for sent in mail.outbox} == {customer().email, desk_person().email}
