"""The registry's description, read by another implementation of SOAP."""

from typing import Any

import pytest
from django.test import Client
from lxml import etree
from zeep.exceptions import Fault

from archive.actors import SYSTEM
from archive.edges.xds import soap
from archive.models import Connection
from tests.edges.xds import messages, zeeping
from tests.services import xds_cast
from tests.services.xds_cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.edges.xds.urls")]

WSDL, SOAP12 = "http://schemas.xmlsoap.org/wsdl/", "http://schemas.xmlsoap.org/wsdl/soap12/"


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


def described() -> etree._Element:
    answer = Client().get("/xds/registry?wsdl")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/xml; charset=UTF-8")
    return etree.fromstring(answer.content)


def test_the_description_names_the_address_it_was_asked_at() -> None:
    root = described()
    assert root.find(f".//{{{SOAP12}}}address").get("location") == zeeping.ADDRESS
    assert Client().get("/xds/registry?WSDL").status_code == 200
    assert Client().get("/xds/registry?xsd").status_code == 405


def test_nothing_else_is_needed_to_read_it() -> None:
    imports = described().iter("{*}import", "{*}include")
    assert not [each for each in imports if each.get("schemaLocation") or each.get("location")]


def test_every_action_is_described_and_no_other() -> None:
    found = {each.get("soapAction") for each in described().iter(f"{{{SOAP12}}}operation")}
    assert found == set(soap.BODIES)


SERVICES = {
    "/xds/registry": soap.BODIES,
    "/xds/repository": soap.REPOSITORY_BODIES,
    "/xds/imaging": soap.IMAGING_BODIES,
    "/xca/query": soap.GATEWAY_QUERY_BODIES,
    "/xca/retrieve": soap.GATEWAY_RETRIEVE_BODIES,
    "/xca/imaging": soap.GATEWAY_IMAGING_BODIES,
}


def test_a_client_can_be_made_for_every_service() -> None:
    for path, bodies in SERVICES.items():
        made = zeeping.client(xds_cast.Peer(SYSTEM, "", ""), f"http://testserver{path}")
        (service,) = made.wsdl.services.values()
        (port,) = service.ports.values()
        assert port.binding_options["address"] == f"http://testserver{path}"
        actions = {each.soapaction for each in port.binding.all().values()}
        assert actions == set(bodies)
        for each in port.binding.all().values():
            assert each.input.body is not None
            assert etree.QName(each.input.body.qname.text) == bodies[each.soapaction]


def slot(name: str, *values: str) -> dict[str, Any]:
    return {"name": name, "ValueList": {"Value": list(values)}}


def find(patient: str = "010181-900C") -> dict[str, Any]:
    return {
        "ResponseOption": {"returnType": "LeafClass", "returnComposedObjects": True},
        "AdhocQuery": {
            "id": messages.FIND_DOCUMENTS,
            "Slot": [
                slot("$XDSDocumentEntryPatientId", f"'{patient}^^^&1.2.246.21&ISO'"),
                slot("$XDSDocumentEntryStatus", f"('{messages.APPROVED}')"),
            ],
        },
    }


def entries(answer: Any) -> list[Any]:
    """The document entries of an AdhocQueryResponse as zeep has read it."""
    listed = answer.RegistryObjectList
    chosen = listed._value_1 if listed is not None else []
    return [each["ExtrinsicObject"] for each in chosen or [] if "ExtrinsicObject" in each]


def test_a_client_made_from_it_queries(cast: Cast) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    answer = zeeping.client(cast.oulu.consumer).service.RegistryStoredQuery(**find())
    assert answer.status.endswith(":Success")
    (entry,) = entries(answer)
    assert (entry.id, entry.mimeType) == (paper.entry, "text/xml")
    assert entry.Name.LocalizedString[0].value == paper.title


def test_a_client_made_from_it_reads_errors_and_faults(cast: Cast) -> None:
    client = zeeping.client(cast.oulu.consumer)
    query = find()
    del query["AdhocQuery"]["Slot"][1]
    answer = client.service.RegistryStoredQuery(**query)
    assert answer.status.endswith(":Failure")
    assert answer.RegistryErrorList.RegistryError[0].errorCode == "XDSStoredQueryMissingParam"
    Connection.objects.filter(id=cast.oulu.consumer.actor.id).update(xua_required=True)
    with pytest.raises(Fault) as caught:
        client.service.RegistryStoredQuery(**find())
    assert caught.value.subcodes[0].localname == "InvalidSecurity"
