"""ImagingStudy: a registered study with its objects, by the same gate and log."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from archive.edges.fhir import parameters
from archive.models import Document, DocumentStatus, LedgerEvent, Study
from archive.queries import terms
from archive.services import publishing
from tests import cast as people
from tests.cast import ESIMERKKILA, MALLILA
from tests.edges.dicomweb.web import basic
from tests.edges.fhir import web
from tests.edges.fhir.web import Consumer, problem, resource
from tests.services import xds_cast
from tests.services.test_metadata_given import permitted

pytestmark = pytest.mark.django_db

UID = "1.2.246.10.90000003.1"


def consumer(business_id: str = ESIMERKKILA) -> Consumer:
    return Consumer(xds_cast.peer(people.organisation(business_id), "production", "consumer"))


@pytest.fixture
def study() -> Study:
    """Three objects in two series."""
    made = [
        people.dataset(InstanceNumber="1"),
        people.dataset(InstanceNumber="2"),
        people.dataset(SeriesInstanceUID=f"{UID}.2", SeriesNumber="2"),
    ]
    stored = people.store(*made)
    publishing.publish(stored, publishing.prepare(stored))
    return Study.objects.get(id=stored.id)


def given(kind: str) -> list[dict[str, Any]]:
    return [row.facts for row in LedgerEvent.objects.filter(kind=kind).order_by("at", "id")]


def test_a_study_is_told_with_its_objects(study: Study) -> None:
    asker = consumer()
    (found,) = asker.found("ImagingStudy")
    assert found["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert not any("instance" in each for each in found["series"])
    whole = resource(asker.get(f"ImagingStudy/{found['id']}"))
    assert whole["identifier"][0] == {
        "use": "official",
        "system": "urn:dicom:uid",
        "value": f"urn:oid:{UID}",
    }
    assert whole["identifier"][1]["value"] == "A1"
    assert whole["subject"]["identifier"]["value"] == "010181-900C"
    assert whole["started"] == "2026-11-20T08:15:00Z"
    assert (whole["numberOfSeries"], whole["numberOfInstances"]) == (2, 3)
    counts = {each["uid"]: len(each["instance"]) for each in whole["series"]}
    assert counts == {f"{UID}.1": 2, f"{UID}.2": 1}
    queried = given("images.queried")
    assert [each["found"] for each in queried] == [1, 1]
    # Its endpoint gives the objects.
    address = urlsplit(whole["contained"][0]["address"]).path
    instance = whole["series"][0]["instance"][0]["uid"]
    asked = {"requestType": "WADO", "studyUID": UID, "seriesUID": f"{UID}.1", "objectUID": instance}
    headers = {"Authorization": basic(asker.peer.user, asker.peer.password)}
    answer = web.CLIENT.get(address, asked, headers=headers)
    assert answer.status_code == 200
    assert b"DICM" in web.whole(answer)[:140]


def test_each_parameter_narrows(study: Study) -> None:
    asker = consumer()
    instance = study.instances.first()
    assert instance is not None
    root = study.register.controller_oid
    fits = {
        "_id": [str(study.id)],
        "identifier": [
            f"urn:dicom:uid|urn:oid:{UID}",
            "A1",
            f"urn:oid:{root}|A1",
            f"urn:oid:{UID}",
        ],
        "instance": [instance.sop_instance_uid],
        "modality": ["CT", f"{terms.MODALITIES}|CT"],
        "series": [f"urn:oid:{UID}.2"],
        "started": ["2026-11-20", "ge2026-11-20T10:15", "lt2026-11-21"],
        "status": ["available"],
    }
    fails = {
        "_id": ["x"],
        "identifier": ["A2", "urn:oid:1.2|A1", f"urn:dicom:uid|urn:oid:{UID}.9"],
        "instance": ["1.2.3"],
        "modality": ["MR", "urn:x|CT"],
        "series": ["1.2.3"],
        "started": ["2026-11-21", "lt2026-11-20T10:15"],
        "status": ["cancelled"],
    }
    for name, values in fits.items():
        for value in values:
            assert len(asker.found("ImagingStudy", **{name: value})) == 1, (name, value)
    for name, values in fails.items():
        for value in values:
            assert asker.found("ImagingStudy", **{name: value}) == [], (name, value)
    assert set(terms.STUDY) == set(parameters.STUDY)
    # Without a patient it is found by what names it.
    assert len(resource(asker.get("ImagingStudy?identifier=A1"))["entry"]) == 1
    assert problem(asker.get("ImagingStudy?modality=CT"))[2] == "search-incomplete"


def test_another_s_study_is_given_by_the_gate_and_written_down(study: Study) -> None:
    asker = consumer(MALLILA)
    assert asker.found("ImagingStudy") == []
    assert problem(asker.get(f"ImagingStudy/{study.id}"))[:2] == (404, "not-found")
    permitted()
    assert len(asker.found("ImagingStudy")) == 1
    (entry,) = given("disclosure.given")
    assert (entry["interface"], entry["what"]) == ("FHIR", "metadata")
    assert entry["study_uid"] == UID


def test_what_is_not_registered_is_not_there(study: Study) -> None:
    Document.objects.filter(study=study).update(status=DocumentStatus.DEPRECATED)
    asker = consumer()
    assert asker.found("ImagingStudy") == []
    assert problem(asker.get(f"ImagingStudy/{study.id}"))[0] == 404
