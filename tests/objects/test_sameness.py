"""Two data sets are the same when every element and pixel is, whatever the encoding; dcmtk is the
other writer.
"""

import shutil
import subprocess
import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from archive.objects import json_model, transcoding
from archive.objects.opened import opened
from archive.objects.sameness import LOSSLESS, UNCOMPRESSED, same_content
from tests.objects.samples import (
    BIG,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    after_meta,
    data_sets,
    encoded,
    read,
)

SAMPLES = data_sets()
NO_PIXELS = {"UN_sequence.dcm"}
CUT_OFF = {"MR_truncated.dcm", "rtplan_truncated.dcm"}
PLAIN = sorted(
    name for name, (_, syntax) in SAMPLES.items() if syntax in UNCOMPRESSED and name not in CUT_OFF
)
PACKED = sorted(
    name
    for name, (_, syntax) in SAMPLES.items()
    if syntax in LOSSLESS - UNCOMPRESSED and name not in NO_PIXELS
)
dcmtk = pytest.mark.skipif(not shutil.which("dcmconv"), reason="dcmtk is not installed")


def rewritten(name: str, folder: Path, *command: str) -> tuple[bytes, str]:
    """A test file as another program writes it."""
    target = folder / "rewritten.dcm"
    source = get_testdata_file(name)
    subprocess.run([*command, source, target], check=True, capture_output=True, timeout=30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        meta = pydicom.dcmread(target, stop_before_pixels=True).file_meta
    return after_meta(target.read_bytes()), str(meta.TransferSyntaxUID)


@dcmtk
@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(
    "options", ["+te", "+ti", "+tb", "+td", "+te -e", "+te +e", "+te +g", "+te +p 512 64"]
)
def test_another_encoding_of_the_same_object_is_the_same(
    name: str, options: str, tmp_path: Path
) -> None:
    assert same_content(*SAMPLES[name], *rewritten(name, tmp_path, "dcmconv", *options.split()))


@dcmtk
@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "SC_rgb_small_odd.dcm"])
@pytest.mark.parametrize(
    "command", ["dcmcjpeg +e1 +un", "dcmcjpeg +el +un", "dcmcrle +un", "dcmcjpls +el +un"]
)
def test_lossless_compression_changes_nothing(name: str, command: str, tmp_path: Path) -> None:
    if not shutil.which(command.split()[0]):
        pytest.skip(f"{command.split()[0]} is not installed")
    packed = rewritten(name, tmp_path, *command.split())
    assert packed[1] not in UNCOMPRESSED
    assert same_content(*SAMPLES[name], *packed)


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("transfer_syntax", [EXPLICIT, IMPLICIT, DEFLATED])
def test_unpacked_lossless_objects_are_the_same(name: str, transfer_syntax: str) -> None:
    data, packed = SAMPLES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = read(data, packed)
        dataset.file_meta = pydicom.dataset.FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = packed
        dataset.decompress(as_rgb=False, generate_instance_uid=False)
    assert same_content(data, packed, encoded(dataset, transfer_syntax), transfer_syntax)


@pytest.mark.parametrize("name", [*PLAIN, *PACKED])
def test_a_changed_value_is_another_content(name: str) -> None:
    data, transfer_syntax = SAMPLES[name]
    dataset = read(data, transfer_syntax)
    dataset.StudyDescription = "AA1AD changed"
    changed = encoded(dataset, EXPLICIT if transfer_syntax not in UNCOMPRESSED else transfer_syntax)
    assert not same_content(data, transfer_syntax, changed, transfer_syntax)


@dcmtk
@pytest.mark.parametrize("command", ["dcmconv +ti", "dcmconv +tb", "dcmcrle +un"])
def test_a_changed_pixel_is_another_content(command: str, tmp_path: Path) -> None:
    data, transfer_syntax = SAMPLES["CT_small.dcm"]
    dataset = read(data, transfer_syntax)
    dataset.PixelData = dataset.PixelData[:-1] + bytes([dataset.PixelData[-1] ^ 1])
    other, other_syntax = rewritten("CT_small.dcm", tmp_path, *command.split())
    assert same_content(data, transfer_syntax, other, other_syntax)
    assert not same_content(encoded(dataset, EXPLICIT), EXPLICIT, other, other_syntax)


def test_a_lossy_object_is_the_same_only_as_it_was_compressed() -> None:
    data, transfer_syntax = SAMPLES["SC_rgb_jpeg_dcmtk.dcm"]
    dataset = read(data, transfer_syntax)
    dataset.PixelData = pydicom.encaps.encapsulate_extended(
        list(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=1))
    )[0]
    dataset["PixelData"].is_undefined_length = True
    again = encoded(dataset, EXPLICIT)
    assert again != data
    assert same_content(data, transfer_syntax, again, transfer_syntax)
    assert not same_content(data, transfer_syntax, again, "1.2.840.10008.1.2.4.51")


def test_trailing_padding_of_values_does_not_count() -> None:
    one, other = pydicom.Dataset(), pydicom.Dataset()
    one.PatientName, other.PatientName = "Testi^Tiina", "Testi^Tiina   "
    assert same_content(encoded(one, EXPLICIT), EXPLICIT, encoded(other, BIG), BIG)
    other.PatientName = "  Testi^Tiina"
    assert not same_content(encoded(one, EXPLICIT), EXPLICIT, encoded(other, BIG), BIG)


@pytest.mark.parametrize("zeros", [8, 16, 504])
@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG])
def test_zeros_behind_the_last_element_are_no_element(syntax: str, zeros: int) -> None:
    """Files are padded so; the same object comes without them from whoever writes it anew."""
    made = pydicom.Dataset()
    made.PatientName, made.BitsAllocated, made.PixelData = "Testi^Tiina", 16, b"\1\1\1\1"
    made["PixelData"].VR = "OW"
    plain = encoded(made, syntax)
    padded = plain + bytes(zeros)
    for other in (EXPLICIT, IMPLICIT, BIG):
        assert same_content(padded, syntax, encoded(made, other), other)
    assert not same_content(padded + b"\1\0\1\0" + bytes(4), syntax, plain, syntax)
    for target in transcoding.PLAIN:
        if target != syntax:
            given = transcoding.convert(padded, syntax, target)
            assert given == transcoding.convert(plain, syntax, target)
    assert "00000000" not in json_model.of_dataset(opened(padded, syntax).dataset, str)


def test_a_missing_or_additional_element_is_another_content() -> None:
    one, other = pydicom.Dataset(), pydicom.Dataset()
    one.PatientID = other.PatientID = "010181-900C"
    other.PatientComments = ""
    assert not same_content(encoded(one, EXPLICIT), EXPLICIT, encoded(other, EXPLICIT), EXPLICIT)


def test_a_private_value_known_to_one_side_only_is_compared_by_its_bytes() -> None:
    dataset = pydicom.Dataset()
    dataset.private_block(0x0009, "MAKER", create=True).add_new(0x01, "UL", 7)
    assert same_content(encoded(dataset, EXPLICIT), EXPLICIT, encoded(dataset, IMPLICIT), IMPLICIT)


def test_unreadable_bytes_are_the_same_as_nothing() -> None:
    data, transfer_syntax = SAMPLES["CT_small.dcm"]
    assert not same_content(data, transfer_syntax, data[:-100], transfer_syntax)
    assert not same_content(data, transfer_syntax, b"", transfer_syntax)
