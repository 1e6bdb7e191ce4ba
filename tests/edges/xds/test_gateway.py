"""The responding gateway: ITI-38, ITI-39 and RAD-75, with the home community in what is asked and
what is answered.
"""

from typing import Any

import pytest
from lxml import etree

from archive.config import settings
from archive.models import Document, LedgerEvent, XdsRole
from archive.services import publishing
from tests import cast as people
from tests.edges.xds import messages, mime
from tests.edges.xds.messages import find
from tests.edges.xds.schemas import schema
from tests.edges.xds.test_imaging import consumer, named, registered
from tests.services import xds_cast
from tests.services.xds_cast import Cast, Peer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.edges.xds.urls")]

QUERY = "urn:ihe:iti:2007:CrossGatewayQuery"
RETRIEVE = "urn:ihe:iti:2007:CrossGatewayRetrieve"
IMAGES = "urn:ihe:rad:2011:CrossGatewayRetrieveImagingDocumentSet"
ELSEWHERE = "urn:oid:1.2.3"


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


@pytest.fixture
def home() -> str:
    return f"urn:oid:{settings().home_community}"


def ask(peer: Peer, text: str, home: str = "") -> etree._Element:
    """The answer to a query, valid by the schema."""
    if home:
        text = text.replace("<AdhocQuery ", f'<AdhocQuery home="{home}" ')
    content = messages.envelope(text, action=QUERY)
    response: Any = mime.post(peer, "/xca/query", content, "application/soap+xml")
    assert response.status_code == 200
    root = etree.fromstring(response.content)
    assert root.findtext("s:Header/a:Action", namespaces=mime.NAMES) == f"{QUERY}Response"
    answer = root.find("s:Body/*", mime.NAMES)
    schema("query.xsd").assertValid(etree.fromstring(etree.tostring(answer)))
    return answer


def error_of(answer: etree._Element) -> tuple[str, str]:
    error = answer.find(".//rs:RegistryError", mime.NAMES)
    return error.get("errorCode"), error.get("location")


def test_everything_found_is_told_as_our_communitys(cast: Cast, home: str) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    asked = [
        messages.query(messages.FIND_DOCUMENTS, find()),
        messages.query(messages.FIND_DOCUMENTS, find(), "ObjectRef"),
        messages.asking("GetAll", *_everything()),
    ]
    for text in asked:
        for named_home in ("", home):
            found = ask(cast.oulu.consumer, text, named_home)
            listed = found.find(f"{{{messages.RIM}}}RegistryObjectList")
            assert len(listed) and {each.get("home") for each in listed} == {home}
    events = LedgerEvent.objects.filter(kind="documents.queried")
    assert events.count() == 6


def _everything() -> list[tuple[str, str]]:
    states = ("DocumentEntry", "SubmissionSet", "Folder")
    return [
        ("$patientId", "'010181-900C^^^&1.2.246.21&ISO'"),
        *((f"$XDS{kind}Status", f"('{messages.APPROVED}')") for kind in states),
    ]


def test_a_query_by_id_must_name_our_community(cast: Cast, home: str) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    by_id = messages.asking("GetDocuments", ("$XDSDocumentEntryEntryUUID", f"('{paper.entry}')"))
    peer = cast.oulu.consumer
    assert error_of(ask(peer, by_id)) == ("XDSMissingHomeCommunityId", home)
    assert error_of(ask(peer, by_id, ELSEWHERE)) == ("XDSUnknownCommunity", home)
    assert ask(peer, by_id, home).get("status").endswith(":Success")
    by_patient = messages.query(messages.FIND_DOCUMENTS, find())
    assert error_of(ask(peer, by_patient, ELSEWHERE)) == ("XDSUnknownCommunity", home)


def test_documents_go_through_the_gateway_with_their_community(db: None, home: str) -> None:
    study = people.store(people.dataset())
    publishing.publish(study, publishing.prepare(study))
    unique = Document.objects.get(study=study).unique_id
    peer = xds_cast.peer(people.organisation(), "production", XdsRole.CONSUMER)
    how = {"path": "/xca/retrieve", "action": RETRIEVE}
    answer = mime.retrieve(peer, (mime.OURS, unique), home=home, **how)
    assert (answer.status, answer.action) == ("Success", f"{RETRIEVE}Response")
    assert answer.answer.findtext(".//x:HomeCommunityId", namespaces=mime.NAMES) == home
    assert LedgerEvent.objects.get(kind="data.used").facts["interface"] == "XCA"
    for named_home, code in (
        ("", "XDSMissingHomeCommunityId"),
        (ELSEWHERE, "XDSUnknownCommunity"),
    ):
        answer = mime.retrieve(peer, (mime.OURS, unique), home=named_home, **how)
        assert (answer.status, answer.codes) == ("Failure", [code])
        assert error_of(answer.answer)[1] == home


def test_images_go_through_the_gateway_with_their_community(db: None, home: str) -> None:
    objects = named(registered())
    how = {"path": "/xca/imaging", "action": IMAGES}
    answer = mime.images(consumer(), *objects, home=home, **how)
    assert (answer.status, answer.action) == ("Success", f"{IMAGES}Response")
    homes = answer.answer.findall(".//x:HomeCommunityId", mime.NAMES)
    assert [each.text for each in homes] == [home, home]
    answer = mime.images(consumer(), *objects, **how)
    assert answer.codes == ["XDSMissingHomeCommunityId"] * 2


def test_each_address_takes_its_own_messages_only(cast: Cast) -> None:
    envelope = messages.envelope("<x/>", action=RETRIEVE)
    for path in ("/xds/registry", "/xds/imaging", "/xca/query", "/xca/imaging"):
        response = mime.post(cast.oulu.consumer, path, envelope, "application/soap+xml")
        assert response.status_code == 400
        assert b"ActionNotSupported" in response.content
