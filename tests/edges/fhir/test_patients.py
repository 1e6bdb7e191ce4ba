"""A patient by reference: the key and the identifier, for whoever may see something of it."""

import pytest

from tests.edges.fhir.web import Consumer, problem, resource
from tests.edges.xds import signing
from tests.services import xds_cast
from tests.services.xds_cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


def test_a_reference_is_read_and_searched_by(cast: Cast) -> None:
    xds_cast.register(cast, xds_cast.paper(cast))
    oulu = Consumer(cast.oulu.consumer)
    (found,) = oulu.found()
    reference = found["subject"]["reference"]
    told = resource(oulu.get(reference))
    assert told == {
        "resourceType": "Patient",
        "id": str(xds_cast.patient(cast).id),
        "identifier": [found["subject"]["identifier"]],
    }
    for named in (reference, told["id"], f"http://testserver/fhir/{reference}"):
        answer = resource(oulu.get(f"DocumentReference?status=current&patient={named}"))
        assert [each["resource"] for each in answer["entry"]] == [found]
    assert not resource(oulu.get(f"ImagingStudy?patient={told['id']}")).get("entry")
    twice = f"DocumentReference?status=current&patient={told['id']}&patient=x"
    assert problem(oulu.get(twice))[0] == 400


def test_who_sees_nothing_of_a_patient_gets_no_patient(cast: Cast) -> None:
    xds_cast.register(cast, xds_cast.paper(cast))
    key = xds_cast.patient(cast).id
    assert problem(Consumer(cast.turku.consumer).get(f"Patient/{key}"))[0] == 404
    oulu = cast.oulu.consumer
    for unknown in ("00000000-0000-0000-0000-000000000001", "x"):
        assert problem(Consumer(oulu).get(f"Patient/{unknown}"))[0] == 404
    signing.trusted()
    other = signing.signed(cast.oulu.organisation, patient="010594Y9032")
    refused = problem(Consumer(oulu, other).get(f"Patient/{key}"))
    assert refused == (403, "forbidden", "patient-not-asserted")
