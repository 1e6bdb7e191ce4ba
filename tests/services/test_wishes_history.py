"""What was asked of a past moment is answered as it was then, whatever is said later (AC-5)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.actors import SYSTEM
from archive.errors import ArchiveError
from archive.models import WishSource
from archive.queries import standing
from archive.queries import wishes as queries
from archive.services import filing, wishes
from archive.services.wishes import Saying
from archive.values import now
from tests.cast import ESIMERKKILA, MALLILA
from tests.wishes import AINO, EVENT, wanted, whose

pytestmark = pytest.mark.django_db

STEPS = ("inform", "permit", "withdraw", "prohibit", "end", "mistaken informing")
PROHIBITIONS = (
    ("everything", "", {}),
    ("provider", ESIMERKKILA, {}),
    ("register", MALLILA, {"register_type": "4"}),
    ("service_event", "", {"service_event": EVENT}),
)
steps = st.tuples(
    st.sampled_from(STEPS),
    st.sampled_from((0, 1, 40, 500)),  # days ago
    st.booleans(),  # as a correction
    st.integers(0, len(PROHIBITIONS) - 1),
)


def say(step: str, days: int, correcting: bool, which: int) -> None:
    saying = Saying(
        WishSource.CORRECTION if correcting else WishSource.CITIZEN,
        effective_at=now() - timedelta(days=days) if days else None,
        reason="recorded wrongly" if correcting else "",
    )
    scope, provider, columns = PROHIBITIONS[which]
    person = filing.file_patient("production", whose().identifier).id
    at = now()
    acts: dict[str, Callable[[], Any]] = {
        "inform": lambda: wishes.inform(SYSTEM, whose(), saying, text_version=str(days)),
        "permit": lambda: wishes.permit(SYSTEM, whose(), saying, given=True),
        "withdraw": lambda: wishes.permit(SYSTEM, whose(), saying, given=False),
        "prohibit": lambda: wishes.prohibit(
            SYSTEM, whose(), saying, wanted(scope, provider, **columns)
        ),
        "end": lambda: [
            wishes.end_prohibition(SYSTEM, whose(), saying, known.id)
            for known in queries.prohibitions_of(person, at)[which : which + 1]
        ],
        "mistaken informing": lambda: [
            wishes.never_informed(SYSTEM, whose(), saying, row.id)
            for row in standing.informings(at).filter(person=person)[:1]
        ],
    }
    with suppress(ArchiveError):
        acts[step]()


def told(at: datetime) -> tuple[object, ...]:
    """All that is said of Aino as of a moment, by the decision's query and by the page's."""
    person = filing.file_patient("production", whose().identifier).id
    state = queries.state(person, at)
    return (
        standing.people([person], at)[person],
        state.informed and state.informed.id,
        state.is_permitted,
        tuple(row.id for row in state.prohibitions),
        tuple(line.row.id for line in queries.history(person, at)),
    )


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(steps, min_size=2, max_size=6))
def test_no_later_statement_changes_what_was_answered(
    said: list[tuple[str, int, bool, int]],
) -> None:
    with transaction.atomic():
        answers: dict[datetime, object] = {}
        for step in said:
            say(*step)
            at = now()
            for moment in (at, at - timedelta(days=20)):
                answers[moment] = told(moment)
            # Who decides and who shows read the same state.
            facts, informed, permitted, bans, _lines = told(at)
            assert (facts.informed, facts.permitted, len(facts.bans)) == (  # type: ignore[attr-defined]
                informed is not None,
                permitted,
                len(bans),  # type: ignore[arg-type]
            )
        for moment, answer in answers.items():
            assert told(moment) == answer, moment
        transaction.set_rollback(True)


def test_the_steps_are_not_all_refused() -> None:
    for step in ("inform", "permit", "prohibit"):
        say(step, 0, False, 0)
    facts, *_rest = told(now())
    assert facts == standing.PersonFacts(True, True, facts.bans)  # type: ignore[attr-defined]
    assert len(facts.bans) == 1  # type: ignore[attr-defined]
    assert AINO not in str(facts)
