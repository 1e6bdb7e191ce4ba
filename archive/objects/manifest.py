"""The manifest of a study: a Key Object Selection Document, PS3.3 A.35.4 with TID 2010 (PS3.16);
rejection notes of our own are made alike.

Strict when encoding, save for what was copied from the sender's objects: those values go out as
they came in, since a registration must not fail on a name that is a character too long.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from pydicom import config as pydicom_config
from pydicom import dcmread, dcmwrite
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from archive.errors import DatasetUnreadable
from archive.objects import deflated, part10
from archive.values import HELSINKI

transfer_syntax_uid = str(ExplicitVRLittleEndian)
sop_class_uid = "1.2.840.10008.5.1.4.1.1.88.59"  # PS3.4 B.5, Key Object Selection Document Storage

OBSERVER_NAME = "Imaging Data Repository"

_STORAGE = "1.2.840.10008.5.1.4.1.1."
# What a content item calls an object, PS3.3 C.17.3: waveform, other composite, image.
_WAVEFORM = (f"{_STORAGE}9.",)
_COMPOSITE = tuple(
    f"{_STORAGE}{ending}"
    for ending in (
        *(
            "4.2",
            "11.",
            "66",
            "67",
            "68.",
        ),  # spectroscopy, presentation states, raw data, mappings, surfaces
        *("88.", "90.1", "104.", "131"),  # reports, assessments, encapsulated documents, displays
        *("78.", "79.1", "80.1"),  # measurements of the eye
        *("34.", "200.", "481."),  # radiotherapy plans and records, protocols
    )
)
_IMAGES_ALL_THE_SAME = frozenset(
    f"{_STORAGE}{ending}"
    for ending in (
        "66.4",
        "66.7",
        "481.1",
        "481.2",
        "481.23",
        "481.24",
    )  # segmentations, RT images and dose
)


@dataclass(frozen=True, slots=True)
class ManifestContent:
    """What a manifest says of one study. Dates and times of the study are DICOM texts as sent."""

    patient_id: str
    patient_issuer: str
    patient_name: str
    birth_date: str
    sex: str
    study_uid: str
    study_date: str
    study_time: str
    accession: str
    accession_issuer: str
    study_description: str
    study_id: str
    series: tuple[
        tuple[str, str, tuple[tuple[str, str], ...]], ...
    ]  # uid, modality, (class, instance)...
    retrieve_aet: str
    retrieve_location_uid: str
    instance_uid: str
    series_uid: str
    made_at: datetime
    referring_physician: str = ""


@dataclass(frozen=True, slots=True)
class Title:
    """A document title of DICOM's own scheme, PS3.16 CID 7010 and 7011."""

    code: str
    meaning: str


