"""Every transaction of the registry over HTTP: valid in and out, with its own Action."""

from typing import Any

import pytest
from django.http import HttpResponse
from lxml import etree

from archive.edges.xds import soap
from archive.models import Case, Document, DocumentLink
from tests.edges.xds import messages, zeeping
from tests.edges.xds.messages import APPROVED, Binder, Paper, asking, envelope, filed
from tests.edges.xds.schemas import schema
from tests.edges.xds.test_server import NAMES, fault_of, post, status_of
from tests.edges.xds.test_wsdl import entries, find, slot
from tests.services import xds_cast
from tests.services.test_metadata_update import new_status, new_version
from tests.services.xds_cast import Cast, Peer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.edges.xds.urls")]

MATTI, IN_FORCE = "'010181-900C^^^&1.2.246.21&ISO'", f"('{APPROVED}')"


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


@pytest.fixture
def tools(cast: Cast) -> Peer:
    return xds_cast.tools(cast)


def body_of(response: HttpResponse) -> etree._Element:
    found = etree.fromstring(response.content).find("s:Body/*", NAMES)
    assert found is not None
    return found


def valid(name: str, body: etree._Element) -> None:
    found = schema(name)
    # libxml2 looks at the whole document of an element, not at the element alone.
    assert found.validate(etree.fromstring(etree.tostring(body))), found.error_log


def ask(peer: Peer, text: str, action: str = messages.QUERY) -> etree._Element:
    """The answer's body; what went and what came are valid, and the answer's Action is right."""
    valid("query.xsd", etree.fromstring(text))
    response = post(peer, envelope(text, action=action))
    assert status_of(response) == ("Success", "")
    root = etree.fromstring(response.content)
    assert root.findtext("s:Header/a:Action", namespaces=NAMES) == f"{action}Response"
    body = body_of(response)
    valid("query.xsd", body)
    return body


def tags(body: etree._Element) -> list[str]:
    listed = body.find(f"{{{messages.RIM}}}RegistryObjectList")
    assert listed is not None
    return sorted(etree.QName(each).localname for each in listed)


Wanted = dict[str, tuple[list[tuple[str, str]], list[str]]]


def wanted_of(cast: Cast, paper: Paper, binder: Binder) -> Wanted:
    """By query: parameters, and what is found in a registry with one document in a folder."""
    controller = cast.oulu.register.controller_oid
    reference = f"('ACC-1^^^&{controller}&ISO^urn:ihe:iti:xds:2013:accession')"
    entry, folder = f"'{paper.entry}'", f"'{binder.entry}'"
    statuses = [
        (f"$XDS{kind}Status", IN_FORCE) for kind in ("DocumentEntry", "SubmissionSet", "Folder")
    ]
    document, package, link = "ExtrinsicObject", "RegistryPackage", "Association"
    return {
        "FindDocuments": (messages.find(), [document]),
        "FindDocumentsByReferenceId": (
            [*messages.find(), ("$XDSDocumentEntryReferenceIdList", reference)],
            [document],
        ),
        "FindSubmissionSets": ([("$XDSSubmissionSetPatientId", MATTI), statuses[1]], [package]),
        "FindFolders": ([("$XDSFolderPatientId", MATTI), statuses[2]], [package]),
        "GetAll": (
            [("$patientId", MATTI), *statuses],
            [*[link] * 4, document, package, package],
        ),
        "GetDocuments": ([("$XDSDocumentEntryEntryUUID", f"({entry})")], [document]),
        "GetFolders": ([("$XDSFolderEntryUUID", f"({folder})")], [package]),
        "GetAssociations": ([("$uuid", f"({entry})")], [link, link]),
        "GetDocumentsAndAssociations": (
            [("$XDSDocumentEntryEntryUUID", f"({entry})")],
            [link, link, document],
        ),
        "GetSubmissionSets": ([("$uuid", f"({entry})")], [link, package]),
        "GetSubmissionSetAndContents": (
            [("$XDSSubmissionSetEntryUUID", f"'{paper.submission}'")],
            [*[link] * 4, document, package, package],
        ),
        "GetFolderAndContents": ([("$XDSFolderEntryUUID", folder)], [link, document, package]),
        "GetFoldersForDocument": ([("$XDSDocumentEntryEntryUUID", entry)], [package]),
        "GetRelatedDocuments": (
            [
                ("$XDSDocumentEntryEntryUUID", entry),
                ("$AssociationTypes", f"('{messages.RPLC}')"),
            ],
            [],
        ),
    }


def test_every_stored_query_is_answered_validly(cast: Cast) -> None:
    paper, binder = xds_cast.paper(cast, study="1.2.3"), Binder()
    xds_cast.register(cast, paper, more=filed(paper, binder, paper))
    expected = wanted_of(cast, paper, binder)
    single = {name for name in messages.QUERIES if not name.endswith("MultiplePatients")}
    assert set(expected) == single
    for name, (parameters, wanted) in expected.items():
        assert tags(ask(cast.oulu.consumer, asking(name, *parameters))) == wanted, name
        references = ask(cast.oulu.consumer, asking(name, *parameters, return_type="ObjectRef"))
        assert tags(references) == ["ObjectRef"] * len(wanted), name
    assert not Case.objects.exists()


