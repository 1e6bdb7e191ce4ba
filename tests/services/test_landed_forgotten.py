"""The row of an object that landed is committed without a sync of its own: what a database that
breaks down forgets of it is made again of what landed (NF-4, AR-10).
"""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from threading import Thread

import psycopg
import pytest
from pydicom.dataset import Dataset

from archive import vault
from archive.models import Finding, Instance, Job, Register, RegisterHolding, Study
from archive.services import landed, rebuilding, serving
from archive.values import today, uid_from_uuid
from launch.postgres import Cluster
from tests import cast, clusters, notes
from tests.cast import dataset, send
from tests.edges.dicom.listening import eventually
from tests.rebuilding import nothing, wipe
from tests.services.test_integrity import one
from tests.services.test_reconciliation import go_round
from tests.services.test_unsettled import in_thread
from tests.unsettling import known_study

pytestmark = pytest.mark.usefixtures("own_vault")


# --- a database that breaks down ------------------------------------------------------------------


def test_a_database_that_breaks_down_loses_no_object_that_was_answered(forgetful: Cluster) -> None:
    made = answered()
    clusters.crash(forgetful)
    assert are_known(made) == 0, "nothing was forgotten: this test shows nothing"
    assert Instance.objects.count() == 1, "a study's first is not forgotten"
    assert landed.give_files(0) == 7 and vault.without_files("production") == 0
    assert are_known(made) == 5 and Instance.objects.count() == 7
    for each in made:
        assert serving.served(one(each)).data() == cast.encoded(each)
    assert Study.objects.get().state == "receiving"


def test_what_has_its_file_has_its_row_on_the_disk(forgetful: Cluster) -> None:
    """Nobody would make it again."""
    made = answered()
    assert landed.give_files(0) == 7
    clusters.crash(forgetful)
    assert are_known(made) == 5


def test_whoever_answers_looks_once_after_each_time_that_it_broke_down(forgetful: Cluster) -> None:
    session, made, watch = known_study(), dataset(), landed.Watch()
    since = watch.look()
    send(session, made)
    assert watch.look() == since
    clusters.crash(forgetful)
    assert are_known([made]) == 0 and watch.look() != since
    assert are_known([made]) == 1
    forget(made)
    watch.look()
    assert are_known([made]) == 0, "it has looked"


def answered() -> list[Dataset]:
    """Behind the two of a known study."""
    session, made = known_study(), [dataset() for _ in range(5)]
    for each in made:
        send(session, each)
    return made


def are_known(made: list[Dataset]) -> int:
    uids = [str(each.SOPInstanceUID) for each in made]
    return Instance.objects.filter(sop_instance_uid__in=uids).count()


# --- what it has forgotten ------------------------------------------------------------------------

HERE = pytest.mark.usefixtures("db")


def forget(made: Dataset) -> Instance:
    row = one(made)
    Job.objects.filter(study_id=row.study_id).delete()
    Instance.objects.filter(id=row.id).delete()
    return row


@HERE
@pytest.mark.parametrize("again", [lambda: landed.give_files(0), landed.take_in_forgotten])
def test_it_is_the_same_object_again_and_its_study_goes_its_road(
    again: Callable[[], int], caplog: pytest.LogCaptureFixture
) -> None:
    made = dataset()
    cast.store(dataset(), made)
    was = forget(made)
    Study.objects.update(state="registered")
    assert again()
    row = one(made)
    for name in ("study_id", "series_id", "digest", "size", "store", "received_at", "content_type"):
        assert getattr(row, name) == getattr(was, name), name
    assert row.study.state == "receiving"
    assert Job.objects.filter(kind="registration", study_id=row.study_id).count() == 1
    (told,) = [each for each in caplog.records if "taken in again" in each.getMessage()]
    assert str(made.PatientID) not in told.getMessage()
    assert landed.take_in_forgotten() == 0


@HERE
def test_a_note_that_came_before_it_was_known_again_hides_it() -> None:
    made = dataset()
    cast.store(dataset(), made)
    forget(made)
    notes.send(notes.note(notes.QUALITY, made))
    landed.give_files(0)
    assert one(made).rejection == notes.QUALITY


@HERE
def test_it_stays_hidden_when_the_whole_index_is_made_again() -> None:
    """Its record says that the note awaited it, and by its own time it had come before the note."""
    made = dataset()
    cast.store(dataset(), made)
    forget(made)
    notes.send(notes.note(notes.QUALITY, made))
    landed.take_in_forgotten()
    wipe()
    rebuilding.rebuild(nothing)
    assert one(made).rejection == notes.QUALITY


@HERE
def test_what_stood_in_anothers_register_when_the_note_came_is_not_hidden_by_it() -> None:
    """The register passed to the note's sender later."""
    made = dataset()
    cast.store(dataset(), made, business_id=cast.MALLILA)
    notes.send(notes.note(notes.QUALITY, made))
    register = one(made).study.register
    until = today() + timedelta(days=1)
    RegisterHolding.objects.create(
        register=register, organisation=register.organisation, until=until
    )
    Register.objects.filter(id=register.id).update(organisation=cast.organisation())
    assert one(made).rejection == ""
    wipe()
    rebuilding.rebuild(nothing)
    assert one(made).rejection == ""


