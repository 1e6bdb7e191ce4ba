"""Holds outlive the database that knew of them (AR-9, AR-10)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from archive import vault
from archive.models import RetentionHold
from archive.services import rebuilding, retention_holds
from archive.values import HETU_ROOT, PatientIdentifier, today
from tests import cast, persons, retention
from tests.cast import MATTI, dataset
from tests.configuring import Configure
from tests.rebuilding import nothing, wipe
from tests.retention import approved, finish
from tests.services.test_integrity import go_round

pytestmark = pytest.mark.usefixtures("db", "own_vault")
Committing = Callable[..., Any]


def holds() -> set[tuple[Any, ...]]:
    columns = ("id", "study__study_instance_uid", "patient__identifier", "reason", "placed_by")
    ended = ("placed_at", "until", "released_at", "released_by", "release_reason")
    return set(RetentionHold.objects.values_list(*columns, *ended))


def kinds() -> list[str]:
    return [vault.read_record(key)["kind"] for key in vault.record_keys("production")]


def some_holds() -> None:
    study = cast.store(dataset())
    archivist, identifier = persons.staff(), PatientIdentifier.parse(MATTI, HETU_ROOT)
    later = today() + timedelta(days=30)
    retention_holds.hold_study(archivist, study, reason="a claim", until=later)
    retention_holds.hold_patient(
        archivist, identifier, environment="production", reason="research", until=None
    )
    ended = retention_holds.hold_study(archivist, study, reason="asked for", until=None)
    retention_holds.release(archivist, ended.id, reason="answered")


def test_a_new_index_holds_what_was_held(django_capture_on_commit_callbacks: Committing) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        some_holds()
    before = holds()
    assert kinds() == ["hold", "hold", "hold", "hold-released"]
    rebuilding.rebuild(nothing)
    assert holds() == before  # nothing is replayed that is known
    RetentionHold.objects.all().delete()
    wipe()
    rebuilding.rebuild(nothing)
    done = rebuilding.rebuild(nothing)
    assert (holds(), done.decisions, done.damaged_records) == (before, 0, 0)


def test_verification_writes_the_records_that_are_not_there() -> None:
    some_holds()  # before there were records, or killed before they were written
    assert kinds() == []
    go_round()
    go_round()
    assert kinds() == ["hold", "hold", "hold", "hold-released"]


def test_a_vault_without_room_keeps_nobody_from_holding(
    configure: Configure, django_capture_on_commit_callbacks: Committing
) -> None:
    study = cast.store(dataset())
    configure(FREE_BYTES_FLOOR=str(1 << 60))
    with django_capture_on_commit_callbacks(execute=True):
        retention_holds.hold_study(persons.staff(), study, reason="a claim", until=None)
    assert RetentionHold.objects.count() == 1 and kinds() == []


def test_of_a_destroyed_study_nothing_is_held_again(
    django_capture_on_commit_callbacks: Committing,
) -> None:
    retention.nothing_is_for_ever()
    study = retention.ended()
    with django_capture_on_commit_callbacks(execute=True):
        hold = retention_holds.hold_study(persons.staff(), study, reason="a claim", until=None)
        retention_holds.release(persons.staff(), hold.id, reason="settled")
    finish(approved(study))
    RetentionHold.objects.all().delete()
    rebuilding.rebuild(nothing)
    assert not RetentionHold.objects.exists()
