"""Storing by one association: durable, once, nothing kept of what is refused (AR-1, NF-4)."""

from dataclasses import replace
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from archive import errors, vault
from archive.config import settings
from archive.errors import PatientConflict
from archive.errors.persons import PatientIdForeign
from archive.models import CaseEvent, Instance, Job, LedgerEvent, Patient, Register, Study
from archive.objects import deflated
from archive.services import ingest
from archive.services.sessions import Session
from tests import cast
from tests.cast import EXPLICIT, IMPLICIT, MALLILA, VENLA, dataset, encoded, send
from tests.objects import samples
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db")


def files(environment: str = "production") -> list[str]:
    folder = file_of(environment, bytes(32)).parent.parent
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_bytes_are_kept_exactly_and_the_file_tells_where_it_belongs() -> None:
    made = dataset()
    study = cast.store(made)
    instance = Instance.objects.get(study=study)
    assert vault.read("production", bytes(instance.digest)) == encoded(made)
    path = file_of("production", bytes(instance.digest))
    read = pydicom.dcmread(path)
    assert read.file_meta.SourceApplicationEntityTitle == "ESIM_PACS"
    assert read.file_meta.TransferSyntaxUID == EXPLICIT
    assert read.PatientID == made.PatientID
    assert path.stat().st_mode & 0o077 == 0


def test_an_association_is_one_ledger_event_a_study_and_owes_one_registration() -> None:
    study = cast.store(*(dataset() for _ in range(3)))
    events = LedgerEvent.objects.filter(study_id=study.id, kind="study.stored")
    assert [event.facts["instances"] for event in events] == [3]
    assert Job.objects.filter(subject_id=study.id, kind="registration").count() == 1
    assert study.instance_count == 3
    assert study.modalities == ["CT"]
    assert str(study.started_at) == "2026-11-20 08:15:00+00:00"


def test_the_same_object_again_is_success_without_a_second_copy() -> None:
    made = dataset()
    cast.store(made)
    cast.store(made)
    assert Instance.objects.count() == 1


@pytest.mark.parametrize("again", [EXPLICIT, IMPLICIT])
def test_the_same_content_in_another_encoding_is_success_and_the_first_bytes_stay(
    again: str,
) -> None:
    made = dataset()
    cast.store(made)
    session = Session(cast.peer())
    data = encoded(made, again)
    send(session, made, again, data=data)
    session.close()
    assert vault.read("production", bytes(Instance.objects.get().digest)) == encoded(made)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"PixelData": bytes(8)}, errors.OtherContent),
        ({"InstanceNumber": "2"}, errors.OtherContent),
        ({"PatientID": VENLA}, errors.PatientConflict),
    ],
)
def test_other_content_under_a_known_uid_is_refused(
    change: dict[str, Any], error: type[errors.ArchiveError]
) -> None:
    first = dataset()
    cast.store(first)
    kept = sorted(files())
    with pytest.raises(error):
        cast.store(dataset(SOPInstanceUID=first.SOPInstanceUID, **change))
    assert sorted(files()) == kept
    assert Instance.objects.count() == 1


def test_a_refused_object_leaves_no_pixels_and_no_study_but_a_case_that_explains_it() -> None:
    kept = sorted(files())
    with pytest.raises(errors.StudyCodeUnknown):
        cast.store(dataset(StudyDescription="CT HEAD", AccessionNumber="A7"))
    assert sorted(files()) == kept
    assert not Study.objects.exists()
    event = CaseEvent.objects.select_related("case").get(accession_number="A7")
    assert (event.case.code, event.case.reason) == ("A900", "study-code-unknown")
    assert event.case.organisation == cast.organisation()
    assert event.facts["Modality"] == "CT"
    assert "010181-900C" not in str(event.facts)


def test_a_study_under_another_patient_is_refused_but_a_merged_id_counts_as_its_survivor() -> None:
    study = cast.store(dataset())
    with pytest.raises(errors.PatientConflict):
        cast.store(dataset(PatientID=VENLA))
    survivor = Patient.objects.create(
        environment="production", identifier=VENLA, issuer="1.2.246.21"
    )
    Patient.objects.filter(id=study.patient_id).update(survivor=survivor)
    cast.store(dataset(PatientID=VENLA))
    assert Instance.objects.filter(study=study).count() == 2


