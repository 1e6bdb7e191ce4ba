"""The vault on a file system: a small object lands and has its own file soon, else at once."""

import heapq
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar, cast

from archive.stores.folders import (
    home_of,
    is_set_up,
    make_room,
    require_set_up,
    sync_folder,
    syncing_all,
    telling,
)
from archive.stores.keys import Looking, Naming, Standing, is_object, unseen, untold
from archive.stores.landing import FOLDER as LANDING
from archive.stores.landing import SMALL, Landed, Landing
from archive.stores.writing import (
    Coming,
    await_writer,
    begin_to_sync,
    end,
    is_at,
    name,
    require_free,
    settle,
    sync_data,
    temporary,
    write_all,
)

T = TypeVar("T")


class Room(NamedTuple):
    """What can still be written, on the one disk of these environments."""

    size: int
    environments: tuple[str, ...]
    device: int


LOOKED_SECONDS = 0.25  # what lands takes no room yet: the disk is not asked about for each


class FileStore:
    """Keys are paths below the root; what is coming in has a folder below their first part.

    A small object is read from where it landed until it has its file; where there is a file, that
    is the object.
    """

    name = "files"

    def __init__(self, root: Path) -> None:
        self.root = root
        self._root = str(root)
        self._landing = Landing(self._root)
        self._looked_at: dict[str, float] = {}  # folders of environments

    def path(self, key: str) -> Path:
        return self.root / key

    def has(self, key: str) -> bool:
        path = f"{self._root}/{key}"
        if os.path.exists(path):
            return True
        if not is_object(key):
            return False
        return self._landing.length(key) is not None or os.path.exists(path)  # given meanwhile

    def size(self, key: str) -> int:
        """Raises FileNotFoundError."""
        return self._either(key, lambda: self.path(key).stat().st_size, self._landing.length)

    def _either(self, key: str, of_file: Callable[[], T], landed: Callable[[str], T | None]) -> T:
        """Of its file, or of what landed, or of the file that it was given meanwhile."""
        try:
            return of_file()
        except FileNotFoundError:
            found = landed(key) if is_object(key) else None
            return of_file() if found is None else found

    def put(
        self,
        key: str,
        parts: Sequence[bytes | bytearray],
        spilled: Path | None,
        standing: Standing = untold,
    ) -> None:
        """Raises StorageFull, StorageGone."""
        if spilled is not None:
            opened = os.open(spilled, os.O_RDWR | os.O_CLOEXEC), str(spilled)
            self._put(self._coming(key, *opened), (), standing)
            return
        size = sum(len(part) for part in parts)
        if not self._lands(key, parts, size, standing):
            self._put(self._begun(key, size), parts, standing)

    def _lands(
        self, key: str, parts: Sequence[bytes | bytearray], size: int, standing: Standing
    ) -> bool:
        """Not where there is a file, which may be damaged: that is healed in one way."""
        if size > SMALL or not is_object(key) or os.path.exists(f"{self._root}/{key}"):
            return False
        home = home_of(self._root, key)
        if self._looked_at.get(home, 0.0) + LOOKED_SECONDS < time.monotonic():
            require_set_up(home)
            require_free(os.statvfs(home), size)
            self._looked_at[home] = time.monotonic()
        with telling():
            return self._landing.put(key, parts, size, standing)

    def _begun(self, key: str, size: int) -> Coming:
        """Raises StorageFull, StorageGone."""
        return self._coming(key, *temporary(self._root, key.partition("/")[0], size))

    def _coming(self, key: str, file: int, path: str) -> Coming:
        # Paths, and os.path, would cost more here than all the system calls.
        home, _, name = key.rpartition("/")
        return Coming(self._root, file, path, f"{self._root}/{home}", name)

    def _put(
        self, coming: Coming, parts: Sequence[bytes | bytearray], standing: Standing = untold
    ) -> None:
        """A file of its own. Raises StorageFull, StorageGone."""
        try:
            with telling():
                if parts:
                    write_all(coming.file, *parts)
                    begin_to_sync(coming.file)
                settle(coming, standing)
        finally:
            end(coming)

    def landed(self, environment: str) -> int:
        return len(self._landing.keys(f"{environment}/"))

    def each_landed(self, environment: str) -> Iterator[tuple[str, bytes]]:
        with telling():
            yield from self._landing.each(environment)

    def give_files(
        self, environment: str, key_for: Naming, quiet_seconds: float, before: Looking = unseen
    ) -> int:
        """Raises StorageFull, StorageGone."""
        if not is_set_up(home_of(self._root, environment)):
            return 0

        def give(landed: Landed) -> None:
            before(landed)
            self._give([(key_for(key, content), content) for key, content in landed])

        with telling():
            return self._landing.clear(environment, give, time.time() - quiet_seconds)

    def _give(self, landed: Landed) -> None:
        """Whole and durable before they have their names; all of them by one sync, which costs a
        quarter of one for each.
        """
        written: list[Coming] = []
        with syncing_all(home_of(self._root, landed[0][0])) as sync:
            try:
                for key, content in landed:
                    written.append(self._begun(key, len(content)))
                    write_all(written[-1].file, content)
                sync()
                for coming in written:
                    name(coming)
                sync()
            finally:
                for coming in written:
                    end(coming)

    def note(self, key: str, text: str) -> None:
        path = self.path(key)
        make_room(self._root, path.parent)
        path.write_text(text)

    def write_head(self, key: str, head: bytes) -> bool:
        """What landed has its file soon, and waits for it."""
        with telling():
            try:
                file = os.open(f"{self._root}/{key}", os.O_RDWR | os.O_CLOEXEC)
            except FileNotFoundError:
                return False
            try:
                os.pwrite(file, head, 0)
                sync_data(file)
            finally:
                os.close(file)
        return True

    def open(self, key: str, length: int | None = None) -> BinaryIO:
        """Raises FileNotFoundError."""

        def file() -> BinaryIO:
            # A Path, and a buffer in front of what is read whole, would each cost as much again.
            return cast(BinaryIO, open(f"{self._root}/{key}", "rb", buffering=0))

        def landed(key: str) -> BinaryIO | None:
            content = self._landing.read(key)
            return None if content is None else BytesIO(content)

        return self._either(key, file, landed)

    def sync(self, key: str) -> None:
        """Raises FileNotFoundError, StorageFull, StorageGone."""
        with telling():
            self._either(key, partial(self._sync, key), lambda key: self._landing.sync(key) or None)

    def _sync(self, key: str) -> bool:
        path = f"{self._root}/{key}"
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            await_writer(file)
            sync_data(file)
            if not is_at(file, path):
                raise FileNotFoundError(path)
        finally:
            os.close(file)
        sync_folder(os.path.dirname(path))
        return True

    def move(self, key: str, to: str) -> bool:
        if is_object(key):
            self._bring(key)
        target = self.path(to)
        make_room(self._root, target.parent)
        try:
            os.rename(self.path(key), target)
        except FileNotFoundError:
            return False
        sync_folder(target.parent)
        return True

    def _bring(self, key: str) -> None:
        """What landed under the key has its file, and stands nowhere else. Where there is a file it
        may be damaged: what is whole takes its place.
        """

        def give(content: bytes, is_whole: bool) -> None:
            if is_whole or not os.path.exists(f"{self._root}/{key}"):
                self._put(self._begun(key, len(content)), (content,))

        self._landing.bring(key, give)

    def remove(self, key: str) -> None:
        """Durable on return. Raises StorageGone: what is out of reach is not removed."""
        require_set_up(home_of(self._root, key))
        if is_object(key):
            with telling():
                self._landing.strike(key)
        path = self.path(key)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)

    def keys(self, prefix: str, after: str = "") -> Iterator[tuple[str, datetime]]:
        landed = [  # looked at first: what is given its file meanwhile is met twice, not never
            each for each in sorted(self._landing.keys(f"{prefix}/").items()) if each[0] > after
        ]
        before = ""
        for key, at in heapq.merge(self._keys(prefix, after), landed, key=itemgetter(0)):
            if key != before:
                yield key, at
            before = key

    def _keys(self, prefix: str, after: str) -> Iterator[tuple[str, datetime]]:
        folder = self.path(prefix)
        is_there = folder.is_dir()
        if "/" not in prefix or not is_there:
            require_set_up(home_of(self._root, prefix))
        if not is_there:
            return
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            key = f"{prefix}/{entry.name}"
            if key < after[: len(key)] or entry.name == LANDING:  # it, and all that is below it
                continue
            if entry.is_dir():
                yield from self._keys(key, after)
            elif key > after:
                with suppress(FileNotFoundError):  # removed a moment ago
                    yield key, datetime.fromtimestamp(entry.stat().st_mtime, UTC)

    def rooms(self, environments: Iterable[str]) -> list[Room]:
        """Raises StorageGone."""
        disks: dict[int, Room] = {}
        for each in environments:
            home = home_of(self._root, each)
            require_set_up(home)
            sharing = disks.get(device := os.stat(home).st_dev)
            others = sharing.environments if sharing else ()
            disks[device] = Room(shutil.disk_usage(home).free, (*others, each), device)
        return sorted(disks.values())
