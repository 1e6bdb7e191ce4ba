"""WADO-RS: objects, metadata, frames and bulk data of one's own studies alone (AR-6, AR-10)."""

import tracemalloc
import warnings
from io import BytesIO
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from archive.edges.dicomweb import giving
from archive.errors import BytesDamaged, Unsupported
from archive.models import Case, CaseEvent, Instance, LedgerEvent, Study
from archive.services.sessions import Session
from tests import cast, notes
from tests.cast import EXPLICIT, IMPLICIT, MALLILA, dataset
from tests.edges.dicomweb import web
from tests.notes import SAFETY, note
from tests.objects import samples
from tests.objects.samples import BIG
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db")

STUDY = "1.2.246.10.90000003.1"
SERIES = f"{STUDY}.1"
DICOM, OCTETS = 'multipart/related; type="application/dicom"', "application/octet-stream"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def stored(count: int = 1, **columns: Any) -> list[Dataset]:
    made = [dataset(InstanceNumber=str(place + 1), **columns) for place in range(count)]
    cast.store(*made)
    return made


def sample(name: str) -> tuple[Dataset, bytes, str]:
    """One of pydicom's test files, archived under our identifiers, with its bytes and syntax."""
    data, syntax = samples.data_sets()[name]
    read = samples.read(data, syntax)
    ours = dataset(SOPClassUID=SECONDARY_CAPTURE, SpecificCharacterSet=None, PatientName="A^B",
                   StudyDescription="AA1AD")  # fmt: skip
    for element in ours:
        if element.tag.group < 0x28:
            read[element.tag] = element
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoded = samples.encoded(read, syntax)
    session = Session(cast.peer())
    cast.send(session, ours, syntax, data=encoded)
    session.close()
    return read, encoded, syntax


def path(made: Dataset, more: str = "") -> str:
    address = f"studies/{made.StudyInstanceUID}/series/{made.SeriesInstanceUID}"
    return f"{address}/instances/{made.SOPInstanceUID}{more}"


def files(response: Any) -> dict[str, tuple[str, bytes]]:
    """Transfer syntax and data set by UID."""
    found = {}
    for content_type, content in web.parts(response):
        read = pydicom.dcmread(BytesIO(content), specific_tags=["SOPInstanceUID"])
        syntax = str(read.file_meta.TransferSyntaxUID)
        assert content_type == f"application/dicom; transfer-syntax={syntax}"
        assert read.file_meta.MediaStorageSOPInstanceUID == read.SOPInstanceUID
        found[str(read.SOPInstanceUID)] = (syntax, samples.after_meta(content))
    return found


# --- objects --------------------------------------------------------------------------------------


def test_a_study_a_series_and_an_object_come_byte_by_byte() -> None:
    made = stored(3)
    other = stored(1, SeriesInstanceUID=f"{STUDY}.2")
    expected = {str(each.SOPInstanceUID): (EXPLICIT, cast.encoded(each)) for each in made + other}
    ours = web.system()
    assert files(ours.get(f"studies/{STUDY}", DICOM)) == expected
    assert files(ours.get(f"studies/{STUDY}/series/{STUDY}.2")).keys() == {
        str(other[0].SOPInstanceUID)
    }
    assert len(files(ours.get(path(made[0]), DICOM))) == 1
    facts = [each.facts for each in LedgerEvent.objects.filter(kind="study.retrieved")]
    assert [(each["by"], each["instances"], each["outcome"]) for each in facts] == [
        ("WADO-RS", 4, "done"),
        ("WADO-RS", 1, "done"),
        ("WADO-RS", 1, "done"),
    ]
    assert {each["destination"] for each in facts} == {ours.user}


def test_what_is_another_customers_or_rejected_is_not_there() -> None:
    (made,) = stored()
    for system in (web.system(MALLILA), web.system(environment="test")):
        for more in ("", "/metadata", "/frames/1", "/bulkdata/7FE00010"):
            assert web.problem(system.get(path(made, more))) == (404, "instance-unknown")
    ours = web.system()
    assert web.problem(ours.get("studies/1.2.3"))[0] == 404
    notes.send(note(SAFETY, made))
    assert web.problem(ours.get(path(made)))[0] == 404
    assert not Case.objects.exclude(reason="bytes-damaged").exists()
    assert not LedgerEvent.objects.filter(kind="study.retrieved").exists()


def test_objects_come_in_the_transfer_syntax_that_is_accepted() -> None:
    made, data, syntax = sample("SC_rgb_rle.dcm")
    ours, uid = web.system(), str(made.SOPInstanceUID)
    for accepted in (f"{DICOM}; transfer-syntax=*", f"{DICOM}; transfer-syntax={syntax}", "*/*"):
        assert files(ours.get(path(made), accepted)) == {uid: (syntax, data)}
    for accepted, target in ((DICOM, EXPLICIT), (f"{DICOM}; transfer-syntax={IMPLICIT}", IMPLICIT)):
        ((given, content),) = files(ours.get(path(made), accepted)).values()
        assert given == target
        assert len(samples.read(content, target).PixelData) == made.Rows * made.Columns * 3
    both = f"{DICOM}; transfer-syntax=1.2.840.10008.1.2.4.90; q=1, {DICOM}; q=0.5"
    assert files(ours.get(path(made), both))[uid][0] == EXPLICIT
    for wrong in (f"{DICOM}; transfer-syntax=1.2.840.10008.1.2.4.90", "text/html", "*/*; q=0"):
        assert web.problem(ours.get(path(made), wrong)) == (406, "not-acceptable")


