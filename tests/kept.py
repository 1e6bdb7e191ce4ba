"""Worlds that all tests of a module begin with, built once: each test is a savepoint in them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

T = TypeVar("T")


class Kept:
    """Builds in a transaction around those of the tests, while the database is theirs alone."""

    def __init__(self, blocker: DjangoDbBlocker) -> None:
        self.blocker = blocker

    def __call__(self, make: Callable[[], T]) -> T:
        with self.blocker.unblock():
            return make()


@contextmanager
def keeping(blocker: DjangoDbBlocker) -> Iterator[Kept]:
    """Nothing within may close the connection. What was built is undone at the end."""
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # what is durable may begin in it
    with blocker.unblock():
        around.__enter__()
    yield Kept(blocker)
    with blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)
