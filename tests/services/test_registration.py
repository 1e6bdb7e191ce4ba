"""From stored to registered, whichever came first, once (AR-4, AR-5, XD-2)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from archive import vault
from archive.models import (
    AvailabilityNotice,
    Case,
    CaseEvent,
    Document,
    Instance,
    Job,
    LedgerEvent,
    Register,
    Study,
)
from archive.objects import manifest
from archive.objects.registry import DocumentEntry
from archive.rules import linkage
from archive.services import doubts, publishing, registration
from archive.services.sessions import Session
from archive.values import now
from tests import cast
from tests.cast import RONTGEN, dataset
from tests.vaults import file_of

pytestmark = pytest.mark.usefixtures("db")


def quiet(study: Study) -> None:
    """As if the last object had come a while ago."""
    Instance.objects.filter(study=study).update(received_at=now() - timedelta(minutes=5))


def stored(*made: Dataset, **where: Any) -> Study:
    study = cast.store(*(made or (dataset(),)), **where)
    quiet(study)
    return study


def state(study: Study) -> str:
    return Study.objects.values_list("state", flat=True).get(id=study.id)


def test_a_study_that_still_receives_is_looked_at_again_when_it_is_quiet() -> None:
    study = cast.store(dataset())
    cast.documents()
    again = registration.advance(study.id)
    assert again is not None and again > now()
    assert state(study) == "receiving"


def test_a_committed_study_need_not_be_quiet() -> None:
    study = cast.store(dataset())
    cast.documents()
    Instance.objects.filter(study=study).update(committed_at=now())
    registration.advance(study.id)
    assert state(study) == "registered"


def test_what_was_counted_while_an_association_lasts_is_not_added_when_it_ends() -> None:
    """A sender that waits for its commitment keeps the association open meanwhile."""
    session = Session(cast.peer())
    first, second = dataset(), dataset()
    for made in (first, second):
        cast.send(session, made)
    study = Study.objects.get(instances__sop_instance_uid=first.SOPInstanceUID)
    Instance.objects.filter(study=study).update(committed_at=now())
    cast.documents()
    registration.advance(study.id)
    assert state(study) == "registered"
    session.close()
    study.refresh_from_db()
    size = len(cast.encoded(first)) + len(cast.encoded(second))
    assert (study.instance_count, study.byte_count) == (2, size)


def test_what_comes_between_counting_and_moving_on_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its receiving may have begun before that of the last one that was counted."""
    study, session = stored(), Session(cast.peer())
    judge = linkage.judge

    def judge_meanwhile(*asked: Any) -> linkage.Verdict:
        uid = cast.send(session, dataset())
        earlier = now() - timedelta(minutes=6)
        Instance.objects.filter(sop_instance_uid=uid).update(received_at=earlier)
        return judge(*asked)

    with monkeypatch.context() as patched:
        patched.setattr(linkage, "judge", judge_meanwhile)
        registration.advance(study.id)
    session.close()
    study.refresh_from_db()
    assert (study.state, study.instance_count) == ("waiting_for_documents", 2)


def test_a_manifest_that_an_object_overtook_leaves_nothing_in_the_vault(
    own_vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, session, late = stored(), Session(cast.peer()), dataset()
    cast.documents()
    prepare = publishing.prepare

    def prepare_and_receive(of: Study) -> publishing.Prepared | None:
        made = prepare(of)
        cast.send(session, late)
        return made

    with monkeypatch.context() as patched:
        patched.setattr(publishing, "prepare", prepare_and_receive)
        registration.advance(study.id)
    session.close()
    assert (state(study), Document.objects.filter(study=study).exists()) == ("receiving", False)
    quiet(study)
    registration.advance(study.id)
    monkeypatch.setattr(doubts, "DOUBT_SECONDS", -1)
    doubts.settle()
    kept = {digest.hex() for digest, _ in vault.every_object("production")}
    named = {bytes(each).hex() for each in Instance.objects.values_list("digest", flat=True)}
    assert kept - named == {Document.objects.get(study=study).vault_key}


@pytest.mark.parametrize(
    ("have", "missing"),
    [
        ((), "request,study-entry"),
        (("request",), "study-entry"),
        (("study-entry", "report"), "request"),
    ],
)
def test_without_its_documents_it_waits_and_says_for_what(
    have: tuple[str, ...], missing: str
) -> None:
    study = stored()
    cast.documents(have)
    registration.advance(study.id)
    registration.advance(study.id)
    study.refresh_from_db()
    assert (study.state, study.waits_for) == ("waiting_for_documents", missing)


def test_waiting_is_told_once() -> None:
    study = stored()
    registration.advance(study.id)
    registration.advance(study.id)
    assert LedgerEvent.objects.filter(study_id=study.id, kind="study.waiting").count() == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"accession": "A2"},
        {"patient": cast.VENLA},
        {"business_id": cast.MALLILA},
        {"environment": "test"},
    ],
)
def test_documents_of_another_accession_patient_controller_or_environment_do_not_count(
    elsewhere: dict[str, Any],
) -> None:
    study = stored()
    cast.documents(**elsewhere)
    registration.advance(study.id)
    assert state(study) == "waiting_for_documents"


