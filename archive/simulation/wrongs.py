"""Errors on request: what customers' systems get wrong, and the answer owed to them."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from archive.simulation.modules import STORAGE
from archive.simulation.studies import SyntheticStudy

RAW_DATA = STORAGE + "66"  # no content of the archive
UNKNOWN_TITLE = "TUNTEMATON"
_CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"

Alteration = Callable[[SyntheticStudy], SyntheticStudy]


@dataclass(frozen=True, slots=True)
class Wrong:
    """An error: what is altered, and what the archive should answer."""

    name: str
    what: str
    answer: str  # C-STORE status, or the refusal of the association; 0000 where storing is right
    alter: Alteration
    documents: bool = True
    needs_code: bool = False


def other_bytes(dataset: Dataset) -> Dataset:
    """The same object with other content: a forgotten UID after an edit."""
    changed = deepcopy(dataset)
    changed.SeriesDescription = "Muokattu"
    changed.InstanceCreatorUID = f"{dataset.SeriesInstanceUID}.9999"
    return changed


def _unaltered(study: SyntheticStudy) -> SyntheticStudy:
    return study


def _unknown_code(study: SyntheticStudy) -> SyntheticStudy:
    for dataset in study.datasets:
        dataset.StudyDescription = f"ZZ9ZZ {study.name}"
    return study


def _bad_patient_id(study: SyntheticStudy) -> SyntheticStudy:
    """The check character one off; still of the 900 series, so nobody's code."""
    right = study.patient.id
    following = _CHECK_CHARACTERS[(_CHECK_CHARACTERS.index(right[-1]) + 1) % 31]
    for dataset in study.datasets:
        dataset.PatientID = right[:-1] + following
    return study


def _no_accession(study: SyntheticStudy) -> SyntheticStudy:
    for dataset in study.datasets:
        dataset.AccessionNumber = ""
    return study


def _not_allowed_class(study: SyntheticStudy) -> SyntheticStudy:
    """Raw data of the scanner (PS3.3 A.37) instead of pictures."""
    first = study.datasets[0]
    raw = Dataset()
    raw.file_meta = deepcopy(first.file_meta)
    raw.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for element in first:
        if element.tag.group <= 0x0010 or element.keyword.endswith("InstanceUID"):
            raw.add(element)
    raw.SOPClassUID = RAW_DATA
    raw.InstanceNumber = 1
    raw.AcquisitionContextSequence = []
    raw.CreatorVersionUID = f"{study.study_uid}.99"
    return replace(study, datasets=(raw,))


WRONGS = {
    wrong.name: wrong
    for wrong in (
        Wrong("unknown-code", "study code is on no list", "A900", _unknown_code, needs_code=True),
        Wrong("no-document", "no document ever comes", "0000", _unaltered, documents=False),
        Wrong("bad-patient-id", "check character does not match", "A777", _bad_patient_id),
        Wrong("same-uid-other-bytes", "an object again, changed", "0111", _unaltered),
        Wrong("broken-off-transfer", "line dropped in an object", "broken off", _unaltered),
        Wrong("no-accession", "accession number is missing", "A900", _no_accession),
        Wrong("not-allowed-class", "raw data", "0122", _not_allowed_class),
        Wrong("unknown-ae", "nobody's AE title", "rejected 1/1/3", _unaltered, documents=False),
    )
}
