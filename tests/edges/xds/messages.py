"""Messages of XDS peers for tests, by hand: they check the codec and do not mirror it."""

import uuid
from dataclasses import dataclass, field, replace
from typing import Any
from xml.sax.saxutils import escape, quoteattr

RIM = "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"
REGISTER = "urn:ihe:iti:2007:RegisterDocumentSet-b"
QUERY = "urn:ihe:iti:2007:RegistryStoredQuery"
FIND_DOCUMENTS = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"
GET_DOCUMENTS = "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4"
APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
RPLC = "urn:ihe:iti:2007:AssociationType:RPLC"
XFRM_RPLC = "urn:ihe:iti:2007:AssociationType:XFRM_RPLC"
APND = "urn:ihe:iti:2007:AssociationType:APND"
XFRM = "urn:ihe:iti:2007:AssociationType:XFRM"
SIGNS = "urn:ihe:iti:2007:AssociationType:signs"
SNAPSHOT = "urn:ihe:iti:2010:AssociationType:IsSnapshotOf"
QUERIES = {
    "FindDocuments": "14d4debf-8f97-4251-9a74-a90016b0af0d",
    "FindDocumentsByReferenceId": "12941a89-e02e-4be5-967c-ce4bfc8fe492",
    "FindSubmissionSets": "f26abbcb-ac74-4422-8a30-edb644bbc1a9",
    "FindFolders": "958f3006-baad-4929-a4de-ff1114824431",
    "GetAll": "10b545ea-725c-446d-9b95-8aeb444eddf3",
    "GetDocuments": "5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4",
    "GetFolders": "5737b14c-8a1a-4539-b659-e03a34a5e1e4",
    "GetAssociations": "a7ae438b-4bc2-4642-93e9-be891f7bb155",
    "GetDocumentsAndAssociations": "bab9529a-4a10-40b3-a01f-f68a615d247a",
    "GetSubmissionSets": "51224314-5390-4169-9b91-b1980040715a",
    "GetSubmissionSetAndContents": "e8e3cb2c-e39c-46b9-99e4-c12f57260b83",
    "GetFolderAndContents": "b909a503-523d-4517-8acf-8e5834dfc4c7",
    "GetFoldersForDocument": "10cae35a-c7f9-4cf5-b61e-fc3278ffb578",
    "GetRelatedDocuments": "d90e5407-b356-4d91-a89f-873917b4b0e6",
    "FindDocumentsForMultiplePatients": "3d1bdb10-39a2-11de-89c2-2f44d94eaa9f",
    "FindFoldersForMultiplePatients": "50d3f5ac-39a2-11de-a1ca-b366239e58df",
}


def uid() -> str:
    return f"2.25.{uuid.uuid4().int}"


def urn() -> str:
    return uuid.uuid4().urn


@dataclass(frozen=True)
class Paper:
    """A document as the Patient Data Repository would register it."""

    kind: str = "study-entry"
    patient: str = "010181-900C"
    root: str = "1.2.246.21"
    accession: str = "ACC-1"
    study: str = ""
    controller: str = "1.2.246.10.90000019.19.0"
    institution: str = "Oulu"
    entry: str = field(default_factory=urn)
    unique: str = field(default_factory=uid)
    submission: str = field(default_factory=urn)
    submission_unique: str = field(default_factory=uid)
    hash: str = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
    size: str = "94"
    created: str = "20261120101500"
    started: str = "20261120100000"
    author: str = "^Kuvaaja^Testi"
    event: str = "AA1AD"
    confidentiality: str = "5"
    title: str = "Tutkimusmerkintä"
    replaces: str = ""
    extra: str = ""  # children of the entry, before Name

    def but(self, **changes: Any) -> "Paper":
        return replace(self, **changes)

    def resubmitted(self, **changes: Any) -> "Paper":
        """The same document in a new submission set."""
        return replace(self, submission=urn(), submission_unique=uid(), **changes)


def slot(name: str, *values: str) -> str:
    listed = "".join(f"<Value>{escape(value)}</Value>" for value in values)
    return f"<Slot name={quoteattr(name)}><ValueList>{listed}</ValueList></Slot>"


def code(scheme: str, of: str, value: str, coding_scheme: str = "KUVA-DOC") -> str:
    return (
        f'<Classification id="{urn()}" classificationScheme="urn:uuid:{scheme}"'
        f' classifiedObject="{of}" nodeRepresentation={quoteattr(value)}>'
        f"{slot('codingScheme', coding_scheme)}"
        f"<Name><LocalizedString value={quoteattr(value)}/></Name></Classification>"
    )


