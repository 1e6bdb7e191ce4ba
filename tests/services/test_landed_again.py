"""What landed and has no row: what else may have befallen it, and others (NF-4, AR-10)."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pydicom.dataset import Dataset

from archive import config, vault
from archive.errors import OtherRegister
from archive.models import Instance, Register, RegisterHolding
from archive.rules.admission import Policy
from archive.services import corrections, doubts, landed, nameless, rebuilding, serving
from archive.services.indexing import File, Indexed, Places
from archive.services.sessions import Session
from archive.values import today, uid_from_uuid
from archive.vault import digests
from launch.postgres import Cluster
from tests import authorising, cast, clusters, notes
from tests.cast import dataset, send
from tests.edges.dicom.listening import eventually
from tests.rebuilding import nothing, wipe
from tests.services.test_corrections import corrected
from tests.services.test_integrity import one, quarantined
from tests.services.test_landed_forgotten import forget, threads_of_its_own
from tests.unsettling import known_study

pytestmark = pytest.mark.usefixtures("own_vault")
HERE = pytest.mark.usefixtures("db")


def harm_head(folder: Path, made: Dataset) -> None:
    """As a power cut in the middle of its coming leaves it, of which its slot alone is there."""
    sent = cast.encoded(made)
    for path in (folder / "production/landing").iterdir():
        segment = path.read_bytes()
        place = segment.find(sent)
        if place > 0:
            start = place - vault.incoming.DATA_OFFSET
            gone = bytes(vault.incoming.DATA_OFFSET + len(sent))
            path.write_bytes(segment[:start] + gone + segment[place + len(sent) :])


@pytest.mark.usefixtures("fresh_database")
def test_what_is_torn_beside_what_came_again_ends(own_vault: Path) -> None:
    session, made = known_study(), dataset()
    send(session, made)
    harm_head(own_vault, made)
    forget(made)
    send(session, made)
    giving = threads_of_its_own(lambda: landed.give_files(0))
    eventually(giving.done)
    assert giving.result() == 4 and len(quarantined(own_vault)) == 1
    assert serving.served(one(made)).data() == cast.encoded(made)


def same_sender(made: Dataset) -> None:
    second = known_study()
    send(second, made)


def another(made: Dataset) -> None:
    """Who is refused, a moment too late to be so before its bytes are kept."""
    second = Session(cast.peer(cast.MALLILA))
    elsewhere = {"StudyInstanceUID": uid_from_uuid(), "SeriesInstanceUID": uid_from_uuid()}
    send(second, dataset(**elsewhere))
    second.brings_new = True
    with pytest.raises(OtherRegister):
        send(second, made)


@HERE
@pytest.mark.parametrize("come", [same_sender, another])
def test_what_two_brought_at_once_is_in_no_doubt(
    come: Callable[[Dataset], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first sender was told success; what stands in doubt is not taken in again, and goes."""
    first, made = known_study(), dataset()
    send(first, made)
    with monkeypatch.context() as late:
        late.setattr(Session, "check", lambda session, header, admitted: None)
        come(made)
    forget(made)
    assert landed.take_in_forgotten()
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)
    for _ in range(2):
        doubts.settle()
    assert serving.served(one(made)).data() == cast.encoded(made)


def test_what_is_taken_in_spite_of_a_doubt_has_its_row_on_the_disk(forgetful: Cluster) -> None:
    """It was refused a moment before, and is answered success now."""
    session, made = known_study(), dataset()
    digest = digests.of(cast.encoded(made), vault.ALGORITHM)
    vault.doubt("production", digest, str(made.SOPInstanceUID))
    send(session, made)
    clusters.crash(forgetful)
    assert bytes(one(made).digest) == digest


