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
from archive.models import BatchKind, Case, CaseEvent, Study
from archive.services import batches, case_work, error_desk, retries, routes
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


def two_cases_with_one_subject() -> tuple[list[Case], UUID]:
    """Of the later one first, as it was opened anew."""
    study = builders.study()
    earlier, later = builders.case(), builders.case()
    job = builders.dead_job(study, "registration", study.id)
    for case in (later, earlier):
        builders.event(case, study=study, subject_id=study.id, job_id=job.id)
    return [earlier, later], study.id


@pytest.mark.parametrize("undoes", [False, True])
def test_who_acts_on_events_of_two_cases_and_who_settles_them_do_not_wait_for_each_other(
    *, undoes: bool
) -> None:
    cases, study_id = two_cases_with_one_subject()
    earlier, later = cases
    batch = (
        batches.begin(
            desk(),
            CaseEvent.objects.filter(case__in=cases),
            BatchKind.IGNORE,
            environment="production",
        )
        if undoes
        else None
    )
    ways: dict[bool, Callable[[], object]] = {
        True: lambda: batch and batches.undo(desk(), batch),
        False: lambda: retries.retry_study(desk(), Study.objects.get(id=study_id)),
    }
    with transaction.atomic():
        case_work.hold(earlier.id)
        other = meanwhile.begun(ways[undoes])
        meanwhile.until_it_waits_or_ends(other)
        case_work.hold(later.id)
    assert other.result(60) == 2