def author(scheme: str, of: str, paper: Paper) -> str:
    institution = f"{paper.institution}^^^^^^^^^{paper.controller}"
    return (
        f'<Classification id="{urn()}" classificationScheme="urn:uuid:{scheme}"'
        f' classifiedObject="{of}" nodeRepresentation="">'
        f"{slot('authorPerson', paper.author)}{slot('authorInstitution', institution)}"
        "</Classification>"
    )


def identifier(scheme: str, of: str, value: str, name: str) -> str:
    return (
        f'<ExternalIdentifier id="{urn()}" identificationScheme="urn:uuid:{scheme}"'
        f' registryObject="{of}" value={quoteattr(value)}>'
        f'<Name><LocalizedString value="{name}"/></Name></ExternalIdentifier>'
    )


def document(paper: Paper) -> str:
    entry, pid = paper.entry, f"{paper.patient}^^^&{paper.root}&ISO"
    references = [f"{paper.accession}^^^&{paper.controller}&ISO^urn:ihe:iti:xds:2013:accession"]
    if paper.study:
        references.append(f"{paper.study}^^^^urn:ihe:iti:xds:2016:studyInstanceUID")
    slots = (
        slot("creationTime", paper.created)
        + slot("hash", paper.hash)
        + slot("languageCode", "fi-FI")
        + slot("repositoryUniqueId", "1.2.246.10.2462460.40")
        + slot("serviceStartTime", paper.started)
        + slot("size", paper.size)
        + slot("sourcePatientId", pid)
        + slot("urn:ihe:iti:xds:2013:referenceIdList", *references)
    )
    return (
        f'<ExtrinsicObject id="{entry}" mimeType="text/xml" status="{APPROVED}"'
        ' objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1">'
        + slots
        + paper.extra
        + f"<Name><LocalizedString value={quoteattr(paper.title)}/></Name>"
        + author("93606bcf-9494-43ec-9b4e-a7748d1a838d", entry, paper)
        + code("41a5887f-8865-4c09-adf7-e362475b143a", entry, paper.kind)
        + code(
            "f4f85eac-e6cb-4883-b524-f2705394840f", entry, paper.confidentiality, "1.2.246.777.5.1"
        )
        + code("2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4", entry, paper.event, "1.2.246.537.6.4")
        + code("a09d5840-386c-46f2-b5ad-9c3699a4309d", entry, "cda-r2-imaging")
        + code("f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1", entry, "hospital")
        + code("cccf5598-8b07-4b77-a05e-ae952c785ead", entry, "radiology")
        + code("f0306f51-975f-434e-a61c-c59651d33983", entry, paper.kind)
        + identifier(
            "58a6f841-87b3-4a3e-92fd-a8ffeff98427", entry, pid, "XDSDocumentEntry.patientId"
        )
        + identifier(
            "2e82c1f6-a085-4c72-9da3-8640a32e42ab", entry, paper.unique, "XDSDocumentEntry.uniqueId"
        )
        + "</ExtrinsicObject>"
    )


def package(paper: Paper) -> str:
    held, pid = paper.submission, f"{paper.patient}^^^&{paper.root}&ISO"
    return (
        f'<RegistryPackage id="{held}" status="{APPROVED}">'
        + slot("submissionTime", "20261120102000")
        + author("a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d", held, paper)
        + code("aa543740-bdda-424e-8c96-df4873be8500", held, paper.kind)
        + identifier(
            "6b5aea1a-874d-4603-a4bc-96a0a7b38446", held, pid, "XDSSubmissionSet.patientId"
        )
        + identifier(
            "96fdda7c-d067-4183-912e-bf5ee74998a8",
            held,
            paper.submission_unique,
            "XDSSubmissionSet.uniqueId",
        )
        + identifier(
            "554ac39e-e3fe-47fe-b233-965d2a147832",
            held,
            "1.2.246.10.2462460.41",
            "XDSSubmissionSet.sourceId",
        )
        + "</RegistryPackage>"
        f'<Classification id="{urn()}" classifiedObject="{held}"'
        ' classificationNode="urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"/>'
    )


