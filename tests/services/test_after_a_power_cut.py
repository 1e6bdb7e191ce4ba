"""What a power cut left of the last objects is looked for at the next start, once (NF-4, AR-10)."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from archive import vault
from archive.models import Case, Instance
from archive.services import unsettled
from archive.services.sessions import Session
from archive.values import now
from tests import cast
from tests.cast import dataset, send
from tests.services.test_integrity import flip, one, quarantined
from tests.unsettling import case, failing_once, known_study, tear
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("fresh_database", "own_vault")


@pytest.fixture
def session() -> Session:
    return known_study()


def test_what_a_power_cut_left_of_the_last_objects_is_found_at_the_next_start(
    session: Session, own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier, last, other = dataset(), dataset(), dataset()
    for made in (earlier, last):
        send(session, made)
    send(Session(cast.peer()), other)
    cut = now() + timedelta(milliseconds=1)
    flip(bytes(one(earlier).digest))
    assert unsettled.look(cut) == (2, 0) and not Case.objects.exists(), "whole, or not the last"
    tear(last)
    file_of("production", bytes(one(other).digest)).unlink()
    assert unsettled.look(cut - timedelta(days=1)) == (0, 0) and not Case.objects.exists()
    with monkeypatch.context() as strange:
        strange.setattr(vault, "is_whole", failing_once(vault.is_whole))
        assert unsettled.look(cut) == (2, 1), "one that cannot be looked at does not hide the other"
    assert Instance.objects.exclude(damaged_at=None).count() == 1
    unsettled.look(cut)
    assert set(Instance.objects.exclude(damaged_at=None)) == {one(last), one(other)}
    [aside] = quarantined(own_vault)
    assert aside.startswith(bytes(one(last).digest).hex()), "of the other there was nothing"
    assert unsettled.look(cut) == (2, 0) and case().event_count == 2


def test_it_is_looked_for_once_after_the_machine_has_started(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = tmp_path / "boot_id"
    monkeypatch.setattr(unsettled, "BOOT", boot)
    boot.write_text("first")
    assert unsettled.look_after_boot() == (0, 0), "all came since"
    moment = now() + timedelta(minutes=1)
    monkeypatch.setattr(time, "clock_gettime", lambda clock: 0.0)
    monkeypatch.setattr(unsettled, "now", lambda: moment)
    assert unsettled.look_after_boot() == (0, 0), "looked already"
    boot.write_text("second")
    with monkeypatch.context() as strange:
        strange.setattr(vault, "is_whole", failing_once(vault.is_whole))
        assert unsettled.look_after_boot() == (1, 1)
    found = [unsettled.look_after_boot() for _ in range(2)]
    assert found == [(1, 0), (0, 0)], "until all could be looked at"


def test_what_was_left_is_looked_for_where_the_machine_lived_last_while_others_went_on(
    session: Session, own_vault: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = tmp_path / "boot_id"
    monkeypatch.setattr(unsettled, "BOOT", boot)
    boot.write_text("first")
    unsettled.look_after_boot()
    unsettled.live()
    ours = dataset()
    send(session, ours)
    tear(ours)
    later = now() + timedelta(minutes=40)
    with monkeypatch.context() as clock:
        clock.setattr(time, "time_ns", lambda: int(later.timestamp() * 1e9))
        theirs = dataset()  # of another machine, while this one has no power
        send(Session(cast.peer()), theirs)
    Instance.objects.filter(id=one(theirs).id).update(received_at=later)
    later += timedelta(seconds=1)
    boot.write_text("second")
    monkeypatch.setattr(time, "clock_gettime", lambda clock: 0.0)
    monkeypatch.setattr(unsettled, "now", lambda: later)
    assert unsettled.look_after_boot() == (1, 0)
    assert one(ours).damaged_at is not None
    unsettled.live()
    assert unsettled.look_after_boot() == (0, 0)
