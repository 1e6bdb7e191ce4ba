"""A job that takes longer than its lease is not begun by a second worker beside it (NF-4)."""

from datetime import timedelta

import pytest

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
