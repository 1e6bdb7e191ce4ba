"""A case is resolved while its cause comes back: nothing that stands open is in a resolved one."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg
import pytest
from django.db import connection, connections, transaction

from archive.models import Case, CaseEvent
from archive.services import error_desk
from archive.values import uuid7
from tests.journeys.system import eventually
from tests.services.test_batch_killed import WAITING
from tests.services.test_desk_cases import STORE, desk, fail

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