@pytest.mark.parametrize("target", [IMPLICIT, BIG])
def test_a_large_object_in_another_plain_syntax_is_not_read_into_memory(target: str) -> None:
    size = 48 << 20
    (made,) = stored(PixelData=bytes(range(256)) * (size // 256))
    ours = web.system()
    tracemalloc.start()
    try:
        response = ours.get(path(made), f"{DICOM}; transfer-syntax={target}")
        given = sum(map(len, response.streaming_content))
        response.close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert given > size
    assert peak < size // 2


def test_of_what_only_some_can_be_given_the_answer_is_partial() -> None:
    (plain,) = stored(SOPClassUID=SECONDARY_CAPTURE)
    sample("SC_rgb_rle.dcm")
    accepted = f"{DICOM}; transfer-syntax=1.2.840.10008.1.2.1"
    assert len(files(web.system().get(f"studies/{STUDY}", accepted))) == 2
    cast.send(
        Session(cast.peer()),
        film := dataset(SOPClassUID=SECONDARY_CAPTURE),
        "1.2.840.10008.1.2.4.102",
    )
    response = web.system().get(f"studies/{STUDY}", accepted)
    assert response.status_code == 206
    given = files(response)
    assert len(given) == 2 and str(plain.SOPInstanceUID) in given
    event = CaseEvent.objects.get()
    assert (event.case.reason, event.sop_instance_uid) == ("not-acceptable", film.SOPInstanceUID)


def with_one_that_cannot_be_unpacked() -> tuple[Dataset, Dataset, Dataset]:
    (first,), (last,) = stored(SOPClassUID=SECONDARY_CAPTURE), stored(SOPClassUID=SECONDARY_CAPTURE)
    junk = dataset(SOPClassUID=SECONDARY_CAPTURE, PixelData=encapsulate([b"no codestream"]))
    junk["PixelData"].VR = "OB"
    junk["PixelData"].is_undefined_length = True
    session = Session(cast.peer())
    cast.send(session, junk, RLELossless, data=samples.encoded(junk, RLELossless))
    session.close()
    return first, junk, last


def test_an_object_that_cannot_be_unpacked_hides_no_other() -> None:
    """The public client asks for plain objects unless told otherwise: it never got the study."""
    first, junk, last = with_one_that_cannot_be_unpacked()
    response = web.system().get(f"studies/{STUDY}", DICOM)
    assert response.status_code == 206
    assert files(response).keys() == {str(first.SOPInstanceUID), str(last.SOPInstanceUID)}
    event = CaseEvent.objects.get()
    assert (event.case.reason, event.sop_instance_uid) == ("unsupported", junk.SOPInstanceUID)
    assert web.problem(web.system().get(path(junk), DICOM)) == (501, "unsupported")
    stored_one = f"{DICOM}; transfer-syntax={RLELossless}, {DICOM}; transfer-syntax={EXPLICIT}"
    assert len(files(web.system().get(f"studies/{STUDY}", stored_one))) == 3


def test_a_long_answer_that_broke_off_at_it_is_given_without_it_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(giving, "AHEAD", 1)
    first, _, last = with_one_that_cannot_be_unpacked()
    stored(SOPClassUID=SECONDARY_CAPTURE)
    response = web.system().get(f"studies/{STUDY}", DICOM)
    assert response.status_code == 200
    with pytest.raises(Unsupported):
        web.whole(response)
    response = web.system().get(f"studies/{STUDY}", DICOM)
    assert response.status_code == 206
    given = files(response)
    assert len(given) == 3 and {str(first.SOPInstanceUID), str(last.SOPInstanceUID)} < given.keys()


def flip(made: Dataset) -> Instance:
    row = Instance.objects.get(sop_instance_uid=str(made.SOPInstanceUID))
    file = file_of(row.environment, bytes(row.digest))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    return row


def test_a_damaged_object_never_leaves() -> None:
    first, second = stored(2)
    row = flip(second)
    response = web.system().get(f"studies/{STUDY}", DICOM)
    with pytest.raises(BytesDamaged):  # the connection is broken off: the answer is not whole
        web.whole(response)
    facts = LedgerEvent.objects.get(kind="study.retrieved").facts
    assert (facts["instances"], facts["failed"], facts["outcome"]) == (1, 1, "failed")
    row.refresh_from_db()
    assert row.damaged_at is not None
    # From now on it is known, and said.
    response = web.system().get(f"studies/{STUDY}", DICOM)
    assert response.status_code == 206 and files(response).keys() == {str(first.SOPInstanceUID)}
    assert web.problem(web.system().get(path(second))) == (500, "bytes-damaged")


def test_who_goes_away_in_the_middle_is_written_down() -> None:
    stored(3)
    response = web.system().get(f"studies/{STUDY}", DICOM)
    assert next(iter(response.streaming_content))
    begun = LedgerEvent.objects.get(kind="retrieval.begun")
    assert begun.facts["by"] == "WADO-RS" and begun.facts["destination"]
    study = Study.objects.get()
    assert (begun.study_id, begun.patient_id) == (study.id, study.patient_id)
    assert not LedgerEvent.objects.filter(kind="study.retrieved").exists()
    web.leave(response)
    facts = LedgerEvent.objects.get(kind="study.retrieved", facts__outcome="broken off").facts
    assert facts["instances"] < 3


# --- frames ---------------------------------------------------------------------------------------


def test_frames_of_a_plain_object_come_in_the_order_asked_for() -> None:
    (made,) = stored(NumberOfFrames=3, PixelData=bytes(range(24)))
    found = web.parts(web.system().get(path(made, "/frames/3,1")))
    assert [content for _, content in found] == [bytes(range(16, 24)), bytes(range(8))]
    assert found[0][0] == f"{OCTETS}; transfer-syntax={EXPLICIT}"
    for wrong, status in (("4", 404), ("0", 404), (",", 400), ("1,99", 404)):
        assert web.problem(web.system().get(path(made, f"/frames/{wrong}")))[0] == status
    # The object is there: nobody is to send it again.
    assert Case.objects.filter(reason="not-found").exists()
    assert not Case.objects.filter(reason="instance-unknown").exists()


def test_compressed_frames_come_as_stored_where_that_is_accepted() -> None:
    made, _, syntax = sample("examples_ybr_color.dcm")
    ours = web.system()
    image = f'multipart/related; type="image/jpeg"; transfer-syntax={syntax}'
    for accepted in (image, "*/*", 'multipart/related; type="image/jpeg"'):
        ((content_type, first), (_, second)) = web.parts(
            ours.get(path(made, "/frames/1,2"), accepted)
        )
        assert content_type == f"image/jpeg; transfer-syntax={syntax}"
        assert first.startswith(b"\xff\xd8\xff") and first != second
    as_stored = f'multipart/related; type="{OCTETS}"; transfer-syntax=*'
    assert web.parts(ours.get(path(made, "/frames/1"), as_stored)) == [
        (f"{OCTETS}; transfer-syntax={syntax}", first)
    ]
    plain = f'multipart/related; type="{OCTETS}"'
    ((content_type, pixels),) = web.parts(ours.get(path(made, "/frames/1"), plain))
    assert content_type == f"{OCTETS}; transfer-syntax={EXPLICIT}"
    assert len(pixels) == made.Rows * made.Columns * 3
    other = 'multipart/related; type="image/jp2"'
    assert web.problem(ours.get(path(made, "/frames/1"), other)) == (406, "not-acceptable")
    every = web.parts(ours.get(path(made, "/bulkdata/7FE00010"), image))
    assert len(every) == made.NumberOfFrames and every[0][1] == first


def test_one_thing_comes_without_parts_where_it_is_so_accepted() -> None:
    """PS3.18 section 10.4.4: of a single thing; else such a media type is as if not there."""
    made, _, syntax = sample("examples_ybr_color.dcm")
    ours = web.system()
    whole = ours.get(path(made), f"application/dicom; transfer-syntax={syntax}")
    assert whole["Content-Type"] == "application/dicom"
    read = pydicom.dcmread(BytesIO(web.whole(whole)))
    assert read.SOPInstanceUID == made.SOPInstanceUID
    frame = ours.get(path(made, "/frames/1"), "image/jpeg")
    assert frame["Content-Type"] == f"image/jpeg; transfer-syntax={syntax}"
    assert web.whole(frame).startswith(b"\xff\xd8\xff")
    for several, alone in (
        (f"studies/{made.StudyInstanceUID}", "application/dicom; transfer-syntax=*"),
        (path(made, "/frames/1,2"), "image/jpeg"),
        (path(made, "/bulkdata/7FE00010"), "image/jpeg"),
    ):
        assert web.problem(ours.get(several, alone)) == (406, "not-acceptable")
    pictures = ours.get(path(made, "/frames/1,2/rendered"), 'multipart/related; type="image/jpeg"')
    assert len(web.parts(pictures)) == 2


def test_big_endian_pixels_are_turned_round() -> None:
    made, _, _ = sample("MR_small_bigendian.dcm")
    little, _, _ = sample("MR_small.dcm")
    ((_, content),) = web.parts(web.system().get(path(made, "/frames/1")))
    assert content == little.PixelData
    ((_, content),) = web.parts(web.system().get(path(made, "/bulkdata/7FE00010")))
    assert content == little.PixelData
