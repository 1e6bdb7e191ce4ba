"""QIDO-RS: what is found, in which form, how far, and what is not even there (AR-6)."""

from typing import Any

import pytest
from lxml import etree
from pydicom.dataset import Dataset

from archive.actors import SYSTEM
from archive.edges.dicomweb import codec
from archive.models import CaseEvent, LedgerEvent, Organisation, Register, Rejection, Study
from archive.services import rejections, series_told
from archive.services.sessions import Session
from tests import cast, notes
from tests.cast import MALLILA, MATTI, VENLA, dataset
from tests.edges.dicomweb import web
from tests.notes import SAFETY, note

pytestmark = pytest.mark.usefixtures("db")

STUDY_UID, SERIES_UID, SOP_UID = "0020000D", "0020000E", "00080018"


def study(number: int, **columns: Any) -> str:
    uid = f"1.2.246.10.90000003.{number}"
    values = {"AccessionNumber": f"A{number}", "SeriesInstanceUID": f"{uid}.1", **columns}
    cast.store(dataset(StudyInstanceUID=uid, **values))
    return uid


def values(response: Any, tag: str = STUDY_UID) -> list[Any]:
    return [each[tag]["Value"][0] for each in web.model(response)]


def test_studies_are_found_in_the_json_of_the_standard() -> None:
    uid = study(1)
    (found,) = web.model(web.system().get("studies", PatientID=MATTI, StudyDate="20261101-"))
    assert found[STUDY_UID] == {"vr": "UI", "Value": [uid]}
    assert found["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Meikäläinen^Matti"}]}
    assert found["00080061"]["Value"] == ["CT"]
    assert found["00201208"] == {"vr": "IS", "Value": [1]}
    assert found["00080056"]["Value"] == ["ONLINE"]
    assert found["00200010"] == {"vr": "SH"}  # no study id
    assert found["00081190"]["Value"] == [f"http://testserver/dicomweb/studies/{uid}"]
    assert "00080052" not in found
    event = LedgerEvent.objects.get(kind="images.queried")
    assert event.facts["found"] == 1 and "PatientID" in event.facts["keys"]


def test_a_number_that_is_zero_is_a_number() -> None:
    uid = study(1, SeriesNumber="0", InstanceNumber="0")
    (found,) = web.model(web.system().get(f"studies/{uid}/instances"))
    assert found["00200011"] == found["00200013"] == {"vr": "IS", "Value": [0]}


@pytest.mark.parametrize("number", ["--5", "+-5", "-"])
def test_what_is_no_number_stands_as_it_came(number: str) -> None:
    """Of a device that writes what it likes; the others' answers go on."""
    made = dataset(SeriesNumber="98765", InstanceNumber="98765")
    data = cast.encoded(made).replace(b"98765 ", number.ljust(6).encode())
    session = Session(cast.peer())
    cast.send(session, made, data=data)
    session.close()
    uid = made.StudyInstanceUID
    (found,) = web.model(web.system().get(f"studies/{uid}/instances"))
    assert found["00200011"] == found["00200013"] == {"vr": "IS", "Value": [number]}


def test_each_address_has_its_level() -> None:
    uid = study(1)
    sop = str(cast.dataset().SOPInstanceUID)
    cast.store(
        dataset(
            StudyInstanceUID=uid, SeriesInstanceUID=f"{uid}.2", SOPInstanceUID=sop, Modality="CT"
        )
    )
    study(2, PatientID=VENLA, PatientName="Testi^Venla")
    ours = web.system()
    assert len(values(ours.get("studies"))) == 2
    assert len(values(ours.get("series"), SERIES_UID)) == 3
    assert len(values(ours.get("instances"), SOP_UID)) == 3
    assert len(values(ours.get(f"studies/{uid}/series"), SERIES_UID)) == 2
    assert len(values(ours.get(f"studies/{uid}/instances"), SOP_UID)) == 2
    response = ours.get(f"studies/{uid}/series/{uid}.2/instances")
    (found,) = web.model(response)
    assert found[SOP_UID]["Value"] == [sop] and found["00083002"]["Value"] == [cast.EXPLICIT]
    where = f"/dicomweb/studies/{uid}/series/{uid}.2/instances/{sop}"
    assert found["00081190"]["Value"][0].endswith(where)
    assert STUDY_UID in found and "00100010" not in found  # the address names the study


