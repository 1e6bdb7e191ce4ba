"""A batch that ignores is undone, or its worker killed, between two of its events (SD-3)."""

from functools import partial

import pytest

from archive.models import Batch, BatchItem, BatchKind, CaseEvent, EventOutcome
from archive.services import batches, error_desk
from tests import meanwhile
from tests.services.test_batches import begin, states, undelivered
from tests.services.test_desk_cases import desk

pytestmark = pytest.mark.usefixtures("fresh_database")
COUNT = batches.AT_ONCE + 3


class Killed(BaseException):
    """As a signal ends a process: nothing catches it."""


def standing() -> int:
    return CaseEvent.objects.filter(outcome=EventOutcome.OPEN).count()


def ignoring() -> Batch:
    """The request has begun the first of its events; its job does the rest."""
    return begin(undelivered(COUNT), BatchKind.IGNORE, reason="the listener is gone for good")


def undo(batch: Batch) -> None:
    fresh = Batch.objects.get(id=batch.id)
    batches.pause(desk(), fresh)
    batches.undo(desk(), fresh)


def test_what_a_batch_ignores_after_it_was_undone_is_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = ignoring()
    with monkeypatch.context() as patched:
        meanwhile.once_before(patched, batches, "_start", partial(undo, batch))
        batches.advance(batch.id)
    assert standing() == COUNT
    batches.advance(batch.id)
    assert (standing(), states(batch).count("cancelled")) == (COUNT, COUNT - batches.AT_ONCE)


def test_an_event_ignored_by_a_worker_that_was_killed_stands_open_again_when_it_is_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = ignoring()

    def die(*given: object) -> None:
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(batches, "_end", die)
        batches.advance(batch.id)
    assert batches.advance(batch.id) is None
    assert not BatchItem.objects.filter(batch=batch).exclude(state="done").exists()
    batches.undo(desk(), batch)
    assert standing() == COUNT


def test_two_workers_at_one_batch_count_each_event_as_what_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when the first one's lease has run out while it was stopped."""
    batch = ignoring()
    with monkeypatch.context() as patched:
        act = partial(batches.advance, batch.id)
        meanwhile.once_before(patched, batches, "_start", act)
        batches.advance(batch.id)
    assert set(states(batch)) == {"done"}
    batches.undo(desk(), Batch.objects.get(id=batch.id))
    assert standing() == COUNT


def test_who_ignores_an_event_while_its_case_is_resolved_is_not_thrown_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both hold the case first: else each would wait for what the other has."""
    case = undelivered(2)
    event = case.events.order_by("at").first()
    assert event is not None
    others = []

    def resolve() -> None:
        other = meanwhile.begun(partial(error_desk.resolve, desk(), case, reason="done"))
        others.append(other)
        meanwhile.until_it_waits_or_ends(other)

    with monkeypatch.context() as patched:
        held = error_desk._count_down

        def wait_first(*given: object) -> None:
            resolve()
            held(*given)  # type: ignore[arg-type]

        patched.setattr(error_desk, "_count_down", wait_first)
        error_desk.ignore(event.id, "nothing to be done")
    others[0].result(60)
    case.refresh_from_db()
    assert (case.state, case.open_count) == ("resolved", 0)
