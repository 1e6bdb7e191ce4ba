"""Batches: oldest first, a few at a time, with pause, cancel, undo, and no delivery doubled."""

import pytest

from archive.actors import Actor
from archive.errors import PeerUnreachable
from archive.errors.desk import BatchEnded
from archive.models import (
    AvailabilityNotice,
    Batch,
    BatchItem,
    BatchKind,
    Case,
    CaseEvent,
    Connection,
    Job,
)
from archive.services import batches, notices
from archive.values import now, today
from tests import builders
from tests.cast import MALLILA, connection
from tests.services.test_desk_cases import desk

pytestmark = pytest.mark.django_db


def undelivered(count: int) -> Case:
    """A customer's listener was down: so many confirmations were given up."""
    case = builders.case(reason="peer-unreachable", code="PEER-CONNECT", place="notice")
    for _ in range(count):
        study = builders.study()
        job = builders.dead_job(study, "notice", builders.notice(study).id)
        builders.event(case, study=study, subject_id=job.subject_id, job_id=job.id)
    return case


def begin(case: Case, kind: BatchKind = BatchKind.RETRY, **more: object) -> Batch:
    made = batches.begin(
        desk(),
        CaseEvent.objects.filter(case=case),
        kind,
        environment="production",
        case=case,
        **more,
    )
    assert made is not None
    return made


def states(batch: Batch) -> list[str]:
    rows = BatchItem.objects.filter(batch=batch).order_by("place")
    return list(rows.values_list("state", flat=True))


def end_jobs(state: str) -> None:
    Job.objects.filter(kind="notice", state="waiting").update(state=state, last_error="no answer")


def test_it_runs_oldest_first_and_a_few_at_a_time() -> None:
    case = undelivered(batches.AT_ONCE + 2)
    batch = begin(case)
    oldest = case.events.order_by("at", "id").values_list("id", flat=True)
    items = BatchItem.objects.filter(batch=batch).order_by("place")
    assert [item.event_id for item in items] == list(oldest)
    assert states(batch) == ["going"] * batches.AT_ONCE + ["waiting"] * 2
    end_jobs("done")
    assert batches.advance(batch.id) is not None
    assert states(batch) == ["done"] * batches.AT_ONCE + ["going"] * 2
    end_jobs("dead")
    assert batches.advance(batch.id) is None
    assert states(batch)[-2:] == ["failed", "failed"]
    batch.refresh_from_db()
    assert batch.state == "done" and batch.ended_at is not None


def test_what_had_arrived_is_not_sent_again() -> None:
    case = undelivered(2)
    first = case.events.order_by("at").first()
    assert first is not None
    AvailabilityNotice.objects.filter(id=first.subject_id).update(state="delivered")
    batch = begin(case)
    assert states(batch) == ["already", "going"]
    assert Job.objects.filter(kind="notice", state="waiting").count() == 1
    first.refresh_from_db()
    assert first.outcome == "solved"


def test_two_batches_on_the_same_events_owe_each_work_once() -> None:
    case = undelivered(3)
    begin(case)
    begin(case)
    assert Job.objects.filter(kind="notice", state="waiting").count() == 3


def test_a_refused_object_cannot_be_done_again() -> None:
    case = builders.case()
    builders.event(case)
    assert states(begin(case)) == ["impossible"]


def test_pausing_leaves_the_rest_and_cancelling_ends_it() -> None:
    batch = begin(undelivered(batches.AT_ONCE + 1))
    batches.pause(desk(), batch)
    end_jobs("done")
    batches.advance(batch.id)
    assert states(batch)[-1] == "waiting"
    batches.resume(desk(), batch)
    batches.advance(batch.id)
    assert states(batch)[-1] == "going"
    batches.cancel(desk(), batch)
    end_jobs("done")
    assert batches.advance(batch.id) is None
    with pytest.raises(BatchEnded):
        batches.resume(desk(), batch)


def test_cancelling_leaves_undone_what_was_not_begun() -> None:
    batch = begin(undelivered(batches.AT_ONCE + 1))
    batches.cancel(desk(), batch)
    batches.advance(batch.id)
    assert states(batch) == ["going"] * batches.AT_ONCE + ["cancelled"]


