"""Bytes that are made here: few in memory, many in a file that nobody sees (NF-4)."""

import errno
from pathlib import Path
from typing import Any

import pytest

from archive import errors
from archive.objects import gathering, sameness
from archive.objects.gathering import gathered, reading
from archive.vault import digests
from tests.configuring import Configure
from tests.objects.samples import EXPLICIT

DATA = bytes(range(251)) * 7


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> Path:
    configure(DATA_DIR=str(tmp_path))
    (tmp_path / "vault").mkdir()
    monkeypatch.setattr(gathering, "FEW", 1_000)
    return tmp_path / "vault"


@pytest.mark.parametrize("size", [1, 250, 1_000, 5_000])
@pytest.mark.parametrize("length", [0, 1, 1_000, 1_001, len(DATA)])
def test_whatever_was_made_is_there_and_no_name_is_left(
    size: int, length: int, folder: Path
) -> None:
    pieces = (DATA[at : min(at + size, length)] for at in range(0, length, size))
    found = gathered(pieces)
    assert found == DATA[:length]
    assert isinstance(found, memoryview) is (length > 1_000)
    assert not list(folder.iterdir())


def test_a_disk_that_is_full_is_no_fault_of_the_object(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, piece: Any) -> int:
            raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(gathering.tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(errors.StorageFull):
        gathered([DATA])


def test_a_vault_that_is_gone_is_no_fault_of_the_object(folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(errors.StorageGone):
        gathered([DATA])


def resident() -> int:
    """Bytes of files among the pages of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    named = ("RssFile", "RssShmem")
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith(named))


def test_what_has_been_looked_at_is_no_part_of_the_process() -> None:
    data, other = (gathered([bytes(32 << 20)]) for _ in range(2))
    before = resident()
    digests.of(data, "sha256")
    assert sameness.same_content(data, EXPLICIT, other, EXPLICIT)
    assert len(reading(data).read()) == len(data)
    assert resident() - before < 16 << 20
    assert sum(data[::4096]) == 0
    assert resident() - before > 16 << 20  # it would have been seen


@pytest.mark.parametrize("data", [DATA, DATA[:900]])
def test_it_is_read_as_a_file_is(data: bytes) -> None:
    file = reading(memoryview(data))
    assert (file.read(3), file.tell()) == (data[:3], 3)
    assert (file.seek(-5, 2), file.read()) == (len(data) - 5, data[-5:])
    assert (file.seek(10), file.seek(5, 1), file.read(2)) == (10, 15, data[15:17])
    assert (file.seek(len(data) + 9), file.read(1)) == (len(data) + 9, b"")