@HERE
def test_notes_and_manifests_are_no_objects_that_were_forgotten() -> None:
    made = dataset()
    cast.store(dataset(), made)
    notes.send(notes.note(notes.QUALITY, made))
    assert len(vault.all_landed("production")) == 3
    assert landed.take_in_forgotten() == 0 and landed.give_files(0) == 3
    assert Instance.objects.count() == 2


def other_register(study: Study) -> None:
    elsewhere = Register.objects.exclude(controller_oid=study.register.controller_oid)
    Study.objects.update(register=elsewhere.filter(is_default=True)[0])


def other_patient(study: Study) -> None:
    elsewhere = {"StudyInstanceUID": uid_from_uuid(), "SeriesInstanceUID": uid_from_uuid()}
    cast.store(dataset(PatientID=cast.VENLA, **elsewhere))
    other = Study.objects.exclude(id=study.id).get()
    Study.objects.filter(id=study.id).update(patient=other.patient)


def refused(study: Study) -> None:
    (each,) = [
        each
        for each in vault.all_landed("production")
        if not Instance.objects.filter(sop_instance_uid=each.sop_instance_uid).exists()
    ]
    vault.doubt("production", each.digest, each.sop_instance_uid)


def gone(study: Study) -> None:
    Study.objects.update(state="destroyed")


@HERE
@pytest.mark.parametrize("change", [other_register, other_patient, refused, gone])
def test_what_would_not_be_taken_today_is_left_to_people(change: Callable[[Study], None]) -> None:
    """Nobody was told success of it, or it would be shown as another's; it is not lost either."""
    made = dataset()
    cast.store(dataset(), made)
    change(forget(made).study)
    before = Instance.objects.count()
    assert landed.take_in_forgotten() == 0
    given = landed.give_files(0)
    assert given == before + 1 and Instance.objects.count() == before


@HERE
def test_what_was_left_is_found_by_reconciliation(monkeypatch: pytest.MonkeyPatch) -> None:
    made = dataset()
    cast.store(dataset(), made)
    other_register(forget(made).study)
    landed.give_files(0)
    monkeypatch.setattr("archive.services.reconciliation.SETTLED_SECONDS", -1)
    go_round()
    found = Finding.objects.get(kind="bytes-without-row")
    assert found.facts["sop_instance_uid"] == str(made.SOPInstanceUID)


@pytest.mark.usefixtures("fresh_database")
def test_a_row_that_is_on_its_way_is_no_forgotten_one() -> None:
    session, made = known_study(), dataset()
    send(session, made)
    row = one(made)
    with (
        ThreadPoolExecutor(1) as threads,
        psycopg.connect(os.environ["DATABASE_URL"]) as writer,
    ):
        asked = "CREATE TEMP TABLE kept AS SELECT * FROM archive_instance WHERE id = %s"
        writer.execute(asked, [row.id])
        writer.commit()
        forget(made)
        writer.execute(f"SELECT {SHARED}", [str(row.study_id)])
        writer.execute("INSERT INTO archive_instance SELECT * FROM kept")
        taking = threads.submit(in_thread, landed.take_in_forgotten)
        eventually(lambda: is_somebody_waiting(writer) or taking.done())
        writer.commit()
        assert taking.result() == 1, "it has a row"
    assert one(made).id == row.id


ALONE = "pg_advisory_xact_lock(hashtextextended(%s, 0))"
SHARED = "pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"


@pytest.mark.usefixtures("fresh_database")
def test_who_removes_waits_for_nobody_who_makes_rows_again() -> None:
    """Who destroys a study holds it, and strikes its objects from the segments; who makes rows
    again waits for the study, and must hold no segment then.
    """
    session, made, other = known_study(), dataset(), dataset()
    for each in (made, other):
        send(session, each)
    study_id, digest = forget(made).study_id, bytes(one(other).digest)
    with (
        ThreadPoolExecutor(1) as threads,
        psycopg.connect(os.environ["DATABASE_URL"]) as holder,
    ):
        holder.execute(f"SELECT {ALONE}", [str(study_id)])
        giving = threads.submit(in_thread, lambda: landed.give_files(0))
        eventually(lambda: is_somebody_waiting(holder) or giving.done())
        removing = threads_of_its_own(lambda: vault.remove("production", digest))
        eventually(removing.done)
        holder.rollback()
        removing.result()
        giving.result()
    assert one(made).study_id == study_id


def is_somebody_waiting(holder: psycopg.Connection) -> bool:
    asked = """SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"""
    return holder.execute(asked).fetchone() == (True,)


def threads_of_its_own(act: Callable[[], object]) -> Future[object]:
    """It may never end."""
    made = Future[object]()

    def work() -> None:
        try:
            made.set_result(in_thread(act))
        except BaseException as error:
            made.set_exception(error)

    Thread(target=work, daemon=True).start()
    return made
