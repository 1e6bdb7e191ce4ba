"""A rejection note that the vault has lost: its record hides again in a rebuilt index what it hid,
or it is told that nothing can (AR-7, AR-10).
"""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from archive import errors, vault
from archive.errors.corrections import RejectedBefore
from archive.models import Case, CaseEvent, Instance, Rejection
from archive.services import rebuilding
from tests import cast
from tests.cast import dataset
from tests.notes import SAFETY, note, send
from tests.rebuilding import nothing, rows, wipe
from tests.services.test_integrity import flip, go_round
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db", "own_vault")


def lose(path: Path) -> None:
    path.unlink()


def harm(path: Path) -> None:
    flip(bytes.fromhex(path.stem))


@pytest.mark.parametrize("do", [lose, harm])
def test_what_it_hid_stays_hidden_by_its_record(do: Callable[[Path], None]) -> None:
    bad, awaited = dataset(), dataset()
    cast.store(bad)
    hides = note(SAFETY, bad, awaited)
    send(hides)
    do(file_of("production", bytes(Rejection.objects.get().digest)))
    before = rows()["rejected"]
    wipe()
    rebuilding.rebuild(nothing)
    assert rows()["rejected"] == before
    assert Instance.objects.get().rejection == SAFETY
    go_round()
    assert Case.objects.get().reason == "bytes-damaged"
    send(hides)
    assert Case.objects.get().state == "resolved"
    with pytest.raises(RejectedBefore):
        cast.store(bad)
    cast.store(awaited)
    assert set(Instance.objects.values_list("rejection", flat=True)) == {SAFETY}


def of_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records did not say what a note names."""
    keep = vault.keep_record
    told = ("note", "business_id", "reason", "actor", "awaited")

    def kept(environment: str, kind: str, facts: dict[str, Any], **more: Any) -> Any:
        return keep(environment, kind, {name: facts[name] for name in told}, **more)

    monkeypatch.setattr(vault, "keep_record", kept)


@pytest.mark.parametrize("do", [lose, harm])
def test_it_is_on_the_desk_and_goes_when_it_has_come_again(
    do: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    of_before(monkeypatch)
    bad = dataset()
    cast.store(bad)
    hides = note(SAFETY, bad)
    send(hides)
    do(file_of("production", bytes(Rejection.objects.get().digest)))
    wipe()
    said = StringIO()
    call_command("rebuild_index", stdout=said)
    assert "1 rejection notes are missing or damaged" in said.getvalue()
    event = CaseEvent.objects.get(case__reason="bytes-damaged")
    assert event.case.organisation is not None and event.case.state == "open"
    send(hides)
    assert Instance.objects.get().rejection == SAFETY
    go_round()
    assert Case.objects.get(reason="bytes-damaged").state == "resolved"
    assert rebuilding.rebuild(nothing).lost_notes == 0


def test_a_store_that_is_away_ends_the_rebuilding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was rejected is shown because its note could not be read for a moment."""
    bad = dataset()
    cast.store(bad)
    send(note(SAFETY, bad))
    digest, read = bytes(Rejection.objects.get().digest), vault.read_meta
    wipe()

    def away(environment: str, of: bytes, store: str = "") -> object:
        if of == digest and Instance.objects.exists():
            raise errors.StorageGone()
        return read(environment, of, store)

    monkeypatch.setattr(vault, "read_meta", away)
    with pytest.raises(errors.StorageGone):
        rebuilding.rebuild(nothing)
    monkeypatch.undo()
    rebuilding.rebuild(nothing)
    assert Instance.objects.get().rejection == SAFETY