def association(kind: str, source: str, target: str, *, id: str = "", slots: str = "") -> str:
    return (
        f'<Association id="{id or urn()}" associationType="{kind}" sourceObject="{source}"'
        f' targetObject="{target}">{slots}</Association>'
    )


@dataclass(frozen=True)
class Binder:
    """A folder."""

    patient: str = "010181-900C"
    entry: str = field(default_factory=urn)
    unique: str = field(default_factory=uid)
    code: str = "episode"
    title: str = "Hoitojakso"


def folder(binder: Binder) -> str:
    held, pid = binder.entry, f"{binder.patient}^^^&1.2.246.21&ISO"
    return (
        f'<RegistryPackage id="{held}" status="{APPROVED}">'
        + f"<Name><LocalizedString value={quoteattr(binder.title)}/></Name>"
        + code("1ba97051-7806-41a8-a48b-8fce7af683c5", held, binder.code)
        + identifier("f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a", held, pid, "XDSFolder.patientId")
        + identifier(
            "75df8f67-9973-4fbe-a900-df66cefecc5a", held, binder.unique, "XDSFolder.uniqueId"
        )
        + "</RegistryPackage>"
        f'<Classification id="{urn()}" classifiedObject="{held}"'
        ' classificationNode="urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2"/>'
    )


def filed(paper: Paper, binder: Binder, *papers: Paper) -> str:
    """The folder as a member of the paper's submission set, with the papers in it."""
    links = [(urn(), each.entry) for each in papers]
    return (
        folder(binder)
        + association(HAS_MEMBER, paper.submission, binder.entry)
        + "".join(association(HAS_MEMBER, binder.entry, entry, id=id) for id, entry in links)
        + "".join(association(HAS_MEMBER, paper.submission, id) for id, _ in links)
    )


def empty_set(paper: Paper, more: str) -> str:
    """A submission set without documents of its own: what it holds comes in `more`."""
    return (
        '<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0">'
        f'<RegistryObjectList xmlns="{RIM}">{package(paper)}{more}</RegistryObjectList>'
        "</lcm:SubmitObjectsRequest>"
    )


def asking(name: str, *parameters: tuple[str, str], return_type: str = "LeafClass") -> str:
    """A stored query by its name."""
    return query(f"urn:uuid:{QUERIES[name]}", list(parameters), return_type)


def submit(*papers: Paper, more: str = "") -> str:
    """A SubmitObjectsRequest; the first paper's patient and ids are the submission set's."""
    first = papers[0]
    links = "".join(association(HAS_MEMBER, first.submission, paper.entry) for paper in papers)
    links += "".join(
        association(RPLC, paper.entry, paper.replaces) for paper in papers if paper.replaces
    )
    objects = "".join(document(paper) for paper in papers) + package(first) + links + more
    return (
        '<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0">'
        f'<RegistryObjectList xmlns="{RIM}">{objects}</RegistryObjectList>'
        "</lcm:SubmitObjectsRequest>"
    )


def query(id: str, parameters: list[tuple[str, str]], return_type: str = "LeafClass") -> str:
    """An AdhocQueryRequest; values are written as they stand, with their quotes."""
    slots = "".join(slot(name, value) for name, value in parameters)
    return (
        '<q:AdhocQueryRequest xmlns:q="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0">'
        f'<q:ResponseOption returnComposedObjects="true" returnType="{return_type}"/>'
        f'<AdhocQuery xmlns="{RIM}" id="{id}">{slots}</AdhocQuery></q:AdhocQueryRequest>'
    )


def find(patient: str = "010181-900C", **more: str) -> list[tuple[str, str]]:
    """Parameters of FindDocuments; further ones without their prefix."""
    return [
        ("$XDSDocumentEntryPatientId", f"'{patient}^^^&1.2.246.21&ISO'"),
        ("$XDSDocumentEntryStatus", f"('{APPROVED}')"),
        *((f"$XDSDocumentEntry{name}", value) for name, value in more.items()),
    ]


def envelope(body: str, *, action: str = REGISTER, header: str | None = None) -> bytes:
    default = (
        f'<a:Action s:mustUnderstand="1">{action}</a:Action><a:MessageID>{urn()}</a:MessageID>'
        "<a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        ' xmlns:a="http://www.w3.org/2005/08/addressing">'
        f"<s:Header>{default if header is None else header}</s:Header><s:Body>{body}</s:Body>"
        "</s:Envelope>"
    ).encode()