MANIFEST = Title("113030", "Manifest")
REJECTIONS = {  # PS3.16 CID 7011
    "113001": Title("113001", "Rejected for Quality Reasons"),
    "113037": Title("113037", "Rejected for Patient Safety Reasons"),
    "113038": Title("113038", "Incorrect Modality Worklist Entry"),
    "113039": Title("113039", "Data Retention Policy Expired"),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """One object that a manifest names."""

    study_uid: str
    series_uid: str
    class_uid: str
    instance_uid: str
    retrieve_aet: str
    retrieve_location_uid: str
    value_type: str


def value_type(class_uid: str) -> str:
    """IMAGE, WAVEFORM or COMPOSITE, by SOP class."""
    if class_uid.startswith(_WAVEFORM):
        return "WAVEFORM"
    if class_uid.startswith(_COMPOSITE) and class_uid not in _IMAGES_ALL_THE_SAME:
        return "COMPOSITE"
    return "IMAGE"


def build(content: ManifestContent, title: Title = MANIFEST) -> bytes:
    """The data set in Explicit VR Little Endian, without preamble and file meta information.

    With the title of a rejection it is a rejection note, IHE RAD TF-3 4.66.
    """
    if not any(instances for _, _, instances in content.series):
        raise ValueError("a manifest names at least one object")  # evidence and content are Type 1
    dataset = Dataset()
    _put_identity(dataset, content)
    _put_document(dataset, content, title)
    dataset.CurrentRequestedProcedureEvidenceSequence = [_evidence(content)]
    dataset.ValueType = "CONTAINER"
    dataset.ConceptNameCodeSequence = [_code(title.code, title.meaning)]
    dataset.ContinuityOfContent = "SEPARATE"
    dataset.ContentTemplateSequence = [_of(MappingResource="DCMR", TemplateIdentifier="2010")]
    dataset.ContentSequence = [*_observer(content), *_content_items(content)]
    buffer = BytesIO()
    dcmwrite(buffer, dataset, implicit_vr=False, little_endian=True, enforce_file_format=False)
    return buffer.getvalue()


def read(data: bytes) -> list[Reference]:
    """The objects it names. Raises InflatesTooFar, and DatasetUnreadable, also when its two lists
    disagree.
    """
    try:
        dataset = _dataset(data)
        named = dict(_named_in_content(dataset))
        references = list(_named_in_evidence(dataset, named))
    except (AttributeError, KeyError, IndexError, ValueError):
        raise DatasetUnreadable("manifest cannot be read") from None
    if len(references) != len(named):
        raise DatasetUnreadable("manifest's content and evidence differ")
    return references


def _dataset(data: bytes) -> Dataset:
    """Of a file, or of a data set alone. pydicom's reading of files would inflate without end."""
    if data[128:132] != b"DICM" and data[:2] != b"\x02\x00":
        return dcmread(BytesIO(data), force=True)
    head = part10.read_incoming(data)
    if head is None:
        raise DatasetUnreadable("manifest ends too early")
    return deflated.dataset(data[head.offset :], head.transfer_syntax_uid)


def _put_identity(dataset: Dataset, content: ManifestContent) -> None:
    """Patient (C.7.1.1) and General Study (C.7.2.1), the same as in the study's own objects."""
    dataset.SpecificCharacterSet = "ISO_IR 192"
    copied = {
        "PatientName": content.patient_name,
        "PatientID": content.patient_id,
        "IssuerOfPatientID": content.patient_issuer,
        "PatientBirthDate": content.birth_date,
        "PatientSex": content.sex,
        "StudyInstanceUID": content.study_uid,
        "StudyDate": content.study_date,
        "StudyTime": content.study_time,
        "AccessionNumber": content.accession,
        "ReferringPhysicianName": content.referring_physician,
        "StudyDescription": content.study_description,
        "StudyID": content.study_id,
    }
    for keyword, value in copied.items():
        _copy(dataset, keyword, value)
    if content.patient_issuer:
        dataset.IssuerOfPatientIDQualifiersSequence = [_entity(content.patient_issuer)]
    if content.accession_issuer:
        dataset.IssuerOfAccessionNumberSequence = [_entity(content.accession_issuer)]


def _put_document(dataset: Dataset, content: ManifestContent, title: Title) -> None:
    """PS3.3 C.17.6.1 Key Object Document Series, C.7.5.1 Equipment, C.17.6.2 the document."""
    # Local time, no Timezone Offset (0008,0201): it would reinterpret the copied StudyTime.
    local = content.made_at.astimezone(HELSINKI)
    dataset.SOPClassUID = sop_class_uid
    dataset.SOPInstanceUID = content.instance_uid
    dataset.Modality = "KO"
    dataset.SeriesInstanceUID = content.series_uid
    dataset.SeriesNumber = 1
    dataset.SeriesDescription = title.meaning
    dataset.ReferencedPerformedProcedureStepSequence = []
    dataset.Manufacturer = OBSERVER_NAME
    dataset.InstanceNumber = 1
    dataset.ContentDate = dataset.SeriesDate = local.strftime("%Y%m%d")
    dataset.ContentTime = dataset.SeriesTime = local.strftime("%H%M%S.%f")
    dataset.InstanceCreationDate = dataset.ContentDate
    dataset.InstanceCreationTime = dataset.ContentTime
    if content.accession:
        dataset.ReferencedRequestSequence = [_request(content)]


def _request(content: ManifestContent) -> Dataset:
    """The order that the study answers: Type 1C, the rest of the item may be empty."""
    item = _of(
        ReferencedStudySequence=[],
        RequestedProcedureDescription="",
        RequestedProcedureID="",
        RequestedProcedureCodeSequence=[],
        PlacerOrderNumberImagingServiceRequest="",
        FillerOrderNumberImagingServiceRequest="",
    )
    _copy(item, "StudyInstanceUID", content.study_uid)
    _copy(item, "AccessionNumber", content.accession)
    if content.accession_issuer:
        item.IssuerOfAccessionNumberSequence = [_entity(content.accession_issuer)]
    return item


def _evidence(content: ManifestContent) -> Dataset:
    """Hierarchical SOP Instance Reference Macro, PS3.3 Table C.17-3."""
    study = Dataset()
    study.ReferencedSeriesSequence = [
        _of(
            RetrieveAETitle=content.retrieve_aet,
            ReferencedSOPSequence=[_pair(*instance) for instance in instances],
            SeriesInstanceUID=series_uid,
            RetrieveLocationUID=content.retrieve_location_uid,
        )
        for series_uid, _, instances in content.series
        if instances
    ]
    study.StudyInstanceUID = content.study_uid
    return study


def _observer(content: ManifestContent) -> Iterator[Dataset]:
    """TID 1002: type, and by TID 1004 UID and name of the device; the archive itself selected."""
    context = {"RelationshipType": "HAS OBS CONTEXT"}
    yield _of(
        **context,
        ValueType="CODE",
        ConceptNameCodeSequence=[_code("121005", "Observer Type")],
        ConceptCodeSequence=[_code("121007", "Device")],
    )
    yield _of(
        **context,
        ValueType="UIDREF",
        ConceptNameCodeSequence=[_code("121012", "Device Observer UID")],
        UID=content.retrieve_location_uid,
    )
    yield _of(
        **context,
        ValueType="TEXT",
        ConceptNameCodeSequence=[_code("121013", "Device Observer Name")],
        TextValue=OBSERVER_NAME,
    )


def _content_items(content: ManifestContent) -> Iterator[Dataset]:
    """Rows 7 to 9 of TID 2010: no concept name, as no purpose of reference may be present."""
    for _, _, instances in content.series:
        for class_uid, instance_uid in instances:
            yield _of(
                RelationshipType="CONTAINS",
                ValueType=value_type(class_uid),
                ReferencedSOPSequence=[_pair(class_uid, instance_uid)],
            )


def _named_in_content(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for item in dataset.ContentSequence:
        if item.RelationshipType == "CONTAINS" and "ReferencedSOPSequence" in item:
            yield str(item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID), str(item.ValueType)


def _named_in_evidence(dataset: Dataset, named: dict[str, str]) -> Iterator[Reference]:
    for study in dataset.CurrentRequestedProcedureEvidenceSequence:
        for series in study.ReferencedSeriesSequence:
            for item in series.ReferencedSOPSequence:
                yield Reference(
                    study_uid=str(study.StudyInstanceUID),
                    series_uid=str(series.SeriesInstanceUID),
                    class_uid=str(item.ReferencedSOPClassUID),
                    instance_uid=str(item.ReferencedSOPInstanceUID),
                    retrieve_aet=str(series.get("RetrieveAETitle", "")),
                    retrieve_location_uid=str(series.get("RetrieveLocationUID", "")),
                    value_type=named[str(item.ReferencedSOPInstanceUID)],
                )


def _copy(dataset: Dataset, keyword: str, value: str) -> None:
    """A value as the sender wrote it, unjudged."""
    tag = tag_for_keyword(keyword)
    assert tag is not None  # keywords above are literals
    dataset[keyword] = DataElement(
        tag, dictionary_VR(tag), value, validation_mode=pydicom_config.IGNORE
    )


def _of(**values: object) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _code(value: str, meaning: str) -> Dataset:
    return _of(CodeValue=value, CodingSchemeDesignator="DCM", CodeMeaning=meaning)


def _entity(oid: str) -> Dataset:
    return _of(UniversalEntityID=oid, UniversalEntityIDType="ISO")


def _pair(class_uid: str, instance_uid: str) -> Dataset:
    return _of(ReferencedSOPClassUID=class_uid, ReferencedSOPInstanceUID=instance_uid)
