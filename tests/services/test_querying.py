"""C-FIND over the index: what matches, what is said of it, and what is not even there (AR-6)."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from archive import errors
from archive.models import (
    Authorisation,
    AuthorisationLevel,
    CaseEvent,
    LedgerEvent,
    Organisation,
    Patient,
    Register,
    Study,
    StudyState,
)
from archive.services import querying
from archive.services.querying import Question
from archive.values import HETU_ROOT, now, today, uuid7
from tests import builders, cast
from tests.cast import ESIMERKKILA, IMPLICIT, MALLILA, MATTI, VENLA, dataset
from tests.configuring import Configure
from tests.finding import answers, find, question, study, tag, uids

pytestmark = pytest.mark.usefixtures("db")


def test_a_study_is_found_with_what_was_asked_for_and_where_it_is_retrieved_from() -> None:
    uid = study(1)
    cast.store(dataset(StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.1"))
    cast.store(dataset(StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.2", Modality="CT"))
    (found,) = find(
        "STUDY",
        StudyInstanceUID=uid,
        PatientName="",
        StudyDate="",
        ModalitiesInStudy="",
        SOPClassesInStudy="",
        NumberOfStudyRelatedSeries="",
        NumberOfStudyRelatedInstances="",
        InstanceAvailability="",
        StudyID="",
    )
    assert found == {
        "StudyInstanceUID": uid,
        "PatientName": "Meikäläinen^Matti",
        "StudyDate": "20261120",
        "ModalitiesInStudy": "CT",
        "SOPClassesInStudy": cast.CT,
        "NumberOfStudyRelatedSeries": "2",
        "NumberOfStudyRelatedInstances": "3",
        "InstanceAvailability": "ONLINE",
        "StudyID": "",
        "RetrieveAETitle": "KANTA",
    }


def test_every_level_of_both_roots_is_answered() -> None:
    uid = study(1)
    (patient,) = find(
        "PATIENT",
        patient_root=True,
        PatientID=MATTI,
        NumberOfPatientRelatedStudies="",
        NumberOfPatientRelatedSeries="",
        NumberOfPatientRelatedInstances="",
    )
    assert patient["NumberOfPatientRelatedStudies"] == "1"
    assert (
        patient["NumberOfPatientRelatedSeries"] == patient["NumberOfPatientRelatedInstances"] == "1"
    )
    for root in (True, False):
        assert uids("STUDY", patient_root=root, PatientID=MATTI) == {uid}
        (series,) = find(
            "SERIES",
            patient_root=root,
            StudyInstanceUID=uid,
            Modality="",
            NumberOfSeriesRelatedInstances="",
        )
        assert series["SeriesInstanceUID"] == f"{uid}.1"
        assert series["NumberOfSeriesRelatedInstances"] == "1"
        (image,) = find(
            "IMAGE", patient_root=root, SeriesInstanceUID=f"{uid}.1", SOPClassUID="", StudyDate=""
        )
        assert image["SOPClassUID"] == cast.CT
        assert image["StudyDate"] == "20261120"


def test_what_is_anothers_is_as_if_it_were_not_there() -> None:
    uid = study(1)
    for level in ("STUDY", "SERIES", "IMAGE"):
        assert uids(level, business_id=MALLILA, StudyInstanceUID=uid) == set()
    assert find("PATIENT", patient_root=True, business_id=MALLILA, PatientID=MATTI) == []
    assert not CaseEvent.objects.exists()


def test_the_other_environment_is_as_if_it_were_not_there() -> None:
    made = dataset()
    cast.store(made, environment="test")
    assert uids("STUDY", StudyInstanceUID=str(made.StudyInstanceUID)) == set()


def test_a_successor_finds_what_its_predecessor_stored() -> None:
    uid = study(1)
    successor = Organisation.objects.get(business_id=MALLILA)
    Register.objects.filter(organisation__business_id=ESIMERKKILA).update(organisation=successor)
    assert uids("STUDY", business_id=MALLILA, StudyInstanceUID=uid) == {uid}
    assert uids("STUDY", StudyInstanceUID=uid) == set()


def authorise(producer: Organisation, level: str) -> Authorisation:
    """To read what Esimerkkilä has, of Matti alone or of everybody."""
    register = Register.objects.get(organisation__business_id=ESIMERKKILA, is_default=True)
    of_matti = level == AuthorisationLevel.PATIENT
    return Authorisation.objects.create(
        environment="production",
        series=uuid7(),
        document_oid="1.2.3",
        level=level,
        state="granted",
        organiser=register.organisation,
        register=register,
        producer=producer,
        patient=Patient.objects.get(identifier=MATTI) if of_matti else None,
        valid_from=today(),
        made_by="test",
        made_at=now(),
        granted_at=now(),
    )


def test_a_producer_finds_what_it_may_have_back_while_its_authorisation_lives() -> None:
    uid = study(1)
    granted = authorise(cast.organisation(MALLILA), "patient")
    for keys in ({"PatientID": MATTI}, {"StudyInstanceUID": uid}):
        assert uids("STUDY", business_id=MALLILA, **keys) == {uid}
    assert find("PATIENT", patient_root=True, business_id=MALLILA, PatientID=MATTI)
    Authorisation.objects.filter(id=granted.id).update(state="ended", closed_at=now())
    for keys in ({"PatientID": MATTI}, {"StudyInstanceUID": uid}):
        assert uids("STUDY", business_id=MALLILA, **keys) == set()


def test_a_person_is_found_by_any_of_the_ids_and_answered_by_the_surviving_one() -> None:
    first, second = study(1), study(2, PatientID=VENLA, PatientName="Virtanen^Venla")
    survivor = Patient.objects.get(identifier=MATTI)
    Patient.objects.filter(identifier=VENLA).update(survivor=survivor)
    for code in (MATTI, VENLA):
        assert uids("STUDY", PatientID=code) == {first, second}
        (patient,) = find(
            "PATIENT",
            patient_root=True,
            PatientID=code,
            PatientName="",
            NumberOfPatientRelatedStudies="",
        )
        assert patient["PatientName"] == "Meikäläinen^Matti"
        assert patient["NumberOfPatientRelatedStudies"] == "2"
    assert {each["PatientID"] for each in find("STUDY", PatientID=VENLA)} == {MATTI}
    assert uids("STUDY", PatientName="virtanen*") == set()


@pytest.mark.parametrize(
    ("key", "value", "matches"),
    [
        ("PatientName", "MEIKÄLÄINEN^MATTI", True),
        ("PatientName", "meik*", True),
        ("PatientName", "meikäläinen^m?tti", True),
        ("PatientName", "Meik", False),
        ("PatientName", "*", True),
        ("AccessionNumber", "A1", True),
        ("AccessionNumber", "a1", False),
        ("AccessionNumber", "A?", True),
        ("AccessionNumber", "A%", False),
        ("AccessionNumber", "_1", False),
        ("StudyDescription", "AA1AD*", True),
        ("StudyDescription", "aa1ad*", False),
        ("StudyDate", "20261120", True),
        ("StudyDate", "20261101-20261130", True),
        ("StudyDate", "20261121-", False),
        ("StudyDate", "-20261120", True),
        ("StudyTime", "1015", True),
        ("StudyTime", "1000-1030", True),
        ("StudyTime", "101501-", False),
        ("ModalitiesInStudy", "CT", True),
        ("ModalitiesInStudy", "MR\\CT", True),
        ("ModalitiesInStudy", "C?", True),
        ("ModalitiesInStudy", "MR", False),
        ("SOPClassesInStudy", cast.CT, True),
        ("SOPClassesInStudy", "1.2.840.10008.5.1.4.1.1.4", False),
        ("StudyInstanceUID", "1.2.246.10.90000003.9\\1.2.246.10.90000003.1", True),
        ("ReferringPhysicianName", "lähettäjä*", True),
        ("ReferringPhysicianName", "LÄHETTÄJÄ^LIISA", True),
        ("ReferringPhysicianName", "Liisa*", False),
        ("PatientBirthDate", "19810101", True),
        ("PatientSex", "M", False),
        ("TimezoneOffsetFromUTC", "+0200", True),
        ("PatientID", MATTI, True),
        ("PatientID", MATTI.lower(), True),
        ("PatientID", f"{MATTI[:-1]}D", False),
        ("IssuerOfPatientID", HETU_ROOT, True),
        ("IssuerOfPatientID", "1.2.3", False),
        ("IssuerOfPatientIDQualifiersSequence", {"UniversalEntityID": HETU_ROOT}, True),
        ("IssuerOfPatientIDQualifiersSequence", {"UniversalEntityID": "1.2.3"}, False),
        ("IssuerOfPatientIDQualifiersSequence", {"UniversalEntityIDType": "DNS"}, False),
        (
            "IssuerOfAccessionNumberSequence",
            {"UniversalEntityID": "1.2.246.10.90000003.19.0"},
            True,
        ),
        (
            "IssuerOfAccessionNumberSequence",
            {"UniversalEntityID": "1.2.246.10.90000011.19.0"},
            False,
        ),
    ],
)
def test_a_key_matches_as_the_standard_says(key: str, value: Any, matches: bool) -> None:
    uid = study(1, ReferringPhysicianName="Lähettäjä^Liisa")
    assert uids("STUDY", **{key: value}) == ({uid} if matches else set())


def test_who_referred_and_what_was_imaged_are_answered() -> None:
    study(1, ReferringPhysicianName="Lähettäjä^Liisa", BodyPartExamined="HEAD")
    study(2)
    asked = {"ReferringPhysicianName": "", "BodyPartExamined": "HEAD", "Modality": ""}
    (found,) = find("SERIES", **asked)
    assert (found["ReferringPhysicianName"], found["BodyPartExamined"]) == (
        "Lähettäjä^Liisa",
        "HEAD",
    )
    assert uids("SERIES", BodyPartExamined="CHEST") == set()


def test_a_sequence_is_answered_with_the_attributes_that_were_asked_for() -> None:
    study(1)
    asked = question("STUDY", IssuerOfAccessionNumberSequence={"UniversalEntityID": ""})
    (found,) = answers(querying.find(cast.peer(), asked))
    ((only,),) = found[tag("IssuerOfAccessionNumberSequence")].items
    assert only.values == ("1.2.246.10.90000003.19.0",)


def test_dates_and_times_are_one_range_when_that_was_agreed() -> None:
    evening = study(1, StudyDate="20261120", StudyTime="220000")
    morning = study(2, StudyDate="20261121", StudyTime="060000")
    keys = {"StudyDate": "20261120-20261121", "StudyTime": "2100-0700"}
    assert uids("STUDY", together=True, **keys) == {evening, morning}
    keys = {"StudyDate": "20261120-20261121", "StudyTime": "2300-0700"}
    assert uids("STUDY", together=True, **keys) == {morning}
    assert uids("STUDY", **keys) == set()


@pytest.mark.parametrize(
    ("level", "keys"),
    [
        ("", {}),
        ("EVERYTHING", {}),
        ("PATIENT", {"PatientID": MATTI}),
        ("STUDY", {"StudyDate": "yesterday"}),
        ("STUDY", {"StudyDate": "20261301"}),
        ("STUDY", {"StudyTime": "-"}),
        ("STUDY", {"StudyTime": "256199"}),
        ("STUDY", {"StudyInstanceUID": "1.2.letters"}),
        ("STUDY", {"StudyInstanceUID": "1.2.246.10.90000003.*"}),
        ("SERIES", {"SeriesNumber": "one"}),
    ],
)
def test_an_identifier_that_cannot_be_matched_is_refused_and_a_case(
    level: str, keys: dict[str, str]
) -> None:
    with pytest.raises(errors.IdentifierMismatch):
        querying.find(cast.peer(), question(level, **keys))
    assert CaseEvent.objects.get().case.reason == "identifier-mismatch"


def test_bytes_that_are_no_identifier_are_refused() -> None:
    with pytest.raises(errors.DatasetUnreadable):
        querying.find(cast.peer(), Question(b"no identifier", IMPLICIT, patient_root=False))


def test_a_query_without_keys_is_answered_up_to_the_limit_and_says_so(
    configure: Configure,
) -> None:
    configure(DICOM_FIND_LIMIT="2")
    for number in range(3):
        study(number + 1)
    search = querying.find(cast.peer(), question("STUDY"))
    assert len(search.rows) == 2
    assert search.more
    assert LedgerEvent.objects.get(kind="images.queried").facts["more"] is True
    assert CaseEvent.objects.get().case.reason == "query-too-broad"


def test_a_query_that_takes_too_long_is_ended(configure: Configure) -> None:
    configure(DICOM_FIND_SECONDS="0.05")
    with pytest.raises(errors.QueryTooBroad), querying.bounded(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")


def test_a_query_is_one_event_that_names_keys_and_never_their_values() -> None:
    study(1)
    keys = {"PatientID": MATTI, "StudyDate": "20261120-", "PatientName": ""}
    querying.find(cast.peer(), question("STUDY", **keys))
    event = LedgerEvent.objects.get(kind="images.queried")
    assert event.facts == {
        "level": "STUDY",
        "keys": ["PatientID", "StudyDate"],
        "found": 1,
        "calling": "ESIM_PACS",
    }
    assert event.patient_id == Patient.objects.get(identifier=MATTI).id
    assert event.actor_name == "ESIM_PACS (127.0.0.1)"


def test_a_key_of_a_deeper_level_is_passed_over_whatever_it_says() -> None:
    study(1)
    keys = {"PatientID": MATTI, "StudyDate": "yesterday", "Modality": "CT"}
    search = querying.find(cast.peer(), question("PATIENT", patient_root=True, **keys))
    assert (len(search.rows), search.partial) == (1, True)
    assert LedgerEvent.objects.get(kind="images.queried").facts["keys"] == ["PatientID"]


def test_optional_keys_that_are_not_known_are_said_to_be_so() -> None:
    study(1)
    assert querying.find(cast.peer(), question("STUDY", InstitutionName="")).partial
    assert querying.find(cast.peer(), question("STUDY", Modality="CT")).partial
    assert not querying.find(cast.peer(), question("STUDY", PatientName="")).partial


def test_a_study_by_its_uid_costs_four_statements() -> None:
    """The bound, who may read, the study, the ledger; the answer itself costs none."""
    study = cast.store(dataset())
    asked = question("STUDY", StudyInstanceUID=study.study_instance_uid, PatientName="")
    authorise(cast.organisation(MALLILA), "patient")
    for peer in (cast.peer(), cast.peer(MALLILA)):  # of the register, and by an authorisation
        querying.find(peer, asked)  # the first words what the others say again
        with CaptureQueriesContext(connection) as captured:
            assert len(answers(querying.find(peer, asked))) == 1
        statements = [each["sql"] for each in captured if "SAVEPOINT" not in each["sql"]]
        assert len(statements) == 4, statements


def test_a_study_alone_is_found_as_it_is_among_several() -> None:
    """One UID has a statement of its own, a list of them has not: they say the same."""
    own, destroyed, corrected, merged = (study(number) for number in range(1, 5))
    rows = Study.objects.filter(environment="production")
    rows.filter(study_instance_uid=destroyed).update(state=StudyState.DESTROYED)
    rows.filter(study_instance_uid=corrected).update(state=StudyState.CORRECTED)
    survivor = builders.patient(VENLA)
    Patient.objects.filter(identifier=MATTI).update(survivor=survivor)
    asked = dict.fromkeys(("PatientID", "PatientName", "StudyDate", "ModalitiesInStudy"), "")
    asked["IssuerOfAccessionNumberSequence"] = {"UniversalEntityID": ""}
    seen = set()
    for business_id in (ESIMERKKILA, MALLILA):
        for uid in (own, destroyed, corrected, merged):
            alone, among = (
                answers(querying.find(cast.peer(business_id), question("STUDY", **asked, **named)))
                for named in ({"StudyInstanceUID": uid}, {"StudyInstanceUID": f"{uid}\\1.2.3"})
            )
            assert alone == among
            seen |= {(business_id, uid)} if alone else set()
    assert seen == {(ESIMERKKILA, own), (ESIMERKKILA, merged)}
