"""When what landed is given files: not while somebody waits for the disk, and not never (NF-4)."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from time import time

import pytest

from archive.errors import StorageGone
from archive.objects.part10 import PREFIX_LENGTH
from archive.stores.files import FileStore
from archive.stores.landing import AT_ONCE, LATE_SECONDS, SMALL
from archive.stores.segments import BLOCK, CAPACITY, span
from tests.stores.test_landing import give, put, read, root, segments, store

__all__ = ["root", "store"]  # fixtures

PER_SEGMENT = (CAPACITY - BLOCK) // span(SMALL)
pytestmark = pytest.mark.usefixtures("own_vault")


def fill(store: FileStore, count: int, first: int = 0) -> list[str]:
    return [put(store, number, SMALL - PREFIX_LENGTH) for number in range(first, first + count)]


def given(store: FileStore, keys: list[str]) -> int:
    return sum(store.path(key).exists() for key in keys)


def test_who_sends_is_not_waited_for(root: Path, store: FileStore) -> None:
    """Not when segments are full either: files made at once cost less than both."""
    fill(store, PER_SEGMENT + 1)
    assert len(segments(root)) == 2
    assert give(store, quiet_seconds=60) == 0
    assert give(store) == PER_SEGMENT + 1


def test_what_is_late_has_its_turn_segment_by_segment_while_others_come(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = fill(store, PER_SEGMENT + 3)
    later = time() + LATE_SECONDS + 1
    monkeypatch.setattr("archive.stores.landing.time", lambda: later)
    assert give(store, quiet_seconds=2 * LATE_SECONDS) == PER_SEGMENT
    assert give(store, quiet_seconds=2 * LATE_SECONDS) == 3
    assert given(store, keys) == len(keys)


def test_one_that_cannot_be_read_takes_the_turn_of_no_other(
    root: Path, store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, pread = fill(store, PER_SEGMENT + 3), os.pread
    first = read(store, keys[0])

    def broken(file: int, length: int, place: int) -> bytes:
        if first == (content := pread(file, length, place)):
            raise OSError(errno.EIO, "Input/output error")
        return content

    later = time() + LATE_SECONDS + 1
    monkeypatch.setattr("archive.stores.landing.time", lambda: later)
    monkeypatch.setattr(os, "pread", broken)
    with pytest.raises((OSError, StorageGone)):
        give(store, quiet_seconds=2 * LATE_SECONDS)
    assert given(store, keys) == len(keys) - 1


def test_what_came_before_the_clock_was_set_back_is_late(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = fill(store, 3)
    earlier = time() - 3600
    monkeypatch.setattr("archive.stores.landing.time", lambda: earlier)
    put(store, 10, SMALL)
    os.utime(store.root / "production/incoming", (earlier - 1, earlier - 1))  # others come
    assert give(store, quiet_seconds=3660) == given(store, keys) == 3


def test_nobody_waits_when_larger_objects_come(root: Path, store: FileStore) -> None:
    key = put(store, 1)
    os.utime(segments(root)[0], (0, 0))
    put(store, 2, SMALL)
    assert give(store, quiet_seconds=60) == 0
    os.utime(root / "production/incoming", (0, 0))
    assert give(store, quiet_seconds=60) == 1 and store.path(key).exists()


def sending(store: FileStore, named: list[str]) -> Callable[[str, bytes], str]:
    """Somebody who sends while the first of them are named: a sync for each, so that it takes
    longer than a clock's tick.
    """

    def name(key: str, _: bytes) -> str:
        if len(named) < AT_ONCE:
            put(store, 10_000 + len(named))
        named.append(key)
        return key

    return name


def test_who_begins_to_send_while_files_are_given_is_not_waited_for(store: FileStore) -> None:
    keys = [put(store, number) for number in range(3 * AT_ONCE)]
    assert store.give_files("production", sending(store, []), 0) == AT_ONCE
    assert given(store, keys) == AT_ONCE


def test_what_has_its_file_is_not_given_it_again_in_the_next_turn(store: FileStore) -> None:
    keys = [put(store, number) for number in range(3 * AT_ONCE)]
    named: list[str] = []
    while given(store, keys) < len(keys):
        store.give_files("production", sending(store, named), 0)
    assert len(named) == len(set(named))
    give(store)
    assert store.landed("production") == 0


def test_a_segment_made_anew_is_given_from_its_beginning(root: Path, store: FileStore) -> None:
    """Somebody restored it, or removed it: what a worker knows of it is of another."""
    for number in range(3 * AT_ONCE):
        put(store, number)
    store.give_files("production", sending(store, []), 0)
    for path in segments(root):
        path.unlink()
    other = FileStore(root)
    keys = [put(other, number) for number in range(20_000, 20_000 + AT_ONCE)]
    give(store)
    assert given(store, keys) == len(keys)


def test_what_lost_its_file_after_it_was_given_is_given_it_again(store: FileStore) -> None:
    """Somebody brought back the files of before, but not the segment."""
    keys = [put(store, number) for number in range(3 * AT_ONCE)]
    store.give_files("production", sending(store, []), 0)
    store.path(keys[1]).unlink()
    give(store)
    assert given(store, keys) == len(keys)
