"""What we ask a customer's archive about its studies, and what it answers; of persons nothing."""

from contextlib import suppress

from pydicom.dataset import Dataset

from archive.objects.study_lists import ListedStudy, Question
from archive.rules import study_lists


def encode_question(question: Question) -> Dataset:
    """The identifier of a C-FIND at study level, PS3.4 C.6.2.1; days as a range, C.2.2.2.5."""
    asked = Dataset()
    asked.QueryRetrieveLevel = "STUDY"
    asked.StudyDate = f"{question.first_day:%Y%m%d}-{question.last_day:%Y%m%d}"
    asked.StudyInstanceUID = ""
    asked.AccessionNumber = ""
    asked.NumberOfStudyRelatedInstances = ""
    return asked


def decode_study(answer: Dataset) -> ListedStudy:
    """Raises ValueError when it names no study. What else cannot be read is as if not said."""
    uid = str(answer.get("StudyInstanceUID", "")).strip()
    if not uid:
        raise ValueError("no Study Instance UID")
    row = {
        "accession_number": str(answer.get("AccessionNumber", "") or "").strip(),
        "study_date": str(answer.get("StudyDate", "") or "").strip(),
        "instances": str(answer.get("NumberOfStudyRelatedInstances", "") or "").strip(),
    }
    said = {"study_instance_uid": uid}
    for name, value in row.items():
        with suppress(study_lists.Faulty):
            study_lists.study({**said, name: value})
            said[name] = value
    return study_lists.study(said)
