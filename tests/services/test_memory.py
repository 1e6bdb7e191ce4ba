"""What an object is compared with, and made of, is not held in memory, however large (NF-4, AR-1,
AR-6, AR-7): only its pieces are. Counted is what Python allocates; a file that is looked at without
being read is none of that.
"""

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders import RLELosslessEncoder

from archive import errors, vault
from archive.models import Instance, InstanceVersion
from archive.objects.transcoding import PLAIN
from archive.services import ingest, objects_out, rebuilding, serving
from archive.services.pictures import taken_apart
from archive.services.serving import Outgoing
from archive.services.sessions import Session
from tests import cast, notes
from tests.cast import EXPLICIT, IMPLICIT, dataset
from tests.notes import KEY_NOTE, QUALITY
from tests.objects.samples import BIG, DEFLATED, encoded
from tests.rebuilding import nothing, wipe
from tests.services.test_corrections import corrected, settle

pytestmark = pytest.mark.usefixtures("db", "own_vault")

RLE = "1.2.840.10008.1.2.5"
SIDE, FRAMES = 1024, 48
LARGE = SIDE * SIDE * FRAMES
MOST = LARGE // 2
IMAGE = {
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.2",
    **{"Rows": SIDE, "Columns": SIDE, "NumberOfFrames": FRAMES, "PixelData": bytes(LARGE)},
    **{"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7},
}


@contextmanager
def little() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < MOST


def image(**changes: object) -> Dataset:
    return dataset(**{**IMAGE, **changes})


def packed(made: Dataset) -> Dataset:
    """The same, compressed without loss."""
    again = Dataset()
    again.update(made)
    frame = RLELosslessEncoder.encode(
        bytes(SIDE * SIDE),
        rows=SIDE,
        columns=SIDE,
        samples_per_pixel=1,
        bits_allocated=8,
        bits_stored=8,
        pixel_representation=0,
        number_of_frames=1,
        photometric_interpretation="MONOCHROME2",
    )
    again.PixelData = encapsulate([frame] * FRAMES)
    again["PixelData"].VR = "OB"
    again["PixelData"].is_undefined_length = True
    return again


def send(made: Dataset, syntax: str = EXPLICIT) -> None:
    """In pieces, as it comes."""
    data = memoryview(encoded(made, syntax))
    session = Session(cast.peer())
    receipt = ingest.begin(
        session,
        sop_class_uid=str(made.SOPClassUID),
        sop_instance_uid=str(made.SOPInstanceUID),
        transfer_syntax_uid=syntax,
    )
    for start in range(0, len(data), 1 << 20):
        receipt.write(data[start : start + (1 << 20)])
    with little():
        receipt.finish()
    session.close()


def one() -> Instance:
    return Instance.objects.select_related("study__overlay").get()


def going() -> Outgoing:
    return serving.prepared(one())


@pytest.mark.parametrize("syntax", [IMPLICIT, BIG, DEFLATED, RLE])
def test_the_same_in_another_encoding_and_then_corrected(syntax: str) -> None:
    notes.allow(metadata=True)
    made = image()
    send(made)
    again = packed(made) if syntax == RLE else made
    send(again, syntax)
    assert not InstanceVersion.objects.exists()
    again = corrected(made, **IMAGE, ReferringPhysicianName="Mallikas^Maija")
    send(packed(again) if syntax == RLE else again, syntax)
    assert (one().version, one().transfer_syntax_uid) == (2, syntax)
    assert bytes(InstanceVersion.objects.get(number=2).originals)


def test_other_pixels_are_found_at_the_end_of_them() -> None:
    made = image()
    send(made)
    made.PixelData = made.PixelData[:-1] + b"x"
    with pytest.raises(errors.OtherContent):
        send(made, IMPLICIT)


def test_who_was_not_first() -> None:
    made = image()
    send(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest.Receipt, "_is_taken_for_new", lambda self: True)
        send(made, IMPLICIT)
    assert one().transfer_syntax_uid == EXPLICIT


def test_a_header_behind_a_large_value() -> None:
    made = image(PixelData=bytes(8))
    made.add_new(0x00190010, "LO", "KUVA TEST")
    made.add_new(0x00191001, "OB", bytes(LARGE))
    send(made)
    row = one()
    with little():
        found = vault.read_header(row.environment, bytes(row.digest), EXPLICIT)
    assert found.study_instance_uid == made.StudyInstanceUID


def test_an_index_made_again() -> None:
    notes.allow(metadata=True)
    made = image()
    send(made)
    send(corrected(made, **IMAGE, ReferringPhysicianName="Mallikas^Maija"), IMPLICIT)
    wipe()
    with little():
        rebuilding.rebuild(nothing)
    assert one().version == 2


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG, DEFLATED, RLE])
@pytest.mark.parametrize("is_corrected", [False, True])
def test_given_as_it_is_and_in_another_encoding_and_taken_apart(
    syntax: str, is_corrected: bool
) -> None:
    notes.allow(metadata=True)
    made = image()
    send(packed(made) if syntax == RLE else made, syntax)
    if is_corrected:
        again = corrected(made, **IMAGE, PatientName="Mallikas^Maija")
        send(packed(again) if syntax == RLE else again, syntax)
        settle(one().study)
    for target in (syntax, *PLAIN):
        with little():
            size = sum(map(len, objects_out.file(going(), target)))
        assert size > LARGE or target in (DEFLATED, RLE)
    with little(), going().hold() as held, taken_apart(going(), held, little=True) as found:
        assert found.unpacked(FRAMES) == bytes(SIDE * SIDE)
        assert ("OriginalAttributesSequence" in found.dataset) is is_corrected


@pytest.mark.parametrize("title", [QUALITY, KEY_NOTE])
def test_a_note_with_something_large_besides(title: str) -> None:
    made = image(PixelData=bytes(8))
    send(made)
    note = notes.note(title, made)
    note.add_new(0x00990010, "LO", "KUVA TEST")
    note.add_new(0x00991001, "OB", bytes(LARGE))
    send(note)
    send(note, IMPLICIT)
    assert Instance.objects.get(sop_instance_uid=made.SOPInstanceUID).rejection == (
        title if title == QUALITY else ""
    )
    wipe()
    with little():
        rebuilding.rebuild(nothing)
    assert Instance.objects.count() == (1 if title == QUALITY else 2)
