"""A customer's document consumer: ITI-18 with a signed assertion, its answer read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from archive.simulation import assertions, envelope, repository
from archive.simulation.assertions import Said
from archive.simulation.documents import RIM
from archive.simulation.world import PRODUCTION, Customer, Patient, World, WorldUnknown
from archive.values import HETU_ROOT

ACTION = "urn:ihe:iti:2007:RegistryStoredQuery"
QUERY = "urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0"
FIND_DOCUMENTS = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"
APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
CLASS_CODE = "urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a"
UNIQUE_ID = "urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab"


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks about whom; `said` changes what the assertion tells, by field of `Said`."""

    customer: Customer
    patient: Patient
    environment: str = PRODUCTION
    with_assertion: bool = True
    purpose: str = "TREATMENT"
    role: str = "102"
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A document entry as found."""

    entry_uuid: str
    unique_id: str
    class_code: str
    mime_type: str
    created: str
    repository: str


def find(world: World, ask: Ask) -> list[Entry]:
    """The patient's documents in force. Raises DocumentRefused, WorldUnknown, or OSError."""
    body = envelope.message(
        ACTION,
        find_documents(ask.patient.id),
        assertion=assertion(world, ask) if ask.with_assertion else None,
    )
    credentials = ask.customer.consumer(ask.environment)
    answer = repository.send(world.web, credentials, ACTION, body)
    if problem := repository.reason(answer):
        raise repository.DocumentRefused(problem)
    root = etree.fromstring(answer, etree.XMLParser(resolve_entities=False, no_network=True))
    return [_entry(each) for each in root.iter(f"{{{RIM}}}ExtrinsicObject")]


def assertion(world: World, ask: Ask) -> etree._Element:
    """Raises WorldUnknown when nobody signs in this environment."""
    issuer = world.issuers.get(ask.environment)
    if issuer is None:
        raise WorldUnknown("run.json names nobody who signs assertions")
    said = Said(
        organisation_oid=ask.customer.organisation_oid,
        audience=f"urn:oid:{world.home}",
        patient=ask.patient.id,
        role=ask.role,
        purpose=ask.purpose,
        more=ask.more,
    )
    return assertions.signed(issuer, said)


def find_documents(patient: str) -> etree._Element:
    """AdhocQueryRequest of FindDocuments, ITI TF-2 3.18.4.1.2.3.7.1."""
    request = etree.Element(f"{{{QUERY}}}AdhocQueryRequest", nsmap={"query": QUERY, "rim": RIM})
    etree.SubElement(
        request,
        f"{{{QUERY}}}ResponseOption",
        returnComposedObjects="true",
        returnType="LeafClass",
    )
    asked = etree.SubElement(request, f"{{{RIM}}}AdhocQuery", id=FIND_DOCUMENTS)
    for name, value in (
        ("$XDSDocumentEntryPatientId", f"'{patient}^^^&{HETU_ROOT}&ISO'"),
        ("$XDSDocumentEntryStatus", f"('{APPROVED}')"),
    ):
        slot = etree.SubElement(asked, f"{{{RIM}}}Slot", name=name)
        listed = etree.SubElement(slot, f"{{{RIM}}}ValueList")
        etree.SubElement(listed, f"{{{RIM}}}Value").text = value
    return request


def _entry(element: etree._Element) -> Entry:
    def slot(name: str) -> str:
        path = f"{{{RIM}}}Slot[@name='{name}']/{{{RIM}}}ValueList/{{{RIM}}}Value"
        return str(element.findtext(path) or "")

    unique = element.find(f"{{{RIM}}}ExternalIdentifier[@identificationScheme='{UNIQUE_ID}']")
    class_code = element.find(f"{{{RIM}}}Classification[@classificationScheme='{CLASS_CODE}']")
    return Entry(
        entry_uuid=element.get("id", ""),
        unique_id="" if unique is None else unique.get("value", ""),
        class_code="" if class_code is None else class_code.get("nodeRepresentation", ""),
        mime_type=element.get("mimeType", ""),
        created=slot("creationTime"),
        repository=slot("repositoryUniqueId"),
    )
