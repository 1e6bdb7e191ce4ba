"""Room for what comes: each disk of the vault is watched by itself (AR-10, NF-5)."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import vault
from archive.models import Case, Environment
from archive.queries import health, room
from archive.services import error_desk, storage
from archive.stores import folders
from archive.stores.folders import MARK
from tests.configuring import Configure
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.usefixtures("db", "own_vault")
MEMORY = Path("/dev/shm")  # another file system than that of the tests' folders


@pytest.fixture
def other_disk(own_vault: Path) -> Iterator[Path]:
    """The test environment's folder is on it."""
    if not MEMORY.is_dir() or MEMORY.stat().st_dev == own_vault.stat().st_dev:
        pytest.skip("there is one file system alone")
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        folder, home = Path(name), own_vault / "test"
        (home / MARK).unlink()
        home.rmdir()
        folders.set_up(folder)
        home.symlink_to(folder)
        yield folder


def test_free_space_is_told_of_before_objects_are_refused(configure: Configure) -> None:
    assert storage.watch()
    configure(FREE_BYTES_WARNING=str(1 << 60))
    assert not storage.watch() and not storage.watch()
    case = Case.objects.get(reason="storage-full")
    assert (case.code, case.event_count, case.place) == ("A700", 1, "storage")
    configure(FREE_BYTES_WARNING="0")
    assert storage.watch()
    case.refresh_from_db()
    assert case.state == "resolved"


