"""What another process does in the middle of something: in a thread with connections of its own."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg
import pytest
from django.db import connection, connections, transaction

from tests.journeys.system import eventually

Answer = TypeVar("Answer")
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"


def elsewhere(act: Callable[[], Answer]) -> Answer:
    """Done and committed on return."""
    return begun(act).result(60)


def _with_own_connections(act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    finally:
        connections.close_all()


def once_before(
    patch: pytest.MonkeyPatch, where: object, name: str, act: Callable[[], object]
) -> None:
    """Another does this right before the function is called the first time."""
    held, left = getattr(where, name), [act]

    def run(*given: Any, **named: Any) -> Any:
        if left:
            elsewhere(left.pop())
        return held(*given, **named)

    patch.setattr(where, name, run)


def once_after(
    patch: pytest.MonkeyPatch, where: object, name: str, act: Callable[[], object]
) -> None:
    """Another does this when the function has answered the first time."""
    held, left = getattr(where, name), [act]

    def run(*given: Any, **named: Any) -> Any:
        answer = held(*given, **named)
        if left:
            elsewhere(left.pop())
        return answer

    patch.setattr(where, name, run)


def broken_off(
    act: Callable[[], Answer], hold: Callable[[], object], ask: Callable[[], object]
) -> Answer:
    """What becomes of another's act that comes to wait for what we hold, and then we ask for what
    it holds: it has waited longer, so the database breaks it off.
    """
    with transaction.atomic():
        hold()
        other = begun(act)
        until_it_waits_or_ends(other)
        ask()
        transaction.set_rollback(True)
    return other.result(60)


def begun_before(
    patch: pytest.MonkeyPatch, where: object, name: str, act: Callable[[], Answer]
) -> list[Future[Answer]]:
    """Another begins this right before the function is called the first time, and waits for a lock
    of ours by then, or has ended: the one that is under way.
    """
    return _begun_beside(patch, where, name, act, after=False)


def begun_after(
    patch: pytest.MonkeyPatch, where: object, name: str, act: Callable[[], Answer]
) -> list[Future[Answer]]:
    """The same when the function has answered the first time."""
    return _begun_beside(patch, where, name, act, after=True)


def _begun_beside(
    patch: pytest.MonkeyPatch, where: object, name: str, act: Callable[[], Answer], *, after: bool
) -> list[Future[Answer]]:
    held, left, others = getattr(where, name), [act], list[Future[Answer]]()

    def begin() -> None:
        if left:
            others.append(begun(left.pop()))
            until_it_waits_or_ends(others[0])

    def run(*given: Any, **named: Any) -> Any:
        if not after:
            begin()
        answer = held(*given, **named)
        if after:
            begin()
        return answer

    patch.setattr(where, name, run)
    return others


def begun(act: Callable[[], Answer]) -> Future[Answer]:
    """Under way in another thread; whoever asks for its result waits for it."""
    with_own = ThreadPoolExecutor(1)
    other = with_own.submit(_with_own_connections, act)
    with_own.shutdown(wait=False)
    return other


def until_it_waits_or_ends(other: Future[Any]) -> None:
    """It waits for a lock of ours, or has found nothing to wait for."""
    # What a transaction sees of the others' activity stays as it first saw it.
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as looking:
        name = [connection.settings_dict["NAME"]]
        eventually(
            lambda: other.done() or looking.execute(WAITING, name).fetchone() != (0,),
            what="the other waits for a lock, or ends",
        )
