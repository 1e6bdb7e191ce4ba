"""Key Object Selection Documents as they come: which objects they name, and why (PS3.3 A.35.4)."""

import warnings
from dataclasses import dataclass

from pydicom.dataset import Dataset

from archive.errors import DatasetUnreadable, StorageFull, StorageGone
from archive.objects import deflated, elements, manifest

SOP_CLASS_UID = manifest.sop_class_uid
SCHEME = "DCM"
INFLATED_LIMIT = 64 << 20
# Specific Character Set, Concept Name Code Sequence, Current Requested Procedure Evidence Sequence.
LOOKED_AT = frozenset((0x00080005, 0x0040A043, 0x0040A375))


@dataclass(frozen=True, slots=True)
class Named:
    """One object, by the path that leads to it."""

    study_uid: str
    series_uid: str
    class_uid: str
    instance_uid: str


@dataclass(frozen=True, slots=True)
class KeyObjects:
    """`title` is a code of DICOM's own scheme; empty for one of another."""

    title: str
    named: tuple[Named, ...]


def read(data: elements.Bytes, transfer_syntax_uid: str) -> KeyObjects:
    """Raises DatasetUnreadable; of one that is inflated also StorageFull, StorageGone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = deflated.dataset(
                data, transfer_syntax_uid, most=INFLATED_LIMIT, only=LOOKED_AT
            )
            return KeyObjects(_title(dataset), tuple(_named(dataset)))
    except (DatasetUnreadable, StorageFull, StorageGone):
        raise
    except Exception:  # pydicom raises what it likes on broken bytes
        raise DatasetUnreadable("key object selection cannot be read") from None


def _title(dataset: Dataset) -> str:
    concepts = dataset.get("ConceptNameCodeSequence") or []
    if not concepts or str(concepts[0].get("CodingSchemeDesignator", "")).strip() != SCHEME:
        return ""
    return str(concepts[0].get("CodeValue", "")).strip()


def _named(dataset: Dataset) -> list[Named]:
    """Of the evidence, PS3.3 Table C.17-3; each object once, in its order."""
    found = {
        str(item.ReferencedSOPInstanceUID): Named(
            str(study.StudyInstanceUID),
            str(series.SeriesInstanceUID),
            str(item.ReferencedSOPClassUID),
            str(item.ReferencedSOPInstanceUID),
        )
        for study in dataset.get("CurrentRequestedProcedureEvidenceSequence") or []
        for series in study.get("ReferencedSeriesSequence") or []
        for item in series.get("ReferencedSOPSequence") or []
    }
    return list(found.values())