def test_a_database_whose_disk_is_full_is_not_ready(
    configure: Configure, own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers, and beats go on, while nothing new can be written."""
    assert health.database_full() == "", "a server of another's"
    configure(DATABASE_DIR=str(own_vault))
    assert health.database_full() == "" and health.answering()["database"]
    monkeypatch.setattr(health, "SEGMENT", 1 << 60)
    assert health.database_full() == "its disk is full"
    assert not health.answering()["database"]


@pytest.mark.skipif(not MEMORY.is_dir(), reason="there is one file system alone")
def test_a_database_with_a_disk_of_its_own_is_watched(
    configure: Configure, own_vault: Path
) -> None:
    if MEMORY.stat().st_dev == own_vault.stat().st_dev:
        pytest.skip("there is one file system alone")
    configure(DATABASE_DIR=str(MEMORY), FREE_BYTES_WARNING=str(1 << 60), VAULT_STORE="files")
    assert not storage.watch() and not storage.watch()
    place = {"reason": "storage-full", "place": "database-room"}
    case = Case.objects.get(**place)
    assert (case.environment, case.event_count) == ("production", 1)
    content = signed_in("support").get("/integrity/").content.decode()
    assert "Free space, database" in content
    configure(DATABASE_DIR="")
    storage.watch()
    case.refresh_from_db()
    assert case.state == "open", "a worker of another machine does not know"
    configure(DATABASE_DIR=str(MEMORY), FREE_BYTES_WARNING="0")
    assert storage.watch()
    case.refresh_from_db()
    assert case.state == "resolved"


def test_a_database_on_the_vaults_disk_is_one_case_with_it(
    configure: Configure, own_vault: Path
) -> None:
    configure(DATABASE_DIR=str(own_vault.parent), FREE_BYTES_WARNING=str(1 << 60))
    assert not storage.watch()
    assert [case.place for case in Case.objects.all()] == ["storage"]
    content = signed_in("support").get("/integrity/").content.decode()
    assert "Free space, database" not in content


def test_a_database_elsewhere_is_not_guessed_at(configure: Configure, own_vault: Path) -> None:
    (own_vault.parent / "postgres").mkdir()  # of before
    configure(DATABASE_DIR=str(own_vault / "gone"), FREE_BYTES_WARNING="0")
    assert storage.watch() and room.of_database() is None
    assert set(room.free()) == {"production", "test"}


def free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def test_each_disk_of_the_vault_is_watched_by_itself(
    configure: Configure, own_vault: Path, other_disk: Path
) -> None:
    mine, other = free(own_vault), free(other_disk)
    fuller = "test" if other < mine else "production"
    assert next(room.environments for room in vault.rooms(Environment.values)) == (fuller,)
    between = str((mine + other) // 2)
    configure(FREE_BYTES_WARNING=between)
    assert not storage.watch()
    content = signed_in("support").get("/integrity/").content.decode()
    assert "Free space, production" in content and "Free space, test" in content
    case = Case.objects.get(reason="storage-full")
    assert (case.environment, case.event_count) == (fuller, 1)
    assert case.events.get().facts["environments"] == fuller
    shown = signed_in("support").get(f"/cases/{case.id}/").content.decode()
    assert "MiB" in shown and str(Environment(fuller).label) in shown
    configure(FREE_BYTES_WARNING="0", FREE_BYTES_FLOOR=between)
    assert vault.unwritable(Environment.values) == [fuller]
    assert health.vault_writable() == f"{fuller} cannot be written, or is full"
    assert storage.watch()
    case.refresh_from_db()
    assert case.state == "resolved"


def test_environments_on_one_disk_are_one_room(own_vault: Path) -> None:
    assert [room.environments for room in vault.rooms(Environment.values)] == [
        ("production", "test")
    ]
    content = signed_in("support").get("/integrity/").content.decode()
    assert "Free space<" in content and "Free space," not in content


def test_a_disk_that_is_gone_is_told_with_whose_it_is_and_hides_no_other(own_vault: Path) -> None:
    (own_vault / "test" / MARK).unlink()
    content = signed_in("support").get("/integrity/").content.decode()
    assert content.count("the vault does not answer") == 1
    assert "Free space, production" in content and "Free space, test" in content
    assert not storage.watch()
    case = Case.objects.get(reason="storage-gone")
    assert (case.environment, case.events.get().facts) == ("test", {"environments": "test"})
    (own_vault / "production" / MARK).unlink()
    assert not storage.watch()
    other = Case.objects.get(reason="storage-gone", environment="production")
    assert other.events.get().facts == {"environments": "production"}
    case.refresh_from_db()
    assert (case.state, case.event_count) == ("open", 1), "it is still lost"
    folders.set_up(own_vault / "production")
    folders.set_up(own_vault / "test")
    assert storage.watch()
    assert set(Case.objects.values_list("state", flat=True)) == {"resolved"}


def test_a_vault_that_is_gone_as_a_whole_is_one_case(own_vault: Path) -> None:
    for folder in (own_vault, own_vault / "production", own_vault / "test"):
        (folder / MARK).unlink()
    assert not storage.watch()
    case = Case.objects.get()
    assert case.environment == "production"
    assert case.events.get().facts == {"environments": "production,test"}


def test_a_disk_that_is_back_and_nearly_full_is_lost_no_more(
    configure: Configure, own_vault: Path
) -> None:
    (own_vault / "production" / MARK).unlink()
    assert not storage.watch()
    folders.set_up(own_vault / "production")
    configure(FREE_BYTES_WARNING=str(1 << 60))
    assert not storage.watch()
    states = dict(Case.objects.values_list("reason", "state"))
    assert states == {"storage-gone": "resolved", "storage-full": "open"}


def test_what_a_person_ignores_stays_aside_until_it_comes_anew(configure: Configure) -> None:
    configure(FREE_BYTES_WARNING=str(1 << 60))
    assert not storage.watch()
    case = Case.objects.get(reason="storage-full")
    error_desk.ignore(case.events.get().id, "a disk is ordered")
    assert not storage.watch()
    case.refresh_from_db()
    assert (case.state, case.event_count) == ("resolved", 1)
    configure(FREE_BYTES_WARNING="0")
    assert storage.watch()
    configure(FREE_BYTES_WARNING=str(1 << 60))
    assert not storage.watch()
    case.refresh_from_db()
    assert (case.state, case.event_count) == ("open", 2)
