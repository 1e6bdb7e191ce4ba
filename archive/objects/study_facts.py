"""What a correction may change: attributes of the patient and the study, PS3.3 C.7.1 and C.7.2.

`StudyFacts` are those of them by which the archive finds and names a study; all objects of a study
share them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from archive.objects.header import Header
from archive.values import HETU_ROOT

PATIENT_GROUP = 0x0010
STUDY_TAGS = frozenset(
    (
        *(0x00080020, 0x00080030, 0x00080050, 0x00080051),  # date, time, accession number, issuer
        *(0x00080090, 0x00080096, 0x0008009C, 0x0008009D),  # referring and consulting physicians
        *(0x00081030, 0x00081032, 0x00081048, 0x00081049, 0x00081060, 0x00081062),
        *(0x00081080, 0x00081084, 0x00081110),  # admitting diagnoses, referenced studies
        *(0x00200010, 0x00321032, 0x00321033, 0x00321034, 0x00321060, 0x00321064),
        *(0x00380010, 0x00380014, 0x00380060, 0x00380062, 0x00380064),  # admission, service episode
        0x00400275,  # Request Attributes Sequence: the order that the study answers
    )
)
# What tells of a correction or of how its texts are written down; no content of its own.
ACCOMPANYING = frozenset((0x00080005, 0x00080015, 0x04000561))


def is_correctable(tag: int) -> bool:
    """Whether the element may differ between versions of one object."""
    of_patient = tag >> 16 == PATIENT_GROUP and tag & 0xFFFF  # a group length says nothing
    return bool(of_patient) or tag in STUDY_TAGS or tag in ACCOMPANYING


def is_one_value(text: str) -> bool:
    """Whether an attribute of one value can say it: a backslash parts values, PS3.5 section 6.4,
    and control characters are in none of these (6.1.3).
    """
    return not any(each == "\\" or each < " " or each == "\x7f" for each in text)


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """Texts as sent, by DICOM keyword; the issuer is the one that was understood."""

    PatientID: str = ""
    IssuerOfPatientID: str = ""
    PatientName: str = ""
    PatientBirthDate: str = ""
    PatientSex: str = ""
    AccessionNumber: str = ""
    StudyDescription: str = ""
    StudyID: str = ""
    StudyDate: str = ""
    StudyTime: str = ""

    @classmethod
    def of(cls, header: Header) -> "StudyFacts":
        return cls(
            PatientID=header.patient_id,
            IssuerOfPatientID=(
                header.issuer_universal_entity_id or header.issuer_of_patient_id or HETU_ROOT
            ),
            PatientName=header.patient_name,
            PatientBirthDate=header.patient_birth_date,
            PatientSex=header.patient_sex,
            AccessionNumber=header.accession_number,
            StudyDescription=header.study_description,
            StudyID=header.study_id,
            StudyDate=header.study_date,
            StudyTime=header.study_time,
        )

    @classmethod
    def from_json(cls, values: Mapping[str, str]) -> "StudyFacts":
        return cls(**{name: str(values.get(name, "")) for name in FACTS})

    def to_json(self) -> dict[str, str]:
        return asdict(self)

    def mark(self) -> str:
        """Equal for objects that were corrected alike."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def changes(self, after: "StudyFacts") -> dict[str, tuple[str, str]]:
        """What differs: before and after, by keyword, in the order of the fields."""
        pairs = {name: (getattr(self, name), getattr(after, name)) for name in FACTS}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def on(self, header: Header) -> Header:
        """The header with these facts in it, to be judged by the rules of admission."""
        return header._replace(
            patient_id=self.PatientID,
            issuer_of_patient_id=self.IssuerOfPatientID,
            issuer_universal_entity_id="",
            patient_name=self.PatientName,
            patient_birth_date=self.PatientBirthDate,
            patient_sex=self.PatientSex,
            accession_number=self.AccessionNumber,
            study_description=self.StudyDescription,
            study_id=self.StudyID,
            study_date=self.StudyDate,
            study_time=self.StudyTime,
        )


FACTS = tuple(StudyFacts.__dataclass_fields__)
OF_ID = ("PatientID", "IssuerOfPatientID")
OF_PATIENT = frozenset(name for name in FACTS if "Patient" in name)
