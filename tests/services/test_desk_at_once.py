"""Cases are resolved, led back and done again while their cause comes back or goes: nothing that
stands open is in a resolved one, and nobody waits for who waits for him (SD-2, SD-3).
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

import psycopg
import pytest
from django.db import connection, connections, transaction

from archive import locks
from archive.models import (
    AvailabilityNotice,
    Batch,
    BatchKind,
    Case,
    CaseEvent,
    Job,
    Study,
)
from archive.services import batches, case_work, error_desk, queues, retries, routes
from archive.services.error_desk import Place
from archive.values import uuid7
from tests import builders, meanwhile
from tests.journeys.system import eventually
from tests.services.test_batch_killed import WAITING
from tests.services.test_desk_cases import STORE, WEB, desk, fail, numbers

pytestmark = pytest.mark.usefixtures("fresh_database")


def again() -> None:
    try:
        fail()
    finally:
        connections.close_all()


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_cause_that_comes_back_while_its_case_is_resolved_opens_it(*, by_hand: bool) -> None:
    case = fail()
    event = CaseEvent.objects.get(case=case)
    subject: UUID = uuid7()
    CaseEvent.objects.filter(id=event.id).update(subject_id=subject)
    ways: dict[bool, Callable[[], object]] = {
        True: lambda: error_desk.resolve(desk(), case, reason="code list loaded"),
        False: lambda: error_desk.settle(subject, STORE.step),
    }
    # What a transaction sees of the others' activity stays as it first saw it.
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as looking:

        def waits() -> bool:
            name = [connection.settings_dict["NAME"]]
            return looking.execute(WAITING, name).fetchone() != (0,)

        with ThreadPoolExecutor(1) as other:
            with transaction.atomic():
                ways[by_hand]()
                comes = other.submit(again)
                eventually(waits, what="the failure waits for the case")
            comes.result(60)
    case = Case.objects.get(id=case.id)
    assert (case.state, case.open_count, case.event_count) == ("open", 1, 2)
    assert case.reopened_count == 1


def test_who_leads_events_back_and_one_that_is_led_do_not_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both hold the fingerprints of the two cases."""
    into, case = sorted((fail(), fail(at=WEB)), key=lambda each: each.fingerprint)
    route = routes.join(desk(), case, into)
    again = partial(fail, at=Place(case.edge, case.place))
    with monkeypatch.context() as patched:
        others = meanwhile.begun_after(patched, locks, "_ask", again)
        routes.undo(desk(), route)
    assert others[0].result(60) == case
    assert (numbers(into), numbers(case)) == ((1, 1, "open"), (2, 2, "open"))


Cases = list[Case]


def of_a_study() -> tuple[Cases, Job]:
    """What failed twice, for two reasons; of the case that was opened later first."""
    study = builders.study()
    return failed_twice(builders.dead_job(study, "registration", study.id))


def of_a_notice() -> tuple[Cases, Job]:
    """It has arrived by now."""
    study = builders.study()
    notice = builders.notice(study)
    AvailabilityNotice.objects.filter(id=notice.id).update(state="delivered")
    return failed_twice(builders.dead_job(study, "notice", notice.id))


def failed_twice(job: Job) -> tuple[Cases, Job]:
    cases = [builders.case(place="notice") for _ in range(2)]
    for case in reversed(cases):
        study = Study.objects.get(id=job.study_id)
        builders.event(case, study=study, subject_id=job.subject_id, job_id=job.id)
    return cases, job


def act_on(cases: Cases, kind: BatchKind) -> Batch | None:
    events = CaseEvent.objects.filter(case__in=cases)
    return batches.begin(desk(), events, kind, environment="production")


def retried(cases: Cases, job: Job) -> Callable[[], object]:
    return lambda: retries.retry_study(desk(), Study.objects.get(id=job.study_id))


def tried_again(cases: Cases, job: Job) -> Callable[[], object]:
    return lambda: queues.try_again(desk(), job)


def done_again_by_a_batch(cases: Cases, job: Job) -> Callable[[], object]:
    return lambda: act_on(cases, BatchKind.RETRY)


def undone(cases: Cases, job: Job) -> Callable[[], object]:
    batch = act_on(cases, BatchKind.IGNORE)
    return lambda: batch and batches.undo(desk(), batch)


@pytest.mark.parametrize(
    ("begin", "way"),
    [
        (of_a_study, retried),
        (of_a_study, tried_again),
        (of_a_study, undone),
        (of_a_notice, done_again_by_a_batch),
    ],
)
def test_who_acts_on_events_of_two_cases_and_who_settles_them_do_not_wait_for_each_other(
    begin: Callable[[], tuple[Cases, Job]], way: Callable[[Cases, Job], Callable[[], object]]
) -> None:
    cases, job = begin()
    act = way(cases, job)
    with transaction.atomic():
        case_work.hold(cases[0].id)
        other = meanwhile.begun(act)
        meanwhile.until_it_waits_or_ends(other)
        case_work.hold(cases[1].id)
    assert other.result(60)