def test_anothers_study_cannot_be_added_to_and_is_not_confirmed_to_exist() -> None:
    first = dataset()
    cast.store(first)
    with pytest.raises(errors.OtherRegister) as refused:
        cast.store(dataset(), business_id=MALLILA)
    assert refused.value.error_comment == "0124: object cannot be stored here"
    with pytest.raises(errors.OtherRegister):
        cast.store(first, business_id=MALLILA)


def test_another_organisers_register_needs_an_authorisation() -> None:
    issuer = Dataset()
    issuer.UniversalEntityID = "1.2.246.10.90000011.19.0"
    issuer.UniversalEntityIDType = "ISO"
    with pytest.raises(errors.ControllerUnauthorised):
        cast.store(dataset(IssuerOfAccessionNumberSequence=[issuer]))
    issuer.UniversalEntityID = "1.2.246.10.90000003.19.0"
    cast.store(dataset(IssuerOfAccessionNumberSequence=[issuer]))


def test_a_series_belongs_to_one_study() -> None:
    cast.store(dataset())
    with pytest.raises(errors.RelationalMismatch):
        cast.store(dataset(StudyInstanceUID="1.2.246.10.90000003.2"))


def test_the_environments_never_meet() -> None:
    made = dataset()
    first = cast.store(made)
    second = cast.store(made, environment="test")
    assert first.id != second.id
    assert first.patient_id != second.patient_id
    assert {row.environment for row in Instance.objects.all()} == {"production", "test"}


def test_objects_after_registration_put_the_study_back_to_receiving() -> None:
    study = cast.store(dataset())
    Study.objects.filter(id=study.id).update(state="registered")
    Job.objects.filter(subject_id=study.id).update(state="done")
    assert cast.store(dataset()).state == "receiving"
    assert Job.objects.filter(subject_id=study.id, state="waiting").count() == 1


def test_an_object_larger_than_memory_is_allowed_goes_by_a_file_and_is_whole() -> None:
    pixels = bytes(vault.SPILL + 4096)
    made = dataset(PixelData=pixels)
    data = encoded(made)
    session = Session(cast.peer())
    receipt = ingest.begin(
        session,
        sop_class_uid=cast.CT,
        sop_instance_uid=str(made.SOPInstanceUID),
        transfer_syntax_uid=EXPLICIT,
    )
    for start in range(0, len(data), 1 << 20):
        receipt.write(data[start : start + (1 << 20)])
    assert len(receipt.incoming.head) <= vault.SPILL + (1 << 20)
    receipt.finish()
    assert vault.read("production", bytes(Instance.objects.get().digest)) == data


@pytest.mark.parametrize("size", [8, vault.SPILL + 4096])
def test_a_data_set_that_ends_inside_its_pixels_is_refused(size: int) -> None:
    made = dataset(PixelData=bytes(size))
    session = Session(cast.peer())
    with pytest.raises(errors.DatasetUnreadable):
        send(session, made, data=encoded(made)[:-4])
    with pytest.raises(errors.DatasetUnreadable):
        send(session, made, data=encoded(made) + b"rubbish!")
    assert not Instance.objects.exists()


def test_an_element_of_a_vr_that_we_do_not_know_is_kept_as_it_came() -> None:
    made = dataset()
    data = encoded(made) + b"\xe1\x7f\x01\x10UK\x04\x00abcd"
    send(Session(cast.peer()), made, data=data)
    assert vault.read("production", bytes(Instance.objects.get().digest)) == data


def test_a_deflated_object_that_becomes_too_large_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = replace(settings(), inflated_max_bytes=1 << 20)
    monkeypatch.setattr(deflated, "settings", lambda: known)
    before, session = files(), Session(cast.peer())
    bomb = dataset(PixelData=bytes(16 << 20))
    for data, refusal in (
        (samples.encoded(bomb, samples.DEFLATED), errors.InflatesTooFar),
        (samples.encoded(dataset(), samples.DEFLATED)[:-3], errors.DatasetUnreadable),
    ):
        with pytest.raises(refusal):
            send(session, bomb, samples.DEFLATED, data=data)
    assert not Instance.objects.exists() and files() == before
    assert CaseEvent.objects.filter(case__reason="inflates-too-far", case__code="C000").exists()
    whole = dataset()
    uid = send(session, whole, samples.DEFLATED, data=samples.encoded(whole, samples.DEFLATED))
    assert Instance.objects.get().sop_instance_uid == uid


