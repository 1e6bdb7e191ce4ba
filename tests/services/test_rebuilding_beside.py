"""The index made again while the archive works: whoever stores or registers goes on (AR-10)."""

from functools import partial
from types import ModuleType
from typing import Any

import pytest
from django.db import connection, transaction

from archive import locks
from archive.models import (
    DestructionItem,
    Instance,
    InstanceVersion,
    Rejection,
    Series,
    Study,
)
from archive.services import (
    corrections,
    indexing,
    later_files,
    publishing,
    rebuilding,
    registration,
    rejection_notes,
    tombstones,
)
from archive.values import uid_from_uuid
from tests import cast, meanwhile, notes, retention
from tests.cast import dataset
from tests.edges.dicom.listening import eventually
from tests.rebuilding import nothing, wipe
from tests.services.test_corrections import corrected, served
from tests.services.test_integrity import one
from tests.services.test_landed_forgotten import threads_of_its_own
from tests.services.test_registration import quiet, state
from tests.services.test_rejections import registered
from tests.services.test_tombstones import destroyed

MR = "1.2.840.10008.5.1.4.1.1.4"
pytestmark = pytest.mark.usefixtures("own_vault")
HERE = pytest.mark.usefixtures("db")


@HERE
def test_what_came_after_a_copy_of_the_database_is_registered_with_its_study() -> None:
    """The copy knows the study as registered, with what it had then."""
    first, later = dataset(), dataset()
    study = registered(first)
    known = Study.objects.filter(id=study.id).values().get()
    cast.store(later)
    Instance.objects.filter(sop_instance_uid=later.SOPInstanceUID).delete()
    Study.objects.filter(id=study.id).update(**known)
    rebuilding.rebuild(nothing)
    assert state(study) == "receiving"
    quiet(study)
    registration.advance(study.id)
    study.refresh_from_db()
    assert (study.state, study.instance_count) == ("registered", 2)
    assert publishing.is_up_to_date(study)


@pytest.mark.usefixtures("fresh_database")
@pytest.mark.parametrize(
    ("module", "step", "is_itself"),
    [
        pytest.param(indexing.vault, "is_whole", True, id="the object"),
        pytest.param(indexing.filing, "file_patient", False, id="another of its series"),
    ],
)
def test_a_sender_may_come_first(
    module: ModuleType, step: str, is_itself: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After rebuilding has looked whether it is there."""
    made = dataset()
    cast.store(made)
    wipe(persons=False)
    come, go_on = [made if is_itself else dataset()], getattr(module, step)

    def late(*args: Any, **named: Any) -> Any:
        while come:
            eventually(threads_of_its_own(partial(cast.store, come.pop())).done)
        return go_on(*args, **named)

    monkeypatch.setattr(module, step, late)
    rebuilding.rebuild(nothing)
    assert not come
    assert one(made).study == Study.objects.get() and Series.objects.count() == 1


@pytest.mark.usefixtures("fresh_database")
@pytest.mark.parametrize("rebuilds", [False, True])
def test_who_brings_a_new_series_waits_for_who_registers_and_neither_for_the_other(
    rebuilds: bool,
) -> None:
    """The study's row is written by both."""
    study = cast.store(dataset())
    made = dataset(SeriesInstanceUID=uid_from_uuid(), Modality="MR", SOPClassUID=MR)
    if rebuilds:
        cast.store(made)
        Instance.objects.filter(sop_instance_uid=made.SOPInstanceUID).delete()
        Series.objects.filter(series_instance_uid=made.SeriesInstanceUID).delete()
        Study.objects.filter(id=study.id).update(modalities=["CT"])
    with transaction.atomic():
        locks.hold(study.id)
        bringing = threads_of_its_own(
            lambda: rebuilding.rebuild(nothing) if rebuilds else cast.store(made)
        )
        eventually(lambda: somebody_waits() or bringing.done())
        Study.objects.filter(id=study.id).update(description="registered")
    eventually(bringing.done)
    assert bringing.result() and one(made).study_id == study.id
    study.refresh_from_db()
    assert (study.description, set(study.modalities)) == ("registered", {"CT", "MR"})


def somebody_waits() -> bool:
    """For a lock of a study."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return bool(cursor.fetchone()[0])


@pytest.mark.usefixtures("fresh_database")
def test_a_note_may_be_sent_again_in_the_moment_in_which_it_is_acted_upon_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = dataset()
    cast.store(made)
    told = notes.note(notes.QUALITY, made)
    notes.send(told)
    wipe(persons=False)
    again = partial(notes.send, told)
    others = meanwhile.begun_before(monkeypatch, rejection_notes, "replay", again)
    rebuilding.rebuild(nothing)
    others[0].result(60)
    assert Rejection.objects.count() == 1 and one(made).rejection == notes.QUALITY


@pytest.mark.usefixtures("fresh_database")
def test_a_destroyed_study_may_be_sent_again_in_the_moment_in_which_its_row_is_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    retention.nothing_is_for_ever()
    study = destroyed()
    DestructionItem.objects.all().delete()
    wipe(persons=False)
    uid = study.study_instance_uid
    again = partial(cast.store, dataset(StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.1"))
    meanwhile.once_before(monkeypatch, tombstones, "_made_again", again)
    rebuilding.rebuild(nothing)
    assert Study.objects.get().state == "destroyed"


@pytest.mark.usefixtures("fresh_database")
@pytest.mark.parametrize(
    ("module", "step"),
    [(later_files, "_after_first"), (later_files, "offer"), (corrections, "offer")],
)
def test_what_a_sender_corrects_meanwhile_stands_over_what_came_before_it(
    module: ModuleType, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the object's files are put in their order, and while they are gone through."""
    notes.allow(metadata=True)
    made = dataset()
    cast.store(made)
    cast.store(corrected(made, StudyDescription="AA1AD Pään TT, toinen"))
    wipe(persons=False)
    last = corrected(made, StudyDescription="AA1AD Pään TT, kolmas")

    def correct() -> None:
        corrections.settle(cast.store(last).id)

    def corrected_by_then() -> None:
        for each in others:
            each.result(60)

    meanwhile.once_before(monkeypatch, later_files, "offer", corrected_by_then)
    others = meanwhile.begun_before(monkeypatch, module, step, correct)
    rebuilding.rebuild(nothing)
    row = one(made)
    in_force = InstanceVersion.objects.get(instance=row, number=row.version)
    assert bytes(in_force.digest) == bytes(row.digest)
    assert row.study.description == served(made).StudyDescription == last.StudyDescription