def test_a_query_about_many_patients_has_its_own_action(cast: Cast) -> None:
    for patient in ("010181-900C", "010594Y9032"):
        xds_cast.register(cast, xds_cast.paper(cast, patient=patient))
    text = asking(
        "FindDocumentsForMultiplePatients",
        ("$XDSDocumentEntryStatus", IN_FORCE),
        ("$XDSDocumentEntryClassCode", "('study-entry^^KUVA-DOC')"),
    )
    answer = ask(cast.oulu.consumer, text, soap.MULTI_PATIENT_QUERY)
    assert tags(answer) == ["ExtrinsicObject", "ExtrinsicObject"]
    response = post(cast.oulu.consumer, envelope(text, action=messages.QUERY))
    assert status_of(response) == ("Failure", "XDSUnknownStoredQuery")


def changed(peer: Peer, text: str, action: str) -> tuple[str, str]:
    valid("lcm.xsd", etree.fromstring(text))
    response = post(peer, envelope(text, action=action))
    valid("rs.xsd", body_of(response))
    return status_of(response)


def removing(*ids: str) -> str:
    refs = "".join(f'<ObjectRef id="{each}"/>' for each in ids)
    return (
        '<lcm:RemoveObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0">'
        f'<ObjectRefList xmlns="{messages.RIM}">{refs}</ObjectRefList></lcm:RemoveObjectsRequest>'
    )


def test_the_operators_tools_update_and_remove(cast: Cast, tools: Peer) -> None:
    paper = xds_cast.paper(cast)
    xds_cast.register(cast, paper)
    text = new_version(paper, lid=paper.entry, title="Korjattu")
    assert changed(cast.repository, text, soap.UPDATE) == ("Failure", "XDSRegistryError")
    assert changed(tools, text, soap.UPDATE) == ("Success", "")
    again = new_version(paper, lid=paper.entry)
    assert changed(tools, again, soap.UPDATE) == ("Failure", "XDSMetadataVersionError")
    wrong = new_version(paper, lid=paper.entry, previous="2", size="1")
    assert changed(tools, wrong, soap.UPDATE) == ("Failure", "XDSMetadataUpdateError")
    row = Document.objects.get()
    status = new_status(paper, row.entry_uuid)
    assert changed(tools, status, soap.UPDATE) == ("Success", "")
    odd = messages.empty_set(paper.resubmitted(), "")
    assert changed(tools, odd, soap.UPDATE) == ("Failure", "XDSMetadataUpdateOperationError")

    assert changed(tools, removing(row.entry_uuid), soap.REMOVE) == (
        "Failure",
        "ReferencesExistException",
    )
    assert changed(tools, removing(messages.urn()), soap.REMOVE) == (
        "Failure",
        "UnresolvedReferenceException",
    )
    links = DocumentLink.objects.values_list("entry_uuid", flat=True)
    assert changed(tools, removing(row.entry_uuid, *links), soap.REMOVE) == ("Success", "")
    assert not Document.objects.exists()


@pytest.mark.parametrize("ids", [(), ("x",), ("urn:uuid:x",)])
def test_a_removal_names_objects(cast: Cast, tools: Peer, ids: tuple[str, ...]) -> None:
    response = post(tools, envelope(removing(*ids), action=soap.REMOVE))
    assert status_of(response) == ("Failure", "XDSRegistryMetadataError")


def test_a_body_must_be_its_actions(cast: Cast, tools: Peer) -> None:
    response = post(tools, envelope(removing(messages.urn()), action=soap.UPDATE))
    assert fault_of(response) == "a:InvalidAddressingHeader"


# --- another implementation -----------------------------------------------------------------------


def zeeped(paper: messages.Paper, binder: Binder) -> dict[str, Any]:
    """A submission as zeep takes it: the values of a hand-built one, put into its own types."""
    root = etree.fromstring(messages.submit(paper, more=filed(paper, binder, paper)))
    listed = root.find(f"{{{messages.RIM}}}RegistryObjectList")
    assert listed is not None
    return {
        "RegistryObjectList": {
            "_value_1": [{etree.QName(each).localname: _as_dict(each)} for each in listed]
        }
    }


def _as_dict(element: etree._Element) -> dict[str, Any]:
    made: dict[str, Any] = dict(element.attrib)
    for child in element:
        name = etree.QName(child).localname
        if name == "Slot":
            values = [value.text or "" for value in child.iter(f"{{{messages.RIM}}}Value")]
            made.setdefault("Slot", []).append(slot(child.get("name", ""), *values))
        elif name in ("Name", "Description"):
            made[name] = {"LocalizedString": [dict(each.attrib) for each in child]}
        else:
            made.setdefault(name, []).append(_as_dict(child))
    return made


def test_a_submission_built_by_zeep_is_registered_and_found(cast: Cast) -> None:
    paper, binder = xds_cast.paper(cast, study="1.2.3"), Binder()
    service = zeeping.client(cast.repository).service
    answer = service["RegisterDocumentSet-b"](**zeeped(paper, binder))
    assert answer.status.endswith(":Success"), answer
    (entry,) = entries(zeeping.client(cast.oulu.consumer).service.RegistryStoredQuery(**find()))
    sent = xds_cast.submission(paper).entries[0]
    assert (entry.id, entry.mimeType) == (sent.uuid, sent.mime_type)
    slots = {each.name: each.ValueList.Value for each in entry.Slot}
    assert slots["hash"] == [sent.hash]
    assert slots["urn:ihe:iti:xds:2013:referenceIdList"] == [str(r) for r in sent.references]