def test_a_registered_study_has_a_manifest_an_entry_and_a_notice() -> None:
    study = stored(dataset(), dataset(), dataset(SeriesInstanceUID="1.2.246.10.90000003.1.2"))
    cast.documents()
    registration.advance(study.id)
    study.refresh_from_db()
    assert study.state == "registered"
    row = Document.objects.get(study=study)
    entry = DocumentEntry.from_json(row.metadata)
    assert entry.kind == "manifest" and entry.mime_type == "application/dicom"
    assert entry.format_code is not None
    assert entry.format_code.value == "1.2.840.10008.5.1.4.1.1.88.59"
    assert [code.value for code in entry.event_codes] == ["CT"]
    assert entry.type_code is not None and entry.type_code.value == "AA1AD"
    assert entry.study_instance_uid == study.study_instance_uid
    file = vault.read_file("production", bytes.fromhex(row.vault_key))
    assert entry.size == len(file)
    references = manifest.read(vault.read("production", bytes.fromhex(row.vault_key)))
    uids = set(Instance.objects.values_list("sop_instance_uid", flat=True))
    assert {reference.instance_uid for reference in references} == uids
    assert {reference.retrieve_aet for reference in references} == {"KANTA"}
    assert AvailabilityNotice.objects.get().manifest_id == row.id
    assert Job.objects.filter(kind="notice").count() == 1


def test_no_notice_is_owed_where_it_is_off() -> None:
    study = stored(business_id=cast.MALLILA)
    cast.documents(business_id=cast.MALLILA)
    registration.advance(study.id)
    assert state(study) == "registered"
    assert not AvailabilityNotice.objects.exists()


def test_walking_the_road_again_changes_nothing() -> None:
    study = stored()
    cast.documents()
    registration.advance(study.id)
    study.refresh_from_db()
    before = list(Document.objects.order_by("id").values_list("id", "status"))
    registration.advance(study.id)
    registration.advance(study.id)
    assert list(Document.objects.order_by("id").values_list("id", "status")) == before
    assert Study.objects.get(id=study.id).registered_at == study.registered_at
    assert AvailabilityNotice.objects.count() == 1


def test_later_objects_give_a_new_manifest_that_replaces_the_old() -> None:
    study = stored(business_id=RONTGEN)
    cast.documents(business_id=RONTGEN)
    registration.advance(study.id)
    stored(dataset(), business_id=RONTGEN)
    assert state(study) == "receiving"
    registration.advance(study.id)
    manifests = Document.objects.filter(study=study).order_by("registered_at")
    assert [row.status for row in manifests] == ["deprecated", "approved"]
    assert AvailabilityNotice.objects.count() == 2
    assert state(study) == "registered"


def test_an_arriving_document_wakes_its_studies_and_no_others() -> None:
    study = stored()
    other = stored(
        dataset(
            StudyInstanceUID="1.2.246.10.90000003.9",
            SeriesInstanceUID="1.2.246.10.90000003.9.1",
            AccessionNumber="A9",
        )
    )
    Job.objects.update(state="done")
    registration.documents_arrived("production", "1.2.246.10.90000003.19.0", "A1", study.patient_id)
    live = Job.objects.filter(state="waiting").values_list("subject_id", flat=True)
    assert list(live) == [study.id]
    assert other.id != study.id


def test_a_document_that_names_another_study_is_a_case_once_and_does_not_count() -> None:
    study = stored()
    cast.documents(study_uid="1.2.3.4")
    registration.advance(study.id)
    registration.advance(study.id)
    assert state(study) == "waiting_for_documents"
    case = Case.objects.get(reason="study-uid-differs")
    assert case.event_count == 2  # one a document
    cast.documents(study_uid=study.study_instance_uid)
    registration.advance(study.id)
    assert state(study) == "registered"
    case.refresh_from_db()
    assert case.state == "resolved"


