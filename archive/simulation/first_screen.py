"""What `./run` sends once, so that a newcomer's first screen is alive: good and bad, from all."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from queue import Empty, SimpleQueue

from archive.simulation.listener import PortTaken, Received, listening
from archive.simulation.scenes import AFTER, NONE, Outcome, Plan, Run, play
from archive.simulation.world import TEST, World
from archive.values import now

NOTICES_AWAITED = 60.0  # seconds in all, after the last study was sent


def show(
    run: Run, say: Callable[[Outcome], None], *, patience: float = NOTICES_AWAITED
) -> list[Outcome]:
    """Send everything; the first customer listens until its notices have come, the rest never."""
    world, first = run.world, run.world.customers[0]
    notices: SimpleQueue[Received] = SimpleQueue()
    outcomes = []
    with ExitStack() as stack:
        listens = _listens(stack, world, notices)
        for plan in plans(world):
            outcomes.append(play(run, plan))
            say(outcomes[-1])
        if listens:
            titles = (first.aet, first.test_aet)
            theirs = [outcome for outcome in outcomes if outcome.customer in titles]
            _await_notices(theirs, notices, now().timestamp() + patience)
    return outcomes


def plans(world: World) -> Iterator[Plan]:
    """The demo customers in order: two public ones and a private one whose listener is down."""
    first, second, third = world.customers[:3]
    yield Plan(first, "ct")
    yield Plan(first, "cr")
    yield Plan(second, "cr")
    yield Plan(third, "mr")
    yield Plan(first, "ecg", documents=AFTER)
    yield Plan(first, "mr", documents=NONE)
    yield Plan(second, "us", wrong="bad-patient-id")
    yield Plan(first, "ct", wrong="unknown-code")
    yield Plan(third, "cr", wrong="same-uid-other-bytes")
    yield Plan(third, "us", wrong="no-accession")
    yield Plan(second, "ct", wrong="broken-off-transfer")
    yield Plan(third, "cr", wrong="unknown-ae")
    yield Plan(first, "pdf", documents=AFTER)
    yield Plan(second, "us")
    yield Plan(first, "cr", environment=TEST)


def _listens(stack: ExitStack, world: World, notices: "SimpleQueue[Received]") -> bool:
    """Whether the first customer's listener is ours; else a `simulate --listen` has the port."""
    try:
        stack.enter_context(listening(world.customers[:1], notices.put))
    except PortTaken:
        return False
    return True


def _await_notices(
    outcomes: Sequence[Outcome], notices: "SimpleQueue[Received]", deadline: float
) -> None:
    """Until every study that can be registered has its notice, or patience ends."""
    awaited = {o.study_uid: o for o in outcomes if not o.wrong and o.documents}
    while awaited and (left := deadline - now().timestamp()) > 0:
        try:
            awaited.pop(notices.get(timeout=left).study_uid, None)
        except Empty:
            break
    for outcome in awaited.values():
        outcome.comments.append("no notice came")
        outcome.as_meant = False
