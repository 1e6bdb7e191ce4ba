"""Mails to contacts and people invited are owed with what they tell, and end as gone or on the desk
(ON-1, ON-5, NF-4).
"""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import jobs
from archive.models import CaseEvent, Job, JobKind, JobState, Role
from archive.services import error_desk
from archive.values import now
from onboarding.models import Invitation, MailState, OutgoingMail
from onboarding.services import invitations, mails, people
from portal.celery import app
from tests import post_office
from tests.edges.dicom.authority import Authority
from tests.onboarding import cast
from tests.post_office import FULL, NOBODY, PostOffice

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office.opened() as found, post_office.used(found.port):
        yield found


def invite(email: str = "new@uusi.example.invalid") -> OutgoingMail:
    road = cast.applicant()
    made = people.invite(
        cast.admin(road),
        road.organisation,
        email=email,
        role=Role.CUSTOMER_TECHNICAL,
        link=lambda secret: f"https://archive.example.invalid/invitation/{secret}/",
        language="en",
    )
    return made.mails.get()


def job(row: OutgoingMail) -> Job:
    return Job.objects.get(kind=JobKind.MAIL, subject_id=row.id)


def last_try(row: OutgoingMail) -> None:
    Job.objects.filter(subject_id=row.id).update(tries=mails.TRIES - 1, not_before=now())


def test_a_mail_is_owed_with_its_fact_and_its_secret_goes_when_it_has_gone(
    office: PostOffice,
) -> None:
    row = invite()
    assert row.state == MailState.WAITS and "/invitation/" in row.body
    assert job(row).peer_id == mails.MAIL_SERVER
    assert office.calls == 0, "nobody waits for it who invites"
    post_office.deliver()
    row.refresh_from_db()
    assert office.took == [row.address] and any("/invitation/" in line for line in office.said)
    assert (row.state, row.body) == (MailState.GONE, "") and row.subject
    assert job(row).state == JobState.DONE
    post_office.work(job(row))
    assert office.took == [row.address], "once"


def test_a_server_that_is_away_is_tried_again_and_comes_back() -> None:
    with post_office.opened() as office:
        port = office.port
    row = invite()
    with post_office.used(port):
        post_office.deliver()
    owed = job(row)
    assert owed.state == JobState.WAITING and owed.not_before > now()
    assert "MailServerGone" not in owed.last_error and row.address not in owed.last_error
    assert not CaseEvent.objects.filter(subject_id=row.id).exists()
    with post_office.opened() as office, post_office.used(office.port):
        post_office.deliver()
        assert office.calls == 0, "not before its time"
        post_office.deliver(again=True)
        assert office.took == [row.address]


def test_a_server_whose_certificate_is_not_believed_is_a_server_that_is_away(
    office: PostOffice, tmp_path: Path
) -> None:
    """Python counts that error among those of values, as an address that is none."""
    shown = Authority(tmp_path).issue("mail", days=-1)
    office.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    office.tls.load_cert_chain(shown.certificate, shown.key)
    row = invite()
    with post_office.used(office.port, tls=True):
        post_office.deliver()
    row.refresh_from_db()
    assert (row.state, job(row).state) == (MailState.WAITS, JobState.WAITING)
    assert row.body and office.took == []


@pytest.mark.parametrize(("is_mute", "pause"), [(True, 0.0), (False, 0.4)])
def test_a_server_that_hangs_is_left_in_time(
    office: PostOffice, is_mute: bool, pause: float
) -> None:
    """The slow one answers each time before the time is over, which is for all of a mail."""
    office.is_mute, office.pause = is_mute, pause
    row, begun = invite(), now()
    with post_office.used(office.port, seconds=1.0):
        post_office.deliver()
    assert (now() - begun).total_seconds() < 2.5
    assert (office.calls, office.took) == (1, [])
    assert job(row).state == JobState.WAITING
    office.is_mute, office.pause = False, 0.0
    post_office.deliver(again=True)
    assert office.took == [row.address]


def test_a_server_that_is_away_for_long_is_one_case_and_no_text_is_left(
    office: PostOffice,
) -> None:
    office.is_mute = True
    rows = [invite(), invite("other@uusi.example.invalid")]
    with post_office.used(office.port, seconds=0.2):
        for row in rows:
            last_try(row)
            post_office.work(job(row))
    events = [CaseEvent.objects.select_related("case").get(subject_id=row.id) for row in rows]
    assert len({event.case_id for event in events}) == 1
    case = events[0].case
    assert (case.reason, case.organisation_id) == ("mail-server-gone", None)
    for row, event in zip(rows, events, strict=True):
        row.refresh_from_db()
        assert (row.state, row.body, job(row).state) == (MailState.FAILED, "", JobState.DEAD)
        assert event.facts["organisation"] == row.organisation.name
        assert row.address not in f"{event.facts} {event.detail} {job(row).last_error}"
        assert event.job_id is None, "there is no text to try again with"
    error_desk.revive(job(rows[0]))
    office.is_mute = False
    post_office.deliver(again=True)
    assert office.took == [], "nor from the page of the queue"


def test_an_address_that_is_refused_is_a_case_of_the_customer_at_once(office: PostOffice) -> None:
    row = invite(f"{NOBODY}uusi.example.invalid")
    good = invite("good@uusi.example.invalid")
    post_office.deliver()
    row.refresh_from_db()
    assert (row.state, row.body, job(row).state) == (MailState.FAILED, "", JobState.DEAD)
    event = CaseEvent.objects.select_related("case").get(subject_id=row.id)
    assert event.case.reason == "mail-refused"
    assert event.case.organisation_id == row.organisation_id
    assert NOBODY not in f"{event.facts} {event.detail}"
    assert office.took == [good.address]


def test_an_address_that_is_put_off_is_tried_for_a_day(office: PostOffice) -> None:
    row = invite(f"{FULL}uusi.example.invalid")
    post_office.deliver()
    assert job(row).state == JobState.WAITING
    last_try(row)
    post_office.deliver()
    assert job(row).state == JobState.DEAD
    assert CaseEvent.objects.get(subject_id=row.id).case.reason == "mail-put-off"


def test_a_new_invitation_takes_the_place_of_one_that_did_not_go(office: PostOffice) -> None:
    first = invite(f"{NOBODY}uusi.example.invalid")
    second = invite(f"{NOBODY}uusi.example.invalid")
    open_ones = Invitation.objects.filter(expires_at__gt=now())
    assert {first.invitation_id, second.invitation_id} <= {row.id for row in open_ones}
    post_office.deliver()
    third = invite(f"{NOBODY}uusi.example.invalid")
    left = Invitation.objects.filter(email=third.address, expires_at__gt=now())
    assert [row.id for row in left] == [third.invitation_id]


def test_an_invitation_that_is_withdrawn_before_it_has_gone_does_not_go(
    office: PostOffice,
) -> None:
    row = invite()
    assert row.invitation is not None
    invitations.withdraw(cast.officer(), row.invitation)
    assert job(row).state == JobState.DONE
    post_office.deliver(again=True)
    row.refresh_from_db()
    assert office.took == [] and row.body == ""


def test_one_mail_at_a_time_is_sent_by_who_may_wait() -> None:
    """However long the server takes, one of the callers' threads waits for it, and no worker."""
    first, second = job(invite()), job(invite("other@uusi.example.invalid"))
    assert jobs.claim(first.id) is not None
    assert jobs.claim(second.id) is None
    queues = {
        name: each.get("options", {}).get("queue") for name, each in app.conf.beat_schedule.items()
    }
    assert {queues[name] for name in ("case_mails", "alarm_mails", "anchor")} == {jobs.CALLS}
