"""Small objects that landed are given files, and what cannot be stands on the desk (NF-4, SD-1)."""

import errno
import os
from pathlib import Path

import pytest

from archive import vault
from archive.models import Case, CaseState
from archive.services import landed, serving
from tests import cast
from tests.cast import dataset
from tests.configuring import Configure
from tests.services.test_integrity import go_round, one, quarantined

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_vault")]


def harm(vault_folder: Path, sent: bytes) -> None:
    """The last byte of what landed."""
    for path in (vault_folder / "production/landing").iterdir():
        path.write_bytes(path.read_bytes().replace(sent, sent[:-1] + b"\xff"))


def test_what_finds_no_room_is_on_the_desk_until_it_does(configure: Configure) -> None:
    made = dataset()
    cast.store(made)
    configure(FREE_BYTES_FLOOR=str(1 << 60))
    assert landed.give_files(0) == 0
    case = Case.objects.get(place="landed")
    assert (case.reason, case.environment) == ("storage-full", "production")
    assert serving.served(one(made)).data() == cast.encoded(made)
    configure(FREE_BYTES_FLOOR="0")
    assert landed.give_files(0) == 1 and vault.without_files("production") == 0
    case.refresh_from_db()
    assert case.state != CaseState.OPEN
    assert serving.served(one(made)).data() == cast.encoded(made)


def test_what_is_not_as_its_digest_says_is_set_aside_and_missed(
    own_vault: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made, other = dataset(), dataset()
    cast.store(made, other)
    harm(own_vault, cast.encoded(made))
    assert landed.give_files(0) == 2
    assert len(quarantined(own_vault)) == 1 and "not as its digest says" in caplog.text
    assert str(made.PatientID) not in caplog.text
    assert go_round().found == 1 and one(made).damaged_at is not None
    assert serving.served(one(other)).data() == cast.encoded(other)
    cast.store(made)
    assert serving.served(one(made)).data() == cast.encoded(made)


def test_what_is_set_aside_is_so_once_where_another_cannot_be_read(
    own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its segment stays, and has its turn every five seconds."""
    made, other = dataset(), dataset()
    cast.store(made, other)
    harm(own_vault, cast.encoded(made))
    unreadable, pread = cast.encoded(other)[-200:], os.pread

    def broken(file: int, length: int, place: int) -> bytes:
        if unreadable in (content := pread(file, length, place)):
            raise OSError(errno.EIO, "Input/output error")
        return content

    monkeypatch.setattr(os, "pread", broken)
    for _ in range(3):
        landed.give_files(0)
    assert len(quarantined(own_vault)) == 1


def test_what_is_damaged_where_it_landed_is_so_without_room_for_a_file_too(
    own_vault: Path, configure: Configure
) -> None:
    made = dataset()
    cast.store(made)
    harm(own_vault, cast.encoded(made))
    configure(FREE_BYTES_FLOOR=str(1 << 60))
    assert go_round().found == 1 and one(made).damaged_at is not None


def test_nothing_is_given_while_somebody_sends(own_vault: Path) -> None:
    cast.store(dataset())
    assert landed.give_files() == 0 and vault.without_files("production") == 1
    for path in (own_vault / "production/landing").iterdir():
        os.utime(path, (0, 0))
    assert landed.give_files() == 1
