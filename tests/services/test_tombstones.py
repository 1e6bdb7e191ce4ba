"""A destruction outlives the database that knew of it: by its record in the vault (AR-9, AR-10)."""

import json
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat

from archive import vault
from archive.errors.retention import StudyDestroyed
from archive.models import (
    Case,
    DestructionItem,
    DestructionList,
    Document,
    Finding,
    Instance,
    LedgerEvent,
    Series,
    Study,
    User,
)
from archive.services import (
    decisions,
    destruction_records,
    destruction_work,
    rebuilding,
    repairs,
)
from archive.services.indexing import Indexed
from archive.services.repairs import Repair
from archive.values import uuid7
from tests import cast, notes, persons, retention
from tests.cast import dataset
from tests.rebuilding import nothing, wipe
from tests.retention import approved, finish
from tests.services import test_integrity, test_reconciliation

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


def test_a_series_that_another_study_has_taken_since_stays_its_own() -> None:
    study, before = destroyed(), objects()
    uid = Series.objects.get(study=study).series_instance_uid
    DestructionItem.objects.all().delete()
    wipe()
    taken = cast.store(dataset(StudyInstanceUID="1.2.246.10.90000099", SeriesInstanceUID=uid))
    rebuilding.rebuild(nothing)
    connection.check_constraints()
    again = Study.objects.get(study_instance_uid=study.study_instance_uid)
    assert again.state == "destroyed"
    assert Series.objects.get(series_instance_uid=uid).study_id == taken.id
    assert not before.keys() & objects().keys()


def told_of_lists() -> list[tuple[object, ...]]:
    columns = ("number", "state", "reason", "made_by", "made_at", "approved_by", "approved_at",
               "ended_at", "certificate", "sha256")  # fmt: skip
    return list(DestructionList.objects.values_list("id", *columns))


def told_of_items() -> list[tuple[object, ...]]:
    columns = ("list", "state", "rule", "basis", "basis_on", "ends_on", "study_instance_uid",
               "controller_oid", "instances", "bytes", "sha256", "decided_at")  # fmt: skip
    return list(DestructionItem.objects.values_list(*columns))


@pytest.mark.parametrize("first", ["certificate", "destroyed"])
def test_a_new_index_has_the_certificate_and_the_days_again(first: str) -> None:
    study = destroyed()
    lists, items = told_of_lists(), told_of_items()
    days = (study.study_date, study.received_at, study.committed_at, study.registered_at)
    assert all(days[:2])
    DestructionItem.objects.all().delete()
    DestructionList.objects.all().delete()
    wipe()
    keys = sorted(vault.record_keys("production"), key=lambda key: f"/{first}/" not in key)
    records = [vault.read_record(key) for key in keys]
    assert records[0]["kind"] == first
    assert any([decisions.replay("production", each) for each in records])
    assert not any([decisions.replay("production", each) for each in records])
    made = Study.objects.get()
    assert (made.study_date, made.received_at, made.committed_at, made.registered_at) == days
    assert (told_of_lists(), told_of_items()) == (lists, items)
    assert rebuilding.rebuild(nothing).decisions == 0


def test_who_proposed_and_is_not_here_any_more_is_one_who_is_shut_out() -> None:
    destroyed()
    DestructionItem.objects.all().delete()
    DestructionList.objects.all().delete()
    wipe()
    User.objects.update(username=Concat(Value("now-"), F("username")))
    rebuilding.rebuild(nothing)
    made = DestructionList.objects.select_related("made_by").get()
    assert not made.made_by.is_active and not made.made_by.has_usable_password()
    assert not made.made_by.memberships.exists()
    assert json.loads(made.certificate)["proposed_by"] == made.made_by.username


def test_a_certificate_that_was_changed_or_whose_number_is_taken_makes_no_list() -> None:
    destroyed()
    held = DestructionList.objects.get()
    [record] = [each for key in vault.record_keys("production")
                if (each := vault.read_record(key))["kind"] == "certificate"]  # fmt: skip
    assert not destruction_records.replay("production", {**record, "list": str(uuid7())})
    changed = {**record, "certificate": record["certificate"].replace("yearly", "weekly")}
    with pytest.raises(ValueError, match="digest"):
        destruction_records.replay("production", changed)
    assert told_of_lists()[0][0] == held.id and DestructionList.objects.count() == 1


def test_a_round_writes_the_certificate_that_the_vault_does_not_have(own_vault: Path) -> None:
    destroyed()
    [key] = [key for key in vault.record_keys("production") if "/certificate/" in key]
    before = vault.read_record(key)
    (own_vault / key).unlink()
    test_integrity.go_round()
    assert vault.read_record(key) == before


def test_a_record_of_before_is_read_without_the_days() -> None:
    study = destroyed()
    record = dict(vault.find_record(key_of(study)) or {})
    for name in ("study_date", "committed_at", "registered_at"):
        del record[name]
    DestructionItem.objects.all().delete()
    wipe()
    assert decisions.replay("production", record)
    made = Study.objects.get()
    assert (made.state, made.study_date, made.committed_at) == ("destroyed", "", None)


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
    done = test_integrity.go_round()
    assert (done.found, done.destroyed_again) == (0, 2)
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


def test_what_a_copy_brought_back_of_a_destroyed_study_is_found_and_goes(own_vault: Path) -> None:
    study = retention.ended()
    vault.give_files("production", quiet_seconds=0)
    copies = {path: path.read_bytes() for path in own_vault.glob("production/??/*.dcm")}
    assert len(copies) == 3, "two objects and their manifest"
    finish(approved(study))
    for path, content in copies.items():
        path.write_bytes(content)
    test_reconciliation.age(own_vault)
    assert "bytes-without-row" in test_reconciliation.go_round()
    for finding in Finding.objects.filter(kind="bytes-without-row", settled_at=None):
        assert repairs.repair(persons.staff(), finding) is Repair.DESTROYED
    assert list(vault.every_object("production")) == []
    for path, content in copies.items():
        path.write_bytes(content)
    assert rebuilding.rebuild(nothing).outcomes[Indexed.DESTROYED] == 3
    assert list(vault.every_object("production")) == []


def test_bytes_whose_row_was_never_written_are_not_made_an_object_of_a_destroyed_study(
    own_vault: Path,
) -> None:
    study = retention.ended()
    late = dataset(
        StudyInstanceUID=study.study_instance_uid,
        SeriesInstanceUID=f"{study.study_instance_uid}.1",
    )
    cast.store(late)
    Instance.objects.filter(sop_instance_uid=late.SOPInstanceUID).delete()  # killed before it
    Study.objects.filter(id=study.id).update(state="registered")
    finish(approved(study))
    test_reconciliation.age(own_vault)
    test_reconciliation.go_round()
    assert test_reconciliation.mend("bytes-without-row") is Repair.DESTROYED
    assert not Instance.objects.filter(sop_instance_uid=late.SOPInstanceUID).exists()
    assert list(vault.every_object("production")) == []
