"""Objects over real associations, from pynetdicom and dcmtk (AR-1, NF-4)."""

import subprocess
import sys
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset

from archive import locks, vault
from archive.edges.dicom.acceptance import STORAGE
from archive.models import CaseEvent, Instance, LedgerEvent, Series
from archive.objects.transfer_syntaxes import ARCHIVED, PIXELS_ELSEWHERE
from tests import cast, meanwhile
from tests.edges.dicom import wire
from tests.edges.dicom.listening import COMMITMENT, VERIFICATION, Listening, dcmtk, send

MIXED = (
    (cast.CT, cast.EXPLICIT),
    (VERIFICATION, cast.IMPLICIT),
    (COMMITMENT, cast.IMPLICIT),
)


def write(made: Dataset, path: Path) -> Path:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = cast.EXPLICIT
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = (
        made.SOPClassUID,
        made.SOPInstanceUID,
    )
    made.file_meta = meta
    pydicom.dcmwrite(path, made, enforce_file_format=True)
    return path


def test_what_is_answered_with_success_is_kept_byte_by_byte(listener: Listening) -> None:
    objects = [cast.dataset(InstanceNumber=str(number)) for number in range(1, 6)]
    expected = [cast.encoded(made) for made in objects]
    with listener.associate(*MIXED) as assoc:
        for number, made in enumerate(objects):
            assert send(assoc, made).Status == 0x0000
            if number == 2:
                assert assoc.send_c_echo().Status == 0x0000
    for made, data in zip(objects, expected, strict=True):
        row = Instance.objects.get(sop_instance_uid=made.SOPInstanceUID)
        assert vault.read("production", bytes(row.digest)) == data
    assert LedgerEvent.objects.filter(kind="study.stored").count() == 1


def test_a_refusal_says_why_and_the_association_goes_on(listener: Listening) -> None:
    with listener.associate(*MIXED) as assoc:
        refused = send(assoc, cast.dataset(AccessionNumber=""))
        assert refused.Status == 0xA900
        assert refused.ErrorComment == "A900: AccessionNumber is missing"
        assert refused.OffendingElement == 0x00080050
        untrusted = send(assoc, cast.dataset(PatientID="010181-9000"))
        assert untrusted.Status == 0xA777
        assert "OffendingElement" not in untrusted
        assert cast.MATTI not in untrusted.ErrorComment
        assert send(assoc, cast.dataset()).Status == 0x0000
    assert CaseEvent.objects.count() == 2
    assert Instance.objects.count() == 1


def test_a_class_that_is_not_the_contexts_is_refused(shared: Listening) -> None:
    with shared.associate(*MIXED) as assoc:
        made = cast.dataset()
        # pynetdicom looks the context up by the class; make it believe.
        assoc._accepted_cx[1].abstract_syntax = pydicom.uid.UID("1.2.840.10008.5.1.4.1.1.4")
        made.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
        assert send(assoc, made).Status == 0xA900
    assert not Instance.objects.filter(sop_instance_uid=made.SOPInstanceUID).exists()


def test_storescu_sends_a_study(shared: Listening, tmp_path: Path) -> None:
    objects = [cast.dataset(InstanceNumber=str(number)) for number in range(20)]
    for made in objects:
        write(made, tmp_path / f"{made.InstanceNumber}.dcm")
    sent = dcmtk("storescu", shared.port, "+sd", tmp_path)
    assert sent.returncode == 0, sent.stderr
    uids = [made.SOPInstanceUID for made in objects]
    assert Instance.objects.filter(sop_instance_uid__in=uids).count() == 20


def test_echoscu_is_answered(shared: Listening) -> None:
    assert dcmtk("echoscu", shared.port).returncode == 0


def test_storescu_proposes_every_class_it_knows(shared: Listening, tmp_path: Path) -> None:
    file = write(cast.dataset(), tmp_path / "one.dcm")
    # 120 and more contexts, unless it is told otherwise
    sent = dcmtk("storescu", shared.port, file)
    assert sent.returncode == 0, sent.stderr


def test_128_contexts_of_every_transfer_syntax_are_served(shared: Listening) -> None:
    others = sorted(STORAGE - {cast.CT})[:126]
    syntaxes = [*sorted(ARCHIVED)]
    contexts = [(abstract, syntaxes) for abstract in others]
    contexts += [(COMMITMENT, [cast.IMPLICIT]), (cast.CT, [cast.EXPLICIT])]
    peer = wire.connect(shared, wire.request(contexts))
    made = cast.dataset()
    order = wire.command(1, data_set=True, uid=str(made.SOPInstanceUID))
    peer.send(wire.data(wire.value(3, order, 255), wire.value(2, cast.encoded(made), 255)))
    assert peer.status() == 0


def test_the_newest_and_the_retired_transfer_syntaxes_are_taken() -> None:
    """Whatever was imported before."""
    code = "from archive.objects.transfer_syntaxes import ARCHIVED; print(*ARCHIVED)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {f"1.2.840.10008.1.2.{last}" for last in ("4.110", "4.52", "8.1")} <= {
        *told.stdout.split()
    }


def test_what_holds_no_pixels_of_its_own_is_not_taken(shared: Listening) -> None:
    """JPIP: the image stays with its sender, and the archive would answer for it."""
    for uid in sorted(PIXELS_ELSEWHERE):
        assoc = shared.request((cast.CT, uid), (cast.CT, cast.EXPLICIT))
        assert [context.transfer_syntax for context in assoc.accepted_contexts] == [[cast.EXPLICIT]]
        assoc.release()


def test_test_environment_and_production_do_not_mix(shared: Listening) -> None:
    made = cast.dataset()
    with shared.associate(called="KANTATEST", calling="ESIM_TEST") as assoc:
        assert send(assoc, made).Status == 0x0000
    with shared.associate() as assoc:
        assert send(assoc, made).Status == 0x0000
    kept = Instance.objects.filter(sop_instance_uid=made.SOPInstanceUID)
    assert {row.environment for row in kept} == {"production", "test"}


def test_of_two_who_wait_for_each_other_one_is_told_to_send_again_and_its_object_is_on_the_desk(
    listener: Listening,
) -> None:
    """The database breaks it off."""
    study, made = cast.store(cast.dataset()), cast.dataset(SeriesInstanceUID="1.2.7")
    series = Series(environment="production", study=study, series_instance_uid="1.2.7")
    with listener.associate() as assoc:
        assert send(assoc, cast.dataset()).Status == 0x0000
        answer = meanwhile.broken_off(
            lambda: send(assoc, made),
            lambda: locks.hold(study.id),
            lambda: series.save(force_insert=True),
        )
        assert answer.Status == 0xA700
        event = CaseEvent.objects.select_related("case").get()
        assert event.sop_instance_uid == str(made.SOPInstanceUID)
        assert (event.case.reason, event.outcome) == ("database-gone", "open")
        assert send(assoc, made).Status == 0x0000
    assert Instance.objects.filter(sop_instance_uid=made.SOPInstanceUID).exists()
