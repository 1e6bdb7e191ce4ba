"""Studies of every kind, wiped from the index, and the rows that must come back."""

from typing import Any

from django.db.models import F
from pydicom.dataset import Dataset

from archive import vault
from archive.models import (
    AvailabilityNotice,
    Correction,
    Document,
    Instance,
    InstanceVersion,
    Patient,
    RejectedObject,
    Rejection,
    Series,
    Study,
    Submission,
)
from archive.services import (
    commitment,
    corrections,
    overlays,
    registration,
    rejection_notes,
    rejections,
)
from archive.services.rebuilding import Progress
from archive.values import uid_from_uuid
from tests import cast, notes
from tests.cast import VENLA, dataset
from tests.notes import QUALITY, SAFETY, note
from tests.services.test_corrections import NEW_PATIENT, corrected
from tests.services.test_corrections_laid_over import lay_over
from tests.services.test_rejections import ARCHIVIST


def nothing(progress: Progress) -> None:
    """Nobody watches."""


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """All that must come back, by what names it outside the database."""

    def listed(queryset: Any, *names: str) -> list[tuple[Any, ...]]:
        found = (
            tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)
            for row in queryset.values_list(*names)
        )
        return sorted(found, key=str)

    return {
        "patients": listed(
            Patient.objects.filter(studies__isnull=False).distinct(),
            *("environment", "issuer", "identifier", "name", "birth_date", "sex"),
        ),
        "studies": listed(
            Study.objects.all(),
            *("environment", "study_instance_uid", "register_id", "connection_id"),
            *("patient__identifier", "accession_number", "study_code", "description"),
            *("study_date", "study_time", "started_at", "received_at", "committed_at"),
        ),
        "modalities": sorted(
            (study.study_instance_uid, sorted(study.modalities)) for study in Study.objects.all()
        ),
        "series": listed(
            Series.objects.all(),
            *("environment", "series_instance_uid", "study__study_instance_uid", "modality"),
            *("series_number", "description"),
        ),
        "instances": listed(
            Instance.objects.annotate(series_uid=F("series__series_instance_uid")),
            *("environment", "sop_instance_uid", "series_uid", "sop_class_uid", "digest", "size"),
            *("transfer_syntax_uid", "content_type", "instance_number", "received_at", "version"),
            *("rejection", "committed_at", "store"),
        ),
        "versions": listed(
            InstanceVersion.objects.all(),
            *("instance__sop_instance_uid", "number", "digest", "originals", "received_at"),
        ),
        "corrections": listed(
            Correction.objects.all(),
            *("study__study_instance_uid", "mark", "state", "origin", "connection_id", "reason"),
        ),
        "rejections": listed(
            Rejection.objects.all(),
            *("note_uid", "title", "organisation_id", "reason", "actor_name", "made_at", "digest"),
        ),
        "rejected": listed(
            RejectedObject.objects.annotate(uid=F("rejection__note_uid"), gone=F("ended_why")),
            *("uid", "sop_instance_uid", "instance__sop_instance_uid", "gone"),
        ),
    }


ELSEWHERE = {"StudyInstanceUID": "1.2.5", "SeriesInstanceUID": "1.2.5.1"}


LATER = {"StudyInstanceUID": "1.2.6", "SeriesInstanceUID": "1.2.6.1"}


def decided() -> list[dict[str, Any]]:
    return [vault.read_record(key) for key in vault.record_keys("production")]


def wipe(*, persons: bool = True) -> None:
    Study.objects.update(overlay=None)
    Correction.objects.update(previous=None)
    for model in (
        *(InstanceVersion, RejectedObject, Rejection, Correction, AvailabilityNotice),
        *(Document, Submission, Instance, Series, Study),
    ):
        model.objects.all().delete()
    if persons:
        cast.newcomers().delete()


def a_life() -> None:
    """Every kind of thing that can have happened to a study."""
    notes.allow(metadata=True)
    plain = [dataset(), dataset(SeriesInstanceUID="1.2.246.10.90000003.1.2", Modality="CT")]
    study = cast.store(*plain)
    asked = commitment.request(
        cast.peer(),
        transaction_uid=uid_from_uuid(),
        references=[(cast.CT, str(each.SOPInstanceUID)) for each in plain],
    )
    commitment.result(asked)
    commitment.reported(asked, same_association=True)
    cast.documents()
    registration.advance(study.id)
    cast.store(dataset(), environment="test")
    of_another(1)
    a_rejected_one(2)
    a_corrected_one(3)
    a_half_corrected_one(4)
    an_overlaid_one(5)


def made(number: int, count: int = 2, **columns: Any) -> list[Any]:
    uid = f"1.2.246.10.90000003.{number + 10}"
    facts = {"StudyInstanceUID": uid, "AccessionNumber": f"R{number}", **columns}
    return [dataset(SeriesInstanceUID=f"{uid}.1", **facts) for _ in range(count)]


def of_another(number: int) -> None:
    cast.store(*made(number), business_id=cast.MALLILA)


def a_rejected_one(number: int) -> None:
    first, second, third, fourth = made(number, 4)
    study = cast.store(first, second, third, fourth)
    notes.send(note(QUALITY, first))
    notes.send(note(SAFETY, first, second))
    notes.send(note(SAFETY, dataset(StudyInstanceUID="1.2.99")))  # still awaited
    chosen = Instance.objects.filter(sop_instance_uid__in=[third.SOPInstanceUID])
    rejection = rejection_notes.reject(
        ARCHIVIST, study, chosen.values_list("id", flat=True), QUALITY, reason="moved"
    )
    rejections.revoke(ARCHIVIST, rejection, reason="had not moved")


def a_corrected_one(number: int) -> None:
    first, second = made(number)
    study = cast.store(first, second)
    cast.store(*(corrected(each, AccessionNumber="R3", **NEW_PATIENT) for each in (first, second)))
    assert corrections.settle(study.id) is None


def a_half_corrected_one(number: int) -> None:
    first, second = made(number)
    study = cast.store(first, second)
    cast.store(corrected(first, AccessionNumber="R4", **NEW_PATIENT))
    assert corrections.settle(study.id)


def an_overlaid_one(number: int) -> None:
    study = cast.store(*made(number))
    lay_over(study, PatientID=VENLA)
    [wrong] = lay_over(study, StudyDescription="AA1AD Pään TT, toinen")
    overlays.undo(ARCHIVIST, wrong, reason="was right")


def corrected_back(made: Dataset) -> Dataset:
    """As systems say it: what was wrong stands in the object."""
    again, was = corrected(made), Dataset()
    was.ModifiedAttributesSequence = [Dataset()]
    was.ModifiedAttributesSequence[0].PatientID = VENLA
    again.OriginalAttributesSequence = [was]
    return again
