"""When what landed is given files: not while somebody waits for the disk, and not never (NF-4)."""

import os
from pathlib import Path
from time import time

import pytest

from archive.objects.part10 import PREFIX_LENGTH
from archive.stores.files import FileStore
from archive.stores.landing import LATE_SECONDS, SMALL
from archive.stores.segments import BLOCK, CAPACITY, span
from tests.configuring import Configure
from tests.stores.test_landing import give, put, root, segments, store

__all__ = ["root", "store"]  # fixtures

PER_SEGMENT = (CAPACITY - BLOCK) // span(SMALL)
pytestmark = pytest.mark.usefixtures("own_vault")


def fill(store: FileStore, count: int, first: int = 0) -> list[str]:
    return [put(store, number, SMALL - PREFIX_LENGTH) for number in range(first, first + count)]


def given(store: FileStore, keys: list[str]) -> int:
    return sum(store.path(key).exists() for key in keys)


def test_who_sends_is_not_waited_for_and_a_full_segment_is_not_waited_with(
    root: Path, store: FileStore
) -> None:
    key = put(store, 1)
    assert give(store, quiet_seconds=60) == 0
    count = 2
    while len(segments(root)) == 1:
        put(store, count, SMALL - PREFIX_LENGTH)
        count += 1
    assert give(store, quiet_seconds=60) == count - 2, "all but the last, in the second segment"
    assert store.path(key).exists()


def test_full_ones_have_their_turn_one_by_one_until_room_gets_scarce(
    store: FileStore, configure: Configure
) -> None:
    configure(LANDING_SEGMENTS="6")
    fill(store, 3 * PER_SEGMENT + 9)
    assert give(store, quiet_seconds=60) == PER_SEGMENT
    assert give(store, quiet_seconds=60) == PER_SEGMENT
    fill(store, 4 * PER_SEGMENT, first=10_000)
    assert give(store, quiet_seconds=60) > 3 * PER_SEGMENT


def test_nobody_waits_when_larger_objects_come(root: Path, store: FileStore) -> None:
    key = put(store, 1)
    os.utime(segments(root)[0], (0, 0))
    put(store, 2, SMALL)
    assert give(store, quiet_seconds=60) == 0
    os.utime(root / "production/incoming", (0, 0))
    assert give(store, quiet_seconds=60) == 1 and store.path(key).exists()


def test_what_comes_now_and_then_has_its_file_within_a_minute(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = fill(store, 3)
    assert give(store, quiet_seconds=60) == 0
    later = time() + LATE_SECONDS + 1
    monkeypatch.setattr("archive.stores.landing.time", lambda: later)
    assert give(store, quiet_seconds=2 * LATE_SECONDS) == given(store, keys) == 3
