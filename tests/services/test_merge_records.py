"""Merges of patient ids outlive the database that knew of them (HL-1, AR-10)."""

from collections.abc import Callable
from typing import Any

import pytest

from archive import vault
from archive.errors.persons import MergeUnauthorised
from archive.models import Patient, PatientMerge
from archive.objects.persons import Merge, Person
from archive.services import identity, rebuilding
from archive.services.identity import Occasion
from tests import cast, persons
from tests.cast import MALLILA
from tests.configuring import Configure
from tests.persons import merge, official, temporary, undo
from tests.rebuilding import nothing, wipe
from tests.services.test_integrity import go_round

pytestmark = pytest.mark.usefixtures("db", "own_vault")
Committing = Callable[..., Any]


def links() -> set[tuple[Any, ...]]:
    columns = ("retired__identifier", "into__identifier", "made_at", "made_by", "reason")
    undone = ("undone_at", "undone_by", "undo_reason", "organisation_id")
    return set(PatientMerge.objects.values_list(*columns, *undone))


def persons_of() -> set[tuple[str, str | None]]:
    merged = Patient.objects.exclude(survivor=None)
    return set(merged.values_list("identifier", "survivor__identifier"))


def records() -> list[str]:
    return [vault.read_record(key)["kind"] for key in vault.record_keys("production")]


def some_merges() -> None:
    persons.study(temporary("A1-1"))
    merge(temporary("A1-1"), temporary("A1-2"))
    merge(temporary("A1-2"), official(), persons.staff())
    merge(temporary("A1-3"), official())
    undo(temporary("A1-3"))


def test_a_new_index_has_the_merges_and_what_was_undone(
    django_capture_on_commit_callbacks: Committing,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        some_merges()
    before, merged = links(), persons_of()
    assert merged == {("A1-1", cast.MATTI), ("A1-2", cast.MATTI)}
    assert records() == ["merge", "merge", "merge", "unmerge"]
    rebuilding.rebuild(nothing)
    assert (links(), persons_of()) == (before, merged)  # nothing is replayed that is known
    PatientMerge.objects.all().delete()
    Patient.objects.update(survivor=None)
    wipe()
    rebuilding.rebuild(nothing)
    done = rebuilding.rebuild(nothing)
    assert (links(), persons_of(), done.decisions) == (before, merged, 0)
    assert records() == ["merge", "merge", "merge", "unmerge"]


def test_of_what_was_taken_back_there_is_no_record(
    django_capture_on_commit_callbacks: Committing,
) -> None:
    good = Merge(temporary(), Person(official()))
    bad = Merge(temporary(business_id=MALLILA), Person(official()))
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(MergeUnauthorised):
        identity.merge(persons.sender(), [good, bad], Occasion("production"))
    assert records() == []


def test_a_vault_without_room_keeps_nobody_from_merging(
    configure: Configure, django_capture_on_commit_callbacks: Committing
) -> None:
    persons.study(temporary("A1-1"))
    configure(FREE_BYTES_FLOOR=str(1 << 60))
    with django_capture_on_commit_callbacks(execute=True):
        merge(temporary("A1-1"), temporary("A1-2"))
    assert PatientMerge.objects.count() == 1 and records() == []


def test_verification_writes_the_records_that_are_not_there() -> None:
    some_merges()  # before there were records, or killed before they were written
    assert records() == []
    go_round()
    assert records() == ["merge", "merge", "merge", "unmerge"]