def test_studies_that_share_an_accession_number_each_take_their_own_documents() -> None:
    first = stored()
    second = stored(
        dataset(
            StudyInstanceUID="1.2.246.10.90000003.5", SeriesInstanceUID="1.2.246.10.90000003.5.1"
        )
    )
    cast.documents(study_uid=first.study_instance_uid)
    cast.documents(study_uid=second.study_instance_uid)
    for study in (first, second):
        registration.advance(study.id)
        assert state(study) == "registered"
    assert not CaseEvent.objects.exists()


def test_a_wait_that_lasts_too_long_is_an_error_of_its_sender() -> None:
    study = stored()
    Instance.objects.update(received_at=now() - timedelta(days=3))
    registration.advance(study.id)
    registration.advance(study.id)
    case = Case.objects.get()
    assert (case.reason, case.organisation) == ("documents-late", cast.organisation())
    assert case.event_count == 1


def test_a_refused_object_that_was_sent_again_right_closes_its_case() -> None:
    uid = "1.2.246.10.90000003.77"
    with pytest.raises(Exception, match="no known study code"):
        cast.store(dataset(SOPInstanceUID=uid, StudyDescription="CT HEAD"))
    assert Case.objects.get().state == "open"
    study = stored(dataset(SOPInstanceUID=uid))
    cast.documents()
    registration.advance(study.id)
    assert Case.objects.get().state == "resolved"


# --- registers ------------------------------------------------------------------------------------


def test_a_study_goes_to_the_register_of_its_documents() -> None:
    study = stored()
    cast.documents()
    employers = employers_register(study)
    Document.objects.update(register=employers)
    registration.advance(study.id)
    study.refresh_from_db()
    assert (study.state, study.register) == ("registered", employers)
    assert Document.objects.get(kind="manifest").register == employers
    assert LedgerEvent.objects.get(kind="study.refiled").study_id == study.id


def test_a_study_stays_where_it_is_when_its_documents_disagree() -> None:
    study = stored()
    cast.documents()
    employers = employers_register(study)
    Document.objects.filter(kind="request").update(register=employers)
    registration.advance(study.id)
    study.refresh_from_db()
    assert study.state == "registered" and study.register != employers


def employers_register(study: Study) -> Register:
    return Register.objects.create(
        organisation=study.register.organisation,
        controller_oid=study.register.controller_oid,
        type="4",
        specifier="0245929-6",
    )


def test_a_study_of_the_first_years_has_a_time_of_four_digits_of_year() -> None:
    """Devices that know no day; what XDS tells of it is read again, here and elsewhere."""
    made = dataset(
        SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1",
        Modality="DOC",
        StudyDescription="Rasitus-EKG",
        StudyDate="00010102",
    )
    study = stored(made)
    cast.documents()
    registration.advance(study.id)
    assert state(study) == "registered"
    manifest = Document.objects.get(study=study, kind="manifest")
    assert manifest.metadata["service_start"] == "00010102083511"  # Helsinki then


@pytest.mark.parametrize(
    ("day", "at", "offset", "start"),
    [
        ("20260701", "101500", "", "20260701071500"),  # summer in Finland
        ("20261120", "101500", "", "20261120081500"),
        ("20261120", "003000", "", "20261119223000"),  # the day before, in UTC
        ("20261120", "101500", "+0100", "20261120091500"),  # (0008,0201) before Finland's
        ("20251026", "033000", "", "20251026003000"),  # the earlier one of the doubled hour
    ],
)
def test_the_time_of_a_manifest_is_utc_and_that_of_its_objects_as_it_came(
    day: str, at: str, offset: str, start: str
) -> None:
    """XD-5."""
    study = cast.store(dataset(StudyDate=day, StudyTime=at, TimezoneOffsetFromUTC=offset))
    cast.documents()
    Instance.objects.filter(study=study).update(committed_at=now())
    registration.advance(study.id)
    found = Document.objects.get(study=study, kind="manifest")
    assert found.metadata["service_start"] == start
    held = dcmread(file_of("production", bytes(Instance.objects.get().digest)))
    assert (held.StudyDate, held.StudyTime) == (day, at)