def test_a_transfer_that_breaks_off_leaves_a_case_and_nothing_else() -> None:
    made = dataset(AccessionNumber="A8")
    session = Session(cast.peer())
    receipt = ingest.begin(
        session,
        sop_class_uid=cast.CT,
        sop_instance_uid=str(made.SOPInstanceUID),
        transfer_syntax_uid=EXPLICIT,
    )
    receipt.write(encoded(made)[:-4])
    receipt.abandon()
    session.close()
    assert not Instance.objects.exists()
    event = CaseEvent.objects.select_related("case").get(accession_number="A8")
    assert event.case.reason == "transfer-broken"


@pytest.mark.parametrize(
    ("business_id", "issuer", "stored"),
    [
        (cast.ESIMERKKILA, "1.2.246.10.90000003.22.2026", True),
        (cast.ESIMERKKILA, "1.2.246.10.90000003.10.7.22.2026", True),  # of one of its units
        (cast.ESIMERKKILA, "1.2.246.10.90000011.22.2026", False),
        (MALLILA, "1.2.246.10.90000003.22.2026", False),
    ],
)
def test_a_temporary_id_is_taken_from_its_issuer_only(
    business_id: str, issuer: str, stored: bool
) -> None:
    made = dataset(PatientID="010181-9991", IssuerOfPatientID=issuer)
    if stored:
        assert cast.store(made, business_id=business_id).patient.issuer == issuer
        return
    session = Session(cast.peer(business_id))
    with pytest.raises(PatientIdForeign) as raised:
        send(session, made)
    session.close()
    assert raised.value.code == "A777"
    assert not Instance.objects.exists() and not cast.newcomers().exists()


ELSEWHERE = {
    "StudyInstanceUID": "1.2.246.10.90000003.2",
    "SeriesInstanceUID": "1.2.246.10.90000003.2.1",
}


def test_objects_that_alternate_are_each_judged_as_themselves() -> None:
    own, foreign = (f"1.2.246.10.{arc}.22.2026" for arc in ("90000003", "90000011"))
    session = Session(cast.peer())
    for number in range(4):
        common = {"PatientID": "010181-9991", "InstanceNumber": str(number)}
        send(session, dataset(**common, IssuerOfPatientID=own))
        with pytest.raises(PatientIdForeign):
            send(session, dataset(**common, IssuerOfPatientID=foreign, **ELSEWHERE))
        with pytest.raises(PatientConflict):
            send(session, dataset(PatientID=VENLA, InstanceNumber=str(number)))
    session.close()
    assert Instance.objects.count() == 4


def test_a_successor_stores_under_its_predecessors_temporary_ids() -> None:
    register = Register.objects.get(organisation__business_id=MALLILA, is_default=True)
    register.organisation = cast.organisation()
    register.save()
    issuer = "1.2.246.10.90000011.22.2022"
    made = dataset(PatientID="010181-9991", IssuerOfPatientID=issuer)
    assert cast.store(made).patient.issuer == issuer


def test_a_patient_whom_a_document_told_of_first_gets_its_name_with_the_first_object() -> None:
    cast.document("request")
    assert cast.newcomers().get().name == ""
    cast.store(dataset())
    found = cast.newcomers().get()
    assert (found.name, found.birth_date, found.sex) == ("Meikäläinen^Matti", "19810101", "F")


@pytest.mark.parametrize(
    ("day", "at", "offset"),
    [("00010101", "000000", ""), ("00010101", "010000", "+0200"), ("99991231", "235959", "-1200")],
)
def test_a_day_at_either_end_of_time_is_archived_as_it_came(day: str, at: str, offset: str) -> None:
    """Devices that know no day send the first one there is; it is no moment in UTC."""
    document = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.104.1",
        "Modality": "DOC",
        "StudyDescription": "Rasitus-EKG",
    }
    made = dataset(**document, StudyDate=day, StudyTime=at, TimezoneOffsetFromUTC=offset)
    study = cast.store(made)
    assert (study.study_date, study.study_time, study.started_at) == (day, at, None)


@pytest.mark.parametrize(
    ("offset", "hour"),
    [("", 8), ("+0530", 4), ("-1200", 22), ("+1400", 20)]
    + [(none, 8) for none in ("+9999", "+1401", "-1201", "+0260", "EET", "+02:00")],
)
def test_an_offset_that_no_place_has_is_none(offset: str, hour: int) -> None:
    """PS3.3 C.12.1.1.8: -1200 to +1400. What is none leaves the time in Finland."""
    study = cast.store(dataset(StudyTime="101500", TimezoneOffsetFromUTC=offset))
    assert study.started_at is not None and study.started_at.hour == hour
