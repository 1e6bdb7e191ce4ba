"""A row is written while its bytes are being synced: whatever fails between them, a sender is told
success of what stands on the disk alone (NF-4, AR-10).
"""

import os
from pathlib import Path

import psycopg
import pytest
from pydicom.dataset import Dataset

from archive import vault
from archive.errors import StorageFull
from archive.models import Case, Instance, LedgerEvent
from archive.services import serving, unsettled
from archive.services.sessions import Session
from archive.stores import files
from tests import cast
from tests.cast import dataset, send
from tests.edges.dicom.listening import eventually
from tests.services.test_integrity import flip, one, quarantined

pytestmark = pytest.mark.usefixtures("fresh_database", "own_vault")


@pytest.fixture
def session() -> Session:
    """Of an association that has brought two objects: study and series are known, the statement is
    prepared.
    """
    opened = Session(cast.peer())
    send(opened, dataset())
    send(opened, dataset())
    return opened


def tear(made: Dataset) -> None:
    """As a power cut leaves it that comes before its sync."""
    path = vault.path_of("production", bytes(one(made).digest))
    os.truncate(path, path.stat().st_size // 2)


def is_committed(made: Dataset) -> bool:
    """Seen from elsewhere: our own connection waits for its answer."""
    asked = "SELECT EXISTS (SELECT FROM archive_instance WHERE sop_instance_uid = %s)"
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        return other.execute(asked, [str(made.SOPInstanceUID)]).fetchone() == (True,)


def case() -> Case:
    return Case.objects.get(reason="bytes-damaged")


def test_the_row_is_written_while_the_bytes_are_synced(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, synced = dataset(), list[int]()

    def sync(file: int) -> None:
        eventually(lambda: is_committed(made))
        os.fdatasync(file)
        synced.append(file)

    monkeypatch.setattr(files, "_sync_data", sync)
    send(session, made)
    assert synced


def test_bytes_that_fail_after_their_row_are_refused_and_wanted_again(
    session: Session, monkeypatch: pytest.MonkeyPatch, own_vault: Path
) -> None:
    made = dataset()

    def fail(file: int) -> None:
        raise StorageFull("no space left on the vault")

    with monkeypatch.context() as broken:
        broken.setattr(files, "_sync_data", fail)
        with pytest.raises(StorageFull):
            send(session, made)
    assert one(made).damaged_at is not None
    assert not vault.where("production", bytes(one(made).digest)) and not quarantined(own_vault)
    assert case().state == "open"
    send(session, made)
    assert serving.served(one(made)).data() == cast.encoded(made)
    assert case().state == "resolved"


def test_the_same_object_again_is_success_only_when_its_bytes_are_there(session: Session) -> None:
    made = dataset()
    send(session, made)
    tear(made)
    send(Session(cast.peer()), made)
    assert serving.served(one(made)).data() == cast.encoded(made)
    assert LedgerEvent.objects.get(kind="object.restored").subject_id == one(made).id
    vault.path_of("production", bytes(one(made).digest)).unlink()
    send(Session(cast.peer()), made)
    assert serving.served(one(made)).data() == cast.encoded(made)


def test_what_a_power_cut_left_of_the_last_objects_is_found_at_the_next_start(
    session: Session, own_vault: Path
) -> None:
    earlier, last, other = dataset(), dataset(), dataset()
    for made in (earlier, last):
        send(session, made)
    send(Session(cast.peer()), other)
    flip(bytes(one(earlier).digest))
    assert unsettled.look() == 2 and not Case.objects.exists(), "whole, or answered long before"
    tear(last)
    vault.path_of("production", bytes(one(other).digest)).unlink()
    assert unsettled.look() == 2
    damaged = Instance.objects.exclude(damaged_at=None)
    assert set(damaged) == {one(last), one(other)}
    [aside] = quarantined(own_vault)
    assert aside.startswith(bytes(one(last).digest).hex()), "of the other there was nothing"
    assert (unsettled.look(), case().event_count) == (2, 2)


def test_an_empty_archive_has_nothing_to_look_at() -> None:
    assert unsettled.look() == 0
