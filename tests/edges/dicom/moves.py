"""A study to be moved, the request for it, and what the answers count."""

from typing import Any

from pydicom.dataset import Dataset
from pynetdicom.association import Association

from archive.models import LedgerEvent
from tests import cast
from tests.edges.dicom.listening import COMMITMENT
from tests.edges.dicom.test_finding import asked

STUDY_MOVE, PATIENT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2", "1.2.840.10008.5.1.4.1.2.1.2"
MOVE = (STUDY_MOVE, cast.IMPLICIT)
UID = "1.2.246.10.90000003.1"
CONTEXTS = (MOVE, (COMMITMENT, cast.IMPLICIT))


def stored(count: int = 3, **columns: Any) -> list[Dataset]:
    """A study of so many objects."""
    made = [cast.dataset(InstanceNumber=str(number), **columns) for number in range(count)]
    cast.store(*made)
    return made


def moved(
    assoc: Association, request: Dataset, destination: str = "ESIM_PACS", model: str = STUDY_MOVE
) -> tuple[list[Dataset], Dataset, Dataset | None]:
    """Pending responses, the final one, and its identifier."""
    answers = list(assoc.send_c_move(request, destination, model))
    last, identifier = answers[-1]
    return [status for status, _ in answers[:-1]], last, identifier


def counts(status: Dataset) -> tuple[int | None, int, int, int]:
    """Remaining, completed, failed, warning."""
    remaining = status.get("NumberOfRemainingSuboperations")
    return (
        None if remaining is None else int(remaining),
        int(status.NumberOfCompletedSuboperations),
        int(status.NumberOfFailedSuboperations),
        int(status.NumberOfWarningSuboperations),
    )


def study_level() -> Dataset:
    return asked(StudyInstanceUID=UID)


def retrieved() -> list[LedgerEvent]:
    return list(LedgerEvent.objects.filter(kind="study.retrieved").order_by("at"))


def failed_uids(identifier: Dataset | None) -> set[str]:
    assert identifier is not None
    listed = identifier.FailedSOPInstanceUIDList
    return {listed} if isinstance(listed, str) else set(map(str, listed))