def test_keys_are_keywords_numbers_lists_and_paths() -> None:
    first, second = study(1), study(2)
    ours = web.system()
    for wanted in ({"00080050": "A1"}, {"AccessionNumber": "A1"}, {"StudyInstanceUID": first}):
        assert values(ours.get("studies", **wanted)) == [first]
    both = values(ours.get("studies", StudyInstanceUID=f"{first},{second}"))
    assert sorted(both) == [first, second]
    name = "IssuerOfAccessionNumberSequence.UniversalEntityID"
    own = Register.objects.get(organisation__business_id=cast.ESIMERKKILA, is_default=True)
    assert len(values(ours.get("studies", **{name: own.controller_oid}))) == 2
    assert ours.get("studies", **{name: "1.2.3"}).status_code == 204
    assert len(values(ours.get("studies", ModalitiesInStudy="MR,CT"))) == 2


def test_what_is_asked_to_be_included_is() -> None:
    study(1)
    (found,) = web.model(web.system().get("studies", includefield="SOPClassesInStudy,00100024"))
    assert found["00080062"]["Value"] == [cast.CT]
    assert found["00100024"]["Value"][0]["00400033"]["Value"] == ["ISO"]
    (found,) = web.model(web.system().get("studies", includefield="all"))
    assert found["00201200"]["Value"] == [1]


def test_studies_are_found_by_who_referred_the_patient() -> None:
    """A key that PS3.18 table 10.6.1-5 demands."""
    study(1, ReferringPhysicianName="Lähettäjä^Liisa")
    study(2, ReferringPhysicianName="Muu^Maija")
    (found,) = web.model(web.system().get("studies", ReferringPhysicianName="lähettäjä*"))
    assert found["00080090"]["Value"] == [{"Alphabetic": "Lähettäjä^Liisa"}]


def test_series_are_found_by_their_step_and_orders() -> None:
    """Keys that PS3.18 table 10.6.1-5 demands; they are returned unasked (table 10.6.3-4)."""
    order, other = Dataset(), Dataset()
    order.ScheduledProcedureStepID, order.RequestedProcedureID = "S1", "R1"
    other.RequestedProcedureID = "R2"
    step = {"PerformedProcedureStepStartDate": "20261120"}
    uid = study(1, RequestAttributesSequence=[order, other], **step)
    study(2, RequestAttributesSequence=[other])
    for each in Study.objects.all():
        series_told.read_new(each)
    for keys in (
        step,
        {"RequestAttributesSequence.ScheduledProcedureStepID": "S*"},
        {"00400275.00401001": "R1"},
        {"00400275.00401001": "R1", "00400275.00400009": "S1"},
    ):
        response = web.system().get("series", **keys)
        (found,) = web.model(response)
        assert found[SERIES_UID]["Value"] == [f"{uid}.1"] and "Warning" not in response.headers
    (found,) = web.model(web.system().get(f"studies/{uid}/series"))
    assert found["00400244"] == {"vr": "DA", "Value": ["20261120"]}
    assert found["00400245"] == {"vr": "TM"}
    assert found["00400275"]["Value"] == [
        {
            "00400009": {"vr": "SH", "Value": ["S1"]},
            "00401001": {"vr": "SH", "Value": ["R1"]},
        },
        {"00400009": {"vr": "SH"}, "00401001": {"vr": "SH", "Value": ["R2"]}},
    ]
    xml = web.system().get(
        f"studies/{uid}/series", 'multipart/related; type="application/dicom+xml"'
    )
    assert xml.content.count(b'keyword="RequestedProcedureID"') == 2
    for keys in (
        {"00400275.00401001": "R9"},
        {"00400275.00401001": "R2", "00400275.00400009": "S1"},
    ):
        assert web.system().get("series", **keys).status_code == 204


def test_names_of_parameters_are_heard_in_any_case() -> None:
    for number in range(3):
        study(number + 1)
    found = web.model(web.system().get("studies", Limit="1", includeField="SOPClassesInStudy"))
    assert [each["00080062"]["Value"] for each in found] == [[cast.CT]]
    warned = web.system().get("studies", fuzzyMatching="true")
    assert "Only literal matching" in warned["Warning"]
    assert web.system().get("studies", limit="1", LIMIT="2").status_code == 400


