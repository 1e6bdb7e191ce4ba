"""What is made of an answer before its status goes out: as much as is quick."""

from collections import deque
from collections.abc import Generator
from typing import Generic, TypeVar

Piece = TypeVar("Piece")

AHEAD, AHEAD_SECONDS = 16 << 20, 10.0  # bytes and time


class Begun(Generic[Piece]):
    """A body whose first pieces are there; closing it ends it, also when nobody has read it."""

    def __init__(self, first: deque[Piece], rest: Generator[Piece, None, None]) -> None:
        self._first = first
        self._rest = rest

    def __iter__(self) -> "Begun[Piece]":
        return self

    def __next__(self) -> Piece:
        return self._first.popleft() if self._first else next(self._rest)

    def close(self) -> None:
        self._rest.close()
