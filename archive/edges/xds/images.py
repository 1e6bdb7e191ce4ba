"""Images of RAD-69 and RAD-75 on their way out. The envelope goes first and says what is in the
message, so objects are made ahead of it, as far as that is quick.

Of a study that broke an answer off before, what is not made ahead is gone through before the
envelope, however long that takes: else it would break off each time.
"""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial

from archive.edges.ahead import AHEAD, AHEAD_SECONDS, Begun
from archive.edges.edge import as_archive_error
from archive.objects.retrieving import Problem, Unmade
from archive.services import images_given, objects_out
from archive.services.asking import Asking
from archive.services.images_given import Chosen

Content = Callable[[], Iterable[bytes]]


class BrokenOff(Exception):
    """An object could not be made when its turn came."""

    def __init__(self, problem: Problem) -> None:
        super().__init__()
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Ready:
    """One object that can go, as far as is known."""

    chosen: Chosen
    content: Content


def ready(
    asking: Asking, chosen: Sequence[Chosen], opened: ExitStack
) -> tuple[list[Ready], list[Problem]]:
    """Those that can go, and why the others cannot."""
    making = _Making(asking, chosen, opened)
    found: list[Ready] = []
    problems: list[Problem] = []
    for each in chosen:
        try:
            found.append(Ready(each, making.content(each)))
        except Exception as raised:
            problems.append(_unmade(each, raised))
    return found, problems


class _Making:
    """How much is made ahead is of an answer, and not of an object."""

    def __init__(self, asking: Asking, chosen: Sequence[Chosen], opened: ExitStack) -> None:
        self._room, self._until = AHEAD, time.monotonic() + AHEAD_SECONDS
        self._opened = opened
        self._asking = asking
        self._studies = {each.study.study_instance_uid for each in chosen}
        self._doubtful: frozenset[str] | None = None

    def content(self, of: Chosen) -> Content:
        """Raises ArchiveError, and what else keeps the object from being made."""
        if self._room > 0 and time.monotonic() < self._until:
            return partial(iter, self._made(of))
        if of.study.study_instance_uid in self._those_doubtful():
            with closing(_file(of)) as file:
                next(file)  # there is nothing of it before it is known to be whole
        return partial(_sending, of)

    def _made(self, of: Chosen) -> Begun[bytes]:
        """All of it, or as much as there is room for."""
        file, first = _file(of), deque[bytes]()
        self._opened.callback(file.close)
        for piece in file:
            first.append(piece)
            self._room -= len(piece)
            if self._room <= 0:
                break
        return Begun(first, file)

    def _those_doubtful(self) -> frozenset[str]:
        if self._doubtful is None:
            self._doubtful = images_given.broke_off(self._asking, self._studies)
        return self._doubtful


def _file(of: Chosen) -> Generator[bytes, None, None]:
    return objects_out.file(of.held, of.transfer_syntax_uid)


def _sending(of: Chosen) -> Iterator[bytes]:
    """Raises BrokenOff."""
    try:
        yield from _file(of)
    except Exception as raised:
        raise BrokenOff(_unmade(of, raised)) from raised


def _unmade(of: Chosen, raised: Exception) -> Unmade:
    return Unmade(of.wanted, as_archive_error(raised))