@HERE
def test_it_may_stand_in_another_register_of_its_senders() -> None:
    """One that has passed to it: who sends names its own."""
    made = dataset()
    study = cast.store(dataset(), business_id=cast.MALLILA)
    RegisterHolding.objects.create(
        register=study.register, organisation=study.register.organisation, until=today()
    )
    Register.objects.filter(id=study.register_id).update(organisation=cast.organisation())
    cast.store(dataset(), made)
    assert one(made).study_id == study.id
    forget(made)
    assert landed.take_in_forgotten() == 1
    assert one(made).study_id == study.id


@HERE
def test_one_that_cannot_be_taken_in_hinders_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, made = dataset(), dataset()
    cast.store(dataset(), bad, made)
    forget(bad), forget(made)
    take_in = nameless.take_in

    def failing(file: File, places: Places, policy: Policy) -> Indexed:
        if file.meta.sop_instance_uid == bad.SOPInstanceUID:
            raise DataError(f"of {bad.PatientID}")
        return take_in(file, places, policy)

    monkeypatch.setattr(nameless, "take_in", failing)
    assert landed.take_in_forgotten() == 1
    assert landed.give_files(0) == 3 and vault.without_files("production") == 0
    assert Instance.objects.count() == 2 and one(made)
    assert "DataError" in caplog.text and str(bad.PatientID) not in caplog.text


@HERE
def test_a_correction_that_was_not_answered_does_not_take_its_objects_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both landed, in whichever segments, and the database forgot one and never had the other."""
    notes.allow(metadata=True)
    made = dataset()
    cast.store(dataset(), made)
    with monkeypatch.context() as broken:
        broken.setattr(corrections, "_add_version", broken_down)
        with pytest.raises(OperationalError), transaction.atomic():
            cast.store(corrected(made, ReferringPhysicianName="Oikea^Olli"))
    forget(made)
    found = vault.all_landed
    monkeypatch.setattr(vault, "all_landed", lambda environment: found(environment)[::-1])
    assert landed.take_in_forgotten() == 1
    assert serving.served(one(made)).data() == cast.encoded(made)


def broken_down(*arguments: object) -> None:
    raise OperationalError("server closed the connection unexpectedly")


@HERE
def test_many_that_are_no_objects_are_looked_for_together() -> None:
    """Notes and manifests land as well, and senders cannot write there meanwhile."""
    made = [dataset() for _ in range(6)]
    cast.store(dataset(), *made)

    def asked(few: list[Dataset]) -> int:
        for each in few:
            notes.send(notes.note(notes.QUALITY, each))
        with CaptureQueriesContext(connection) as said:
            assert landed.take_in_forgotten() == 0
        return len(said)

    assert asked(made[:1]) == asked(made[1:])


@HERE
def test_what_cannot_be_read_elsewhere_keeps_nothing_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor anything from its file."""
    made, other = dataset(), dataset()
    cast.store(dataset(), made, other)
    forget(made)
    unreadable, pread = str(other.SOPInstanceUID).encode(), os.pread

    def broken(file: int, length: int, place: int) -> bytes:
        if unreadable in (content := pread(file, length, place)):
            raise OSError(errno.EIO, "Input/output error")
        return content

    monkeypatch.setattr(os, "pread", broken)
    landed.give_files(0)
    key = vault.key_of("production", bytes(one(made).digest))
    assert (config.settings().vault_dir / key).exists()


@HERE
@pytest.mark.parametrize("rebuilt", [False, True])
def test_a_producers_note_that_came_before_it_was_known_again_hides_it(rebuilt: bool) -> None:
    """In its organiser's register; its right may end before the study is registered."""
    authorising.made()
    first, made = authorising.naming(), authorising.naming()
    cast.store(first, made, business_id=cast.RONTGEN)
    forget(made)
    notes.send(notes.note(notes.QUALITY, made), cast.RONTGEN)
    assert landed.take_in_forgotten() == 1
    if rebuilt:
        wipe(persons=False)
        rebuilding.rebuild(nothing)
    assert one(made).rejection == notes.QUALITY
