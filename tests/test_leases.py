"""A job that takes longer than its lease is not begun by a second worker beside it (NF-4)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from archive import jobs
from archive.models import Job, JobKind
from archive.values import now, uuid7
from tests.edges.dicom.listening import eventually

pytestmark = pytest.mark.usefixtures("shared_database")


@pytest.fixture
def claim() -> jobs.Claim:
    subject = uuid7()
    jobs.defer(JobKind.REGISTRATION, subject, environment="test")
    claimed = jobs.claim(Job.objects.get(subject_id=subject).id)
    assert claimed is not None
    return claimed


def almost_over(claim: jobs.Claim) -> None:
    Job.objects.filter(id=claim.id).update(lease_until=now() + timedelta(seconds=2))


def lease(claim: jobs.Claim) -> timedelta:
    job = Job.objects.get(id=claim.id)
    return job.lease_until - now() if job.lease_until else timedelta()


def test_a_lease_lasts_as_long_as_the_work(
    claim: jobs.Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "RENEWED", 0.01)
    with jobs.kept(claim):
        almost_over(claim)
        eventually(lambda: lease(claim) > timedelta(seconds=30))
    jobs.finish(claim)
    assert Job.objects.get(id=claim.id).lease_until is None


def test_what_another_took_over_or_what_never_ends_is_let_go(
    claim: jobs.Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "RENEWED", 0.01)
    other = uuid7()
    Job.objects.filter(id=claim.id).update(lease_holder=other)
    almost_over(claim)
    with jobs.kept(claim) as keeper:
        keeper.join(20)
        assert not keeper.is_alive() and lease(claim) < timedelta(seconds=3)
    Job.objects.filter(id=claim.id).update(lease_holder=claim.holder)
    monkeypatch.setattr(jobs, "LONGEST", 0.0)
    with jobs.kept(claim) as keeper:
        keeper.join(20)
        assert not keeper.is_alive() and lease(claim) < timedelta(seconds=3)


def owed(peer_id: UUID) -> UUID:
    subject = uuid7()
    jobs.defer(JobKind.NOTICE, subject, environment="test", peer_id=peer_id)
    return Job.objects.get(subject_id=subject).id


def test_two_that_look_in_one_moment_do_not_both_call_a_peer() -> None:
    peer = uuid7()
    first, second = (owed(peer) for _ in range(2))
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            assert jobs.claim(first) is not None  # not committed yet
            claimed = other.submit(claimed_elsewhere, second)
            with pytest.raises(TimeoutError):
                claimed.result(1)
        assert claimed.result(20) is None


def claimed_elsewhere(job_id: UUID) -> jobs.Claim | None:
    try:
        return jobs.claim(job_id)
    finally:
        connection.close()