def test_ignoring_resolves_the_case_and_is_undone() -> None:
    case = undelivered(3)
    batch = begin(case, BatchKind.IGNORE, reason="the customer has left")
    case.refresh_from_db()
    assert states(batch) == ["done"] * 3 and (case.state, case.open_count) == ("resolved", 0)
    assert batches.undo(desk(), batch) == 3
    case.refresh_from_db()
    assert (case.state, case.open_count) == ("open", 3)
    with pytest.raises(BatchEnded):
        batches.undo(desk(), batch)


def test_undoing_a_paused_batch_leaves_nothing_that_could_go_on() -> None:
    case = undelivered(batches.AT_ONCE + 1)
    batch = begin(case, BatchKind.IGNORE, reason="the customer has left")
    batches.pause(desk(), batch)
    assert batches.undo(desk(), batch) == batches.AT_ONCE
    with pytest.raises(BatchEnded):
        batches.resume(desk(), batch)
    batches.advance(batch.id)
    assert states(batch)[-1] == "cancelled"
    assert CaseEvent.objects.filter(case=case, outcome="open").count() == batches.AT_ONCE + 1


def test_work_that_was_done_cannot_be_undone() -> None:
    batch = begin(undelivered(1))
    with pytest.raises(BatchEnded):
        batches.undo(desk(), batch)


def second_system() -> Connection:
    first = connection()
    return Connection.objects.create(
        organisation=first.organisation,
        environment="production",
        kind="dicom",
        aet="ESIM_NEW",
        host="127.0.0.1",
        port=11999,
        valid_from=today(),
    )


def test_confirmations_go_to_another_system_of_the_customer() -> None:
    case, target = undelivered(2), second_system()
    batch = begin(case, BatchKind.REDIRECT, connection=target)
    job = Job.objects.filter(kind="notice", state="waiting").first()
    assert job is not None and job.peer_id == target.id
    owed = notices.owed(job.subject_id)
    assert owed is not None and owed.target.called_aet == "ESIM_NEW"
    for each in Job.objects.filter(kind="notice", state="waiting"):
        notices.delivered(each.subject_id)
    end_jobs("done")
    batches.advance(batch.id)
    case.refresh_from_db()
    assert states(batch) == ["done", "done"] and case.state == "resolved"
    assert AvailabilityNotice.objects.filter(state="superseded").count() == 2


def test_a_withdrawal_goes_to_another_system_that_was_told_of_the_study() -> None:
    """What it was told before is not all that there is to tell."""
    told, first = builders.notice(builders.study(), "delivered"), connection()
    target = second_system()
    AvailabilityNotice.objects.filter(id=told.id).update(connection=target)
    columns = {"environment": "production", "study": told.study, "made_at": now()}
    withdrawal = AvailabilityNotice.objects.create(
        manifest=told.manifest,
        connection=first,
        withdraws=True,
        state="failed",
        **columns,
    )
    going = AvailabilityNotice.objects.get(id=notices.redirect(desk(), withdrawal.id, target))
    assert (going.withdraws, going.state, going.connection) == (True, "pending", target)
    assert notices.redirect(desk(), withdrawal.id, target) == going.id
    assert notices.owed(going.id) is not None


def test_a_confirmation_that_a_later_one_has_followed_is_no_case_when_it_fails() -> None:
    study = builders.study()
    notice = builders.notice(study, "superseded")  # while it was on its way
    job = builders.dead_job(study, "notice", notice.id)
    notices.give_up(notice.id, job.id, PeerUnreachable())
    notice.refresh_from_db()
    assert notice.state == "superseded" and not Case.objects.exists()


def test_nothing_is_sent_to_another_customers_system() -> None:
    notice = builders.notice(builders.study())
    stranger: Actor = desk()
    with pytest.raises(notices.Refused):
        notices.redirect(stranger, notice.id, connection(MALLILA))


def test_a_batch_of_nothing_is_none() -> None:
    none = CaseEvent.objects.none()
    assert batches.begin(desk(), none, BatchKind.RETRY, environment="production") is None
