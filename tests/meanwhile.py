"""What another process does in the middle of something: in a thread with connections of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.db import connections

Answer = TypeVar("Answer")


def elsewhere(act: Callable[[], Answer]) -> Answer:
    """Done and committed on return."""

    def run() -> Answer:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other:
        return other.submit(run).result(60)


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
