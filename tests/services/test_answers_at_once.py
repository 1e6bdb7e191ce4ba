"""A customer answers in the moment in which its case is resolved: it is read (SD-3, SD-5)."""

import pytest
from django.db import transaction

from archive.actors import Actor, ActorKind
from archive.models import CaseState, Handling
from archive.services import case_work, error_desk
from tests import meanwhile
from tests.services.test_desk_cases import desk, fail

CUSTOMER = Actor(ActorKind.CUSTOMER, "Taru Tekninen")
pytestmark = pytest.mark.usefixtures("fresh_database")


def test_an_answer_that_comes_while_its_case_is_resolved_opens_it_again() -> None:
    case = fail()
    case_work.wait_for_customer(desk(), case, "Is the list loaded?")
    with transaction.atomic():
        error_desk.resolve(desk(), case, reason="no answer")
        other = meanwhile.begun(lambda: case_work.reply(CUSTOMER, case, "No, it is not."))
        meanwhile.until_it_waits_or_ends(other)
    other.result(60)
    case.refresh_from_db()
    assert (case.state, case.handling) == (CaseState.OPEN, Handling.ANSWERED)
