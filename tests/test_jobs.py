"""Jobs are rows: claimed once, leased, woken while they run, given up to the desk (NF-4)."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from archive import jobs, tasks
from archive.config import settings
from archive.errors import Busy
from archive.models import Case, Job, JobKind
from archive.values import now, uuid7
from tests import cast
from tests.cast import dataset
from tests.configuring import Configure
from tests.services.test_registration import quiet

pytestmark = pytest.mark.usefixtures("db")


def owe(**when: object) -> Job:
    subject = uuid7()
    jobs.defer(JobKind.REGISTRATION, subject, environment="test", **when)  # type: ignore[arg-type]
    return Job.objects.get(subject_id=subject)


def test_a_job_is_claimed_by_one_worker() -> None:
    job = owe()
    claim = jobs.claim(job.id)
    assert claim is not None and claim.tries == 1
    assert jobs.claim(job.id) is None


def test_an_unknown_or_early_job_is_not_claimed() -> None:
    assert jobs.claim(uuid4()) is None
    assert jobs.claim(owe(not_before=now() + timedelta(minutes=1)).id) is None


def test_owing_twice_is_one_job_at_the_earlier_time() -> None:
    job = owe(not_before=now() + timedelta(minutes=5))
    jobs.defer(JobKind.REGISTRATION, job.subject_id, environment="test")
    jobs.defer(
        JobKind.REGISTRATION,
        job.subject_id,
        environment="test",
        not_before=now() + timedelta(minutes=9),
    )
    assert Job.objects.get(subject_id=job.subject_id).not_before <= now()


def test_a_job_woken_while_it_runs_runs_again() -> None:
    job = owe()
    claim = jobs.claim(job.id)
    assert claim is not None
    jobs.defer(JobKind.REGISTRATION, job.subject_id, environment="test")
    jobs.finish(claim)
    job.refresh_from_db()
    assert job.state == "waiting"
    second = jobs.claim(job.id)
    assert second is not None
    jobs.finish(second)
    job.refresh_from_db()
    assert job.state == "done"


def test_a_lease_that_ran_out_is_given_back_and_its_late_holder_is_not_heard() -> None:
    job = owe()
    late = jobs.claim(job.id)
    assert late is not None
    Job.objects.filter(id=job.id).update(lease_until=now() - timedelta(seconds=1))
    assert job.id in dict(jobs.due())
    fresh = jobs.claim(job.id)
    assert fresh is not None
    jobs.finish(late)
    job.refresh_from_db()
    assert job.state == "running"


def test_the_wait_doubles_up_to_the_ceiling() -> None:
    job = owe()
    waits = []
    for _ in range(6):
        Job.objects.filter(id=job.id).update(not_before=now())
        claim = jobs.claim(job.id)
        assert claim is not None
        jobs.retry(claim, Busy())
        waits.append(round((Job.objects.get(id=job.id).not_before - now()).total_seconds()))
    assert waits == [1, 2, 4, 8, 10, 10]


def test_a_job_that_may_be_tried_for_weeks_waits_as_long_each_time() -> None:
    """By a setting: doubled so often, the wait would be more than a number can hold."""
    job = owe()
    Job.objects.filter(id=job.id).update(tries=2_000)
    claim = jobs.claim(job.id)
    assert claim is not None
    jobs.retry(claim, Busy())
    job.refresh_from_db()
    wait = (job.not_before - now()).total_seconds()
    assert job.state == "waiting" and 0 < wait <= settings().backoff_ceiling_seconds


def test_what_is_sent_is_not_sent_again_until_it_is_stale() -> None:
    job = owe()
    Job.objects.filter(id=job.id).update(sent_at=now())
    assert job.id not in dict(jobs.due())
    Job.objects.filter(id=job.id).update(sent_at=now() - timedelta(minutes=1))
    assert job.id in dict(jobs.due())


def test_a_job_given_up_is_dead_and_can_be_owed_again() -> None:
    job = owe()
    claim = jobs.claim(job.id)
    assert claim is not None
    jobs.give_up(claim, Busy("peer is gone"))
    job.refresh_from_db()
    assert (job.state, job.last_error) == ("dead", "peer is gone")
    jobs.defer(JobKind.REGISTRATION, job.subject_id, environment="test")
    assert Job.objects.filter(subject_id=job.subject_id, state="waiting").count() == 1


def test_a_job_owed_anew_while_it_fails_for_good_is_done_still() -> None:
    job = owe()
    Job.objects.filter(id=job.id).update(tries=7)
    claim = jobs.claim(job.id)
    assert claim is not None
    jobs.defer(JobKind.REGISTRATION, job.subject_id, environment="test")
    jobs.give_up(claim, Busy("peer is gone"))
    job.refresh_from_db()
    assert (job.state, job.tries) == ("waiting", 0)
    assert job.id in dict(jobs.due())
    again = jobs.claim(job.id)
    assert again is not None
    jobs.give_up(again, Busy("peer is gone"))
    job.refresh_from_db()
    assert job.state == "dead"


def test_a_peer_is_called_once_at_a_time_and_others_are_not_held_up() -> None:
    peer = uuid7()
    first, second = owe(peer_id=peer), owe(peer_id=peer)
    other = owe(peer_id=uuid7())
    claim = jobs.claim(first.id)
    assert claim is not None
    assert jobs.claim(second.id) is None
    assert second.id not in dict(jobs.due())
    assert jobs.claim(other.id) is not None
    jobs.retry(claim, Busy())
    assert jobs.claim(second.id) is not None


def test_a_study_that_waits_for_room_is_registered_when_there_is_some(
    own_vault: Path, configure: Configure
) -> None:
    study = cast.store(dataset())
    quiet(study)
    cast.documents()
    job = Job.objects.get(kind=JobKind.REGISTRATION, subject_id=study.id)

    def walk() -> tuple[str, str]:
        Job.objects.filter(id=job.id).update(not_before=now())
        claim = jobs.claim(job.id)
        assert claim is not None
        tasks._do(claim, tasks.WORK[claim.kind])
        job.refresh_from_db()
        study.refresh_from_db()
        return job.state, study.state

    configure(FREE_BYTES_FLOOR=str(1 << 60))
    for _ in range(2 * settings().notice_tries):
        assert walk() == ("waiting", "registering")
    case = Case.objects.get(reason="storage-full", place="registration")
    assert (case.state, case.event_count) == ("open", 1)
    assert job.not_before > now()
    configure(FREE_BYTES_FLOOR="0")
    assert walk() == ("done", "registered")
    case.refresh_from_db()
    assert case.state == "resolved"


def test_a_job_of_which_each_worker_dies_is_given_up_to_the_desk() -> None:
    study = cast.store(dataset())
    job = Job.objects.get(kind=JobKind.REGISTRATION, subject_id=study.id)
    most = settings().notice_tries
    for tries in range(1, most + 1):
        Job.objects.filter(id=job.id).update(not_before=now())
        claim = jobs.claim(job.id)
        assert claim is not None and claim.tries == tries
        Job.objects.filter(id=job.id).update(lease_until=now() - timedelta(seconds=1))
        assert job.id in dict(jobs.due())
    last = jobs.claim(job.id)
    assert last is not None
    tasks._do(last, tasks.WORK[last.kind])
    job.refresh_from_db()
    case = Case.objects.get(reason="broken")
    assert (job.state, case.place, case.state) == ("dead", "registration", "open")
