"""Data sets to try things on: pydicom's own test files without their file meta information, and
small ones.
"""

import warnings
import zlib
from functools import cache
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom.data import get_testdata_files
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from archive.objects import elements

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
MISLABELLED = {
    "SC_rgb_jpeg.dcm",
    "SC_rgb_jpeg_app14_dcmd.dcm",
}  # implicit VR in a JPEG transfer syntax
TRUNCATED = {"rtplan_truncated.dcm", "MR_truncated.dcm"}  # would not be archived
BIG, DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"


@cache
def data_sets() -> dict[str, tuple[bytes, str]]:
    """The data set and transfer syntax of each of pydicom's test files that is in the encoding it
    names.
    """
    found: dict[str, tuple[bytes, str]] = {}
    for path in (Path(name) for name in get_testdata_files("**/*.dcm")):
        try:
            with warnings.catch_warnings(), path.open("rb") as file:
                warnings.simplefilter("ignore")
                dataset = pydicom.dcmread(file, stop_before_pixels=True)
                transfer_syntax = str(dataset.file_meta.TransferSyntaxUID)
        except (pydicom.errors.InvalidDicomError, AttributeError, EOFError, zlib.error):
            continue
        if path.name not in MISLABELLED:
            found[path.name] = (after_meta(path.read_bytes()), transfer_syntax)
    return found


def after_meta(part10: bytes) -> bytes:
    """The bytes behind the file meta information; (0002,0000) may be missing or wrong."""
    position = 132
    while part10[position : position + 2] == b"\x02\x00":
        _, _, length, value = elements.read_head(part10, position, len(part10), elements.EXPLICIT)
        position = value + length
    return part10[position:]


def encoded(dataset: Dataset, transfer_syntax: str) -> bytes:
    """`dataset` as it stands behind a file's meta information."""
    encoding = elements.encoding_of(transfer_syntax)
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = encoding.little, not encoding.explicit
    write_dataset(buffer, dataset)
    data = buffer.getvalue()
    if transfer_syntax != DEFLATED:
        return data
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def with_issuers(undefined: bool) -> Dataset:
    """A data set that names the issuers of patient id and accession number."""
    issuer, accession = Dataset(), Dataset()
    issuer.UniversalEntityID = "1.2.246.21"
    issuer.UniversalEntityIDType = "ISO"
    accession.UniversalEntityID = "1.2.246.10.9000000.19.0"
    accession.UniversalEntityIDType = "ISO"
    dataset = Dataset()
    dataset.AccessionNumber = "A1"
    dataset.IssuerOfAccessionNumberSequence = [accession]
    dataset.PatientID = "010181-900C"
    dataset.IssuerOfPatientIDQualifiersSequence = [issuer]
    dataset.StudyID = "1"
    dataset.Rows = 1
    for tag in (0x00080051, 0x00100024):
        dataset[tag].is_undefined_length = undefined
        dataset[tag].value[0].is_undefined_length_sequence_item = undefined
    return dataset


def read(data: bytes, transfer_syntax: str) -> Dataset:
    encoding = elements.encoding_of(transfer_syntax)
    if transfer_syntax == DEFLATED:
        data = zlib.decompress(data, -zlib.MAX_WBITS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.filereader.read_dataset(
            BytesIO(data), not encoding.explicit, encoding.little
        )
