"""A destruction outlives the database that knew of it: by its record in the vault (AR-9, AR-10)."""

import pytest

from archive import vault
from archive.errors.retention import StudyDestroyed
from archive.models import (
    Case,
    DestructionItem,
    Document,
    Finding,
    Instance,
    LedgerEvent,
    Study,
)
from archive.services import destruction_work, rebuilding
from archive.services.repairs import Repair
from tests import cast, notes, retention
from tests.cast import dataset
from tests.services import test_integrity, test_reconciliation
from tests.services.test_destruction import approved, finish
from tests.services.test_rebuilding import nothing, wipe

pytestmark = pytest.mark.usefixtures("db", "own_vault")


@pytest.fixture(autouse=True)
def _nothing_is_for_ever(db: None) -> None:
    retention.nothing_is_for_ever()


def destroyed() -> Study:
    study = retention.ended()
    finish(approved(study))
    study.refresh_from_db()
    assert study.state == "destroyed"
    return study


def forgotten(study: Study) -> None:
    """The database is one from before the list was approved."""
    Study.objects.filter(id=study.id).update(state="registered")
    Document.objects.filter(study=study, kind="manifest").update(status="approved")
    DestructionItem.objects.update(state="listed", decided_at=None, sha256="")


def key_of(study: Study) -> str:
    return vault.study_record_key("production", "destroyed", study.study_instance_uid)


def objects() -> dict[str, bytes]:
    found = Instance.objects.values_list("sop_instance_uid", "digest")
    return {uid: bytes(digest) for uid, digest in found}


def test_the_record_says_what_went_by_which_list_and_nothing_of_the_patient() -> None:
    study = destroyed()
    record = vault.find_record(key_of(study))
    item = DestructionItem.objects.select_related("list", "rule").get()
    assert record is not None
    assert (record["list"], record["sha256"]) == (item.list.number, item.sha256)
    assert record["rule"] == item.rule.name_fi
    [series] = record["series"]
    assert {told[1]: bytes.fromhex(told[-1]) for told in series["objects"]} == objects()
    for secret in (cast.MATTI, "Meik", "19810101", "2001-03-04", study.accession_number):
        assert secret not in record.values() and secret not in str(series)


def test_in_a_new_index_a_destroyed_study_is_destroyed_and_refused() -> None:
    study, before = destroyed(), objects()
    DestructionItem.objects.all().delete()
    wipe()
    for _ in range(2):
        done = rebuilding.rebuild(nothing)
    made = Study.objects.select_related("patient").get()
    assert (made.state, made.study_instance_uid) == ("destroyed", study.study_instance_uid)
    assert (objects(), made.patient.identifier, done.decisions) == (before, "", 0)
    again = dataset(
        StudyInstanceUID=study.study_instance_uid,
        SeriesInstanceUID=f"{study.study_instance_uid}.1",
    )
    with pytest.raises(StudyDestroyed):
        cast.store(again)


def test_killed_after_the_record_a_new_index_still_finishes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = retention.ended()
    made = approved(study)

    with retention.killed_in_removal(monkeypatch):
        destruction_work.carry_out(made.id)
    DestructionItem.objects.all().delete()
    wipe()
    rebuilding.rebuild(nothing)
    assert Study.objects.get().state == "destroyed"
    assert not list(vault.every_object("production"))


def test_verification_of_an_earlier_database_asks_nobody_for_what_was_destroyed() -> None:
    notes.allow(metadata=True)
    study = destroyed()
    forgotten(study)
    test_integrity.go_round()
    study.refresh_from_db()
    assert study.state == "destroyed"
    assert not Instance.objects.exclude(damaged_at=None).exists()
    assert not Case.objects.filter(reason="bytes-damaged").exists()
    told = LedgerEvent.objects.get(kind="destruction.restored")
    item = DestructionItem.objects.get()
    assert (told.study_id, told.facts["objects"]) == (study.id, 2)
    assert (item.state, item.sha256) == ("destroyed", told.facts["sha256"])
    assert not Document.objects.filter(study=study, kind="manifest", status="approved").exists()


def test_reconciliation_of_an_earlier_database_tells_of_it_and_repair_restores_it() -> None:
    study = destroyed()
    forgotten(study)
    assert test_reconciliation.go_round() == {"destroyed-yet-live": str(study.id)}
    assert test_reconciliation.mend("destroyed-yet-live") is Repair.DESTROYED
    study.refresh_from_db()
    assert study.state == "destroyed"
    assert test_reconciliation.go_round() == {}
    assert Finding.objects.get().settled_at is not None