@pytest.mark.parametrize(
    ("address", "key", "value"),
    [
        ("series", "RequestAttributesSequence.RequestedProcedureDescription", "X"),
        ("instances", "Rows", "512"),
        ("instances", "Columns", "512"),
        ("studies", "NumberOfStudyRelatedInstances", "7"),
        ("studies", "IssuerOfAccessionNumberSequence.LocalNamespaceEntityID", "OYS"),
        ("studies", "PatientName.UniversalEntityID", "X"),
        ("studies", "Modality", "MR"),
    ],
)
def test_a_key_that_is_not_matched_is_named(address: str, key: str, value: str) -> None:
    study(1)
    response = web.system().get(address, **{key: value})
    assert len(web.model(response)) == 1
    assert f"Not matched, as not kept here: {key}." in response["Warning"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("NumberOfStudyRelatedInstances", ""),
        ("IssuerOfAccessionNumberSequence", ""),
        ("00080051.00400032", "1.2.246.10.90000003.19.0"),
        ("00080051.00400033", "ISO"),
        ("ModalitiesInStudy", "CT"),
    ],
)
def test_what_is_matched_or_only_returned_needs_no_word(key: str, value: str) -> None:
    study(1)
    response = web.system().get("studies", **{key: value})
    assert len(web.model(response)) == 1 and "Warning" not in response.headers


def test_pages_follow_each_other_the_last_received_first() -> None:
    uids = [study(number) for number in range(1, 6)]
    ours, turned = web.system(), []
    for offset, warned in ((0, True), (2, True), (4, False)):
        response = ours.get("studies", limit=2, offset=offset)
        assert ("Additional results" in response.headers.get("Warning", "")) == warned
        turned += values(response)
    assert turned == uids[::-1]
    assert ours.get("studies", offset=5).status_code == 204
    assert not CaseEvent.objects.exists()


def test_what_is_not_supported_is_said() -> None:
    study(1)
    response = web.system().get("studies", fuzzymatching="true", InstitutionName="Oulu")
    assert len(values(response)) == 1
    warning = response["Warning"]
    assert warning.startswith("299 http://testserver/dicomweb ")
    assert "Only literal matching" in warning and "InstitutionName" in warning
    response = web.system().get("studies", emptyvaluematching="true", ModalitiesInStudy="MR,CT")
    assert len(values(response)) == 1
    assert "Empty Value Matching has not been performed." in response["Warning"]
    # Several values of a key mean any of them, asked for or not.
    response = web.system().get("studies", multiplevaluematching="true", ModalitiesInStudy="MR\\CT")
    assert len(values(response)) == 1 and "Warning" not in response.headers
    assert len(values(web.system().get("studies", emptyvaluematching="false"))) == 1


@pytest.mark.parametrize(
    ("where", "key", "value", "expected"),
    [
        ("studies", "StudyDate", "20261301", "YYYYMMDD"),
        ("studies", "00080020", "abc", "YYYYMMDD"),
        ("studies", "PatientBirthDate", "19811301-", "YYYYMMDD"),
        ("studies", "StudyTime", "256199", "HHMMSS"),
        ("studies", "StudyInstanceUID", "1.2.letters", "digits and points"),
        ("studies", "SOPClassesInStudy", "1.2,letters", "digits and points"),
        ("series", "SeriesNumber", "one", "whole number"),
        ("studies", "00080051.00400032", "\0", "text"),
        ("studies", "limit", "ten", "0 to 999999999"),
        ("studies", "offset", "-1", "0 to 999999999"),
        ("studies", "fuzzymatching", "perhaps", "true or false"),
    ],
)
def test_a_value_that_is_none_is_refused_with_what_is_expected(
    where: str, key: str, value: str, expected: str
) -> None:
    """It was an empty answer: a person took it for a patient without images."""
    study(1)
    response = web.system().get(where, **{key: value})
    assert response.status_code == 400
    web.problem(response)
    told = response.json()
    names = {
        "00080020": "StudyDate",
        "00080051.00400032": "IssuerOfAccessionNumberSequence.UniversalEntityID",
    }
    assert told["field"] == names.get(key, key) and expected in told["detail"]
    assert value not in told["detail"]  # it may be anything


def test_letters_that_are_no_utf_8_are_refused() -> None:
    """As some systems write an ä; it would match nothing."""
    study(1, PatientName="Mäkinen^Eino")
    ours = web.system()
    response = ours.get("studies?PatientName=M%E4kinen*")
    assert web.problem(response) == (400, "request-unclear")
    assert "UTF-8" in response.json()["detail"]
    assert len(values(ours.get("studies?PatientName=M%C3%A4kinen*"))) == 1
    assert CaseEvent.objects.get().case.reason == "request-unclear"


