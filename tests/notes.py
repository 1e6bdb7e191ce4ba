"""Key object selections as customers' systems make them: rejection notes, key notes."""

from datetime import timedelta
from typing import Any

from pydicom.dataset import Dataset

from archive.models import (
    CorrectionPolicy,
    Organisation,
    Patient,
    RetentionBasis,
    RetentionRule,
)
from archive.rules.retention import anniversary
from archive.values import now, today, uid_from_uuid
from tests import cast
from tests.cast import ESIMERKKILA

KOS = "1.2.840.10008.5.1.4.1.1.88.59"
QUALITY, SAFETY, WORKLIST, RETENTION = "113001", "113037", "113038", "113039"
KEY_NOTE = "113000"  # Of Interest


def code(value: str, meaning: str = "x") -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def note(title: str, *named: Dataset, **overrides: Any) -> Dataset:
    """Names these objects, whose data sets are given as they were stored."""
    made = cast.dataset(
        **{
            "SOPClassUID": KOS,
            "Modality": "KO",
            "SeriesInstanceUID": uid_from_uuid(),
            "StudyInstanceUID": str(named[0].StudyInstanceUID) if named else "1.2.3",
            "Rows": None,
            "Columns": None,
            "BitsAllocated": None,
            "BitsStored": None,
            "HighBit": None,
            "PixelRepresentation": None,
            "SamplesPerPixel": None,
            "PhotometricInterpretation": None,
            **overrides,
        }
    )
    del made.PixelData
    made.ConceptNameCodeSequence = [code(title)]
    made.CurrentRequestedProcedureEvidenceSequence = _evidence(named)
    return made


def _evidence(named: tuple[Dataset, ...]) -> list[Dataset]:
    studies: dict[str, dict[str, list[Dataset]]] = {}
    for each in named:
        item = Dataset()
        item.ReferencedSOPClassUID = each.SOPClassUID
        item.ReferencedSOPInstanceUID = each.SOPInstanceUID
        series = studies.setdefault(str(each.StudyInstanceUID), {})
        series.setdefault(str(each.SeriesInstanceUID), []).append(item)
    found = []
    for study_uid, of_study in studies.items():
        study = Dataset()
        study.StudyInstanceUID = study_uid
        study.ReferencedSeriesSequence = []
        for series_uid, items in of_study.items():
            series_item = Dataset()
            series_item.SeriesInstanceUID = series_uid
            series_item.ReferencedSOPSequence = items
            study.ReferencedSeriesSequence.append(series_item)
        found.append(study)
    return found


def send(made: Dataset, business_id: str = ESIMERKKILA, environment: str = "production") -> None:
    """One association that brings one object. Raises what it is refused with."""
    session = cast.Session(cast.peer(business_id, environment))
    try:
        cast.send(session, made)
    finally:
        session.close()


def died(days: int) -> None:
    """All patients so long ago, less so many days, that the retention of their studies ends then,
    with the rule closed that keeps everything for now.
    """
    rules = RetentionRule.objects
    rules.filter(permanent=True).update(valid_until=today() - timedelta(days=1))
    years = max(rules.filter(basis=RetentionBasis.DEATH).values_list("years", flat=True))
    Patient.objects.update(death_date=anniversary(today(), -years) + timedelta(days=days))


def allow(business_id: str = ESIMERKKILA, **columns: Any) -> CorrectionPolicy:
    """What a customer may correct from today on."""
    return CorrectionPolicy.objects.create(
        organisation=Organisation.objects.get(business_id=business_id),
        valid_from=today(),
        source="agreed in the test",
        made_at=now(),
        **columns,
    )
