"""A document consumer: ITI-18 over HTTP, its answer read as the standard has it."""

import base64
import urllib.error
import urllib.request
from dataclasses import dataclass

from lxml import etree

from tests.edges.xds import messages
from tests.journeys.system import System

RIM = messages.RIM
QUERY = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
REFERENCES = "urn:ihe:iti:xds:2013:referenceIdList"
UNIQUE_ID = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"
FORMAT_CODE = "urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d"
TYPE_CODE = "urn:uuid:f0306f51-975f-434e-a61c-c59651d33983"
EVENT_CODE = "urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"
CLASS_CODE = "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a"
PATIENCE = 30.0


@dataclass(frozen=True)
class Entry:
    """A document entry as found."""

    element: etree._Element

    @property
    def uuid(self) -> str:
        return str(self.element.get("id"))

    @property
    def mime_type(self) -> str:
        return str(self.element.get("mimeType"))

    def slot(self, name: str) -> list[str]:
        path = f"{{{RIM}}}Slot[@name='{name}']/{{{RIM}}}ValueList/{{{RIM}}}Value"
        return [str(value.text) for value in self.element.findall(path)]

    def codes(self, scheme: str) -> list[tuple[str, str]]:
        """Value and coding scheme of each."""
        path = f"{{{RIM}}}Classification[@classificationScheme='{scheme}']"
        coding = f"{{{RIM}}}Slot[@name='codingScheme']/{{{RIM}}}ValueList/{{{RIM}}}Value"
        return [
            (str(each.get("nodeRepresentation")), str(each.findtext(coding)))
            for each in self.element.findall(path)
        ]

    @property
    def kind(self) -> str:
        return self.codes(CLASS_CODE)[0][0]

    @property
    def unique_id(self) -> str:
        path = f"{{{RIM}}}ExternalIdentifier[@identificationScheme='{UNIQUE_ID}']"
        found = self.element.find(path)
        return "" if found is None else str(found.get("value"))


def ask(
    system: System, login: dict[str, str], patient: str, return_type: str = "LeafClass"
) -> etree._Element:
    """FindDocuments of a patient's documents in force; the AdhocQueryResponse."""
    body = messages.query(messages.FIND_DOCUMENTS, messages.find(patient), return_type)
    pair = f"{login['user']}:{login['password']}".encode()
    request = urllib.request.Request(
        f"{system.file['web']}/xds/registry",
        data=messages.envelope(body, action=messages.QUERY),
        headers={
            "Content-Type": f'application/soap+xml; charset=UTF-8; action="{messages.QUERY}"',
            "Authorization": "Basic " + base64.b64encode(pair).decode(),
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=PATIENCE) as answer:
        found = next(etree.fromstring(answer.read()).iter(f"{{{QUERY}}}AdhocQueryResponse"))
    assert found.get("status") == SUCCESS
    return found


def entries(
    system: System, login: dict[str, str], patient: str, accession: str
) -> dict[str, Entry]:
    """The entries in force that carry the accession number, by their kind."""
    answer = ask(system, login, patient)
    found = [Entry(each) for each in answer.iter(f"{{{RIM}}}ExtrinsicObject")]
    own = [
        each
        for each in found
        if any(value.startswith(f"{accession}^") for value in each.slot(REFERENCES))
    ]
    by_kind = {each.kind: each for each in own}
    assert len(by_kind) == len(own), "two documents of a kind are in force"
    return by_kind


def object_refs(system: System, login: dict[str, str], patient: str) -> set[str]:
    answer = ask(system, login, patient, "ObjectRef")
    return {str(each.get("id")) for each in answer.iter(f"{{{RIM}}}ObjectRef")}