def test_a_wrong_request_is_answered_with_what_is_wrong() -> None:
    ours = web.system()
    for wrong, status, field in (
        ({"PatientNmae": "x"}, 400, "PatientNmae"),
        ({"": "x"}, 400, ""),
        ({"RequestedProcedureCodeSequence.": "x"}, 400, "RequestedProcedureCodeSequence."),
        ({"limit": "ten"}, 400, "limit"),
        ({"offset": codec.MAX_OFFSET + 1}, 400, "offset"),
    ):
        response = ours.get("studies", **wrong)
        assert web.problem(response) == (status, "request-unclear")
        assert response.json().get("field", "") == field
    response = ours.get("studies", StudyDate="yesterday")
    assert web.problem(response) == (400, "identifier-mismatch")
    assert response.json()["elements"] == "00080020"
    assert "StudyDate" in response.json()["detail"] and "VR DA" in response.json()["detail"]
    for never in ({"StudyInstanceUID": "1.2\0"}, {"PatientName": "\0*"}, {"PatientID": "\0"}):
        assert web.problem(ours.get("studies", **never)) == (400, "identifier-mismatch")
    assert web.problem(ours.get("studies", accept="text/html")) == (406, "not-acceptable")
    wrong_method = web.CLIENT.post("/dicomweb/series")
    assert web.problem(wrong_method) == (405, "not-found") and wrong_method["Allow"] == "GET, HEAD"
    for nowhere in ("", "studies/", "studies/abc"):
        assert web.problem(ours.get(nowhere)) == (404, "not-found")
    told = set(CaseEvent.objects.values_list("case__edge", "case__place", "case__reason"))
    assert told == {
        ("dicomweb", "query", "request-unclear"),
        ("dicomweb", "query", "identifier-mismatch"),
    }


def test_xml_is_given_where_it_is_accepted() -> None:
    uid = study(1)
    response = web.system().get("studies", accept='multipart/related; type="application/dicom+xml"')
    ((content_type, content),) = web.parts(response)
    assert content_type == "application/dicom+xml"
    root = etree.fromstring(content)
    told = root.findtext(f"DicomAttribute[@tag='{STUDY_UID}']/Value[@number='1']")
    assert root.tag == "NativeDicomModel" and told == uid
    assert root.findtext(".//PersonName/Alphabetic/FamilyName") == "Meikäläinen"


def test_text_that_xml_cannot_carry_stands_without_it() -> None:
    uid = study(1, StudyDescription="AA1AD P\x0b\ufffeä\uffff\U0001f9b4n TT")
    for address in ("studies", f"studies/{uid}/metadata"):
        response = web.system().get(
            address, accept='multipart/related; type="application/dicom+xml"'
        )
        assert response.status_code == 200
        ((_, content),) = web.parts(response)
        assert "AA1AD Pä\U0001f9b4n TT".encode() in content


def test_another_customers_studies_are_not_there() -> None:
    study(1)
    assert web.system(MALLILA).get("studies").status_code == 204
    assert web.system(environment="test").get("studies").status_code == 204


def test_who_is_not_known_is_told_to_say_who_it_is() -> None:
    study(1)
    response = web.CLIENT.get("/dicomweb/studies")
    assert web.problem(response) == (401, "peer-unknown")
    assert response["WWW-Authenticate"].startswith("Basic ")
    assert not CaseEvent.objects.exists()  # a client that first tries without
    ours = web.system()
    assert web.problem(web.System(ours.user, "guess").get("studies"))[0] == 401
    event = CaseEvent.objects.get()
    assert (event.case.edge, event.case.place) == ("dicomweb", "sign-in")
    Organisation.objects.filter(business_id=cast.ESIMERKKILA).update(state="ended")
    assert web.problem(ours.get("studies")) == (401, "peer-ended")


def test_what_is_wholly_rejected_is_found_no_more_at_once_and_again_when_given_back() -> None:
    first, second = dataset(), dataset()
    cast.store(first, second)
    ours = web.system()
    address, levels = f"studies/{first.StudyInstanceUID}", ("", "/series", "/instances")
    notes.send(note(SAFETY, first))
    (found,) = web.model(ours.get("studies", StudyInstanceUID=first.StudyInstanceUID))
    assert found["00201208"]["Value"] == [1]
    notes.send(note(SAFETY, second))
    rows = Study.objects.get(), Rejection.objects.latest("made_at")
    assert rows[0].state == "corrected"
    assert ours.get("studies").status_code == 204
    assert ours.get("studies", ModalitiesInStudy="CT").status_code == 204
    assert ours.get("studies", StudyInstanceUID=first.StudyInstanceUID).status_code == 204
    for level in levels[1:]:
        assert ours.get(f"{address}{level}").status_code == 204
        assert ours.get(level[1:]).status_code == 204
    rejections.revoke(SYSTEM, rows[1], reason="by mistake")
    (found,) = web.model(ours.get("studies"))
    assert found["00201208"]["Value"] == [1]
