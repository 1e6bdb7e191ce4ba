"""Document entries and submission sets as values, IHE ITI TF-3 4.2, whatever the wire format.

Identifiers of entries are `urn:uuid:` in lower case once a submission is resolved; times stay DTM
text as sent (YYYY[MM[DD[hh[mm[ss]]]]], UTC), because their precision is part of the metadata.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from archive.objects.registers import (
    REGISTER_SPECIFIER_SLOT,
    REGISTER_TYPE_SLOT,
    normal_specifier,
)
from archive.values import Oid

ACCESSION_TYPE = "urn:ihe:iti:xds:2013:accession"  # ITI TF-3 Table 4.2.3.1.7-2, CXi.5
STUDY_UID_TYPE = "urn:ihe:iti:xds:2016:studyInstanceUID"
ENCOUNTER_TYPE = "urn:ihe:iti:xds:2015:encounterId"  # the service event

HAS_MEMBER = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
REPLACES = "urn:ihe:iti:2007:AssociationType:RPLC"
TRANSFORMS_AND_REPLACES = "urn:ihe:iti:2007:AssociationType:XFRM_RPLC"
REPLACING = (REPLACES, TRANSFORMS_AND_REPLACES)
APPENDS = "urn:ihe:iti:2007:AssociationType:APND"
TRANSFORMS = "urn:ihe:iti:2007:AssociationType:XFRM"
DERIVING = (APPENDS, TRANSFORMS)  # they fall with what they are of
SIGNS = "urn:ihe:iti:2007:AssociationType:signs"
SNAPSHOT = "urn:ihe:iti:2010:AssociationType:IsSnapshotOf"
ASSOCIATIONS = (HAS_MEMBER, *REPLACING, *DERIVING, SIGNS, SNAPSHOT)  # ITI TF-3 Table 4.2.2-1

APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
DEPRECATED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated"

CHANGES = frozenset(  # actions of SOAP messages that change the registry
    (
        "urn:ihe:iti:2007:RegisterDocumentSet-b",
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
        "urn:ihe:iti:2010:UpdateDocumentSet",
        "urn:ihe:iti:2010:DeleteDocumentSet",
        "urn:ihe:iti:2017:RemoveDocuments",
    )
)

KINDS = ("request", "study-entry", "report", "manifest")
OTHER_KIND = "other"
KIND_SCHEME = "KUVA-DOC"  # our own until the national codes are known
MANIFEST_FORMAT = ("1.2.840.10008.5.1.4.1.1.88.59", "1.2.840.10008.2.6.1")  # RAD TF-3 4.68.4.1.2.3

_DTM = re.compile(r"^[0-9]{4}(?:[0-9]{2}){0,5}\Z")
_HL7_ESCAPES = (("^", "\\S\\"), ("&", "\\T\\"), ("~", "\\R\\"), ("|", "\\F\\"))
Slots = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Code:
    value: str
    scheme: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    person: str = ""  # XCN
    institutions: tuple[str, ...] = ()  # XON
    roles: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    telecommunications: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Author":
        return cls(data["person"], *(tuple(data[name]) for name in cls.__slots__[1:]))

    @property
    def organisation_oids(self) -> tuple[str, ...]:
        """XON component 10 of each institution, where it is an OID."""
        tenth = (
            part.split("^")[9].split("&")[0] for part in self.institutions if part.count("^") >= 9
        )
        return tuple(oid for oid in tenth if is_oid(oid))


@dataclass(frozen=True, slots=True)
class PatientId:
    """A CX reduced to what XDS uses: the id and the root of its assigning authority."""

    value: str
    issuer: str

    @classmethod
    def parse(cls, text: str) -> "PatientId":
        """`value^^^&root&ISO`. Raises ValueError."""
        parts = text.strip().split("^")
        authority = parts[3].split("&") if len(parts) > 3 else []
        if not parts[0] or len(authority) < 3 or authority[2] != "ISO" or not is_oid(authority[1]):
            raise ValueError("not a patient id with an ISO assigning authority")
        return cls(_unescape(parts[0]), authority[1])

    @classmethod
    def read(cls, text: str) -> "PatientId | None":
        try:
            return cls.parse(text)
        except ValueError:
            return None

    def __str__(self) -> str:
        return f"{_escape(self.value)}^^^&{self.issuer}&ISO"


@dataclass(frozen=True, slots=True)
class ReferenceId:
    """One CXi of the referenceIdList, ITI TF-3 Table 4.2.3.1.7-2."""

    value: str
    issuer: str
    type: str
    home: str = ""

    @classmethod
    def parse(cls, text: str) -> "ReferenceId":
        """Raises ValueError."""
        parts = [*text.split("^"), "", "", "", "", ""]
        authority = [*parts[3].split("&"), ""]
        if not parts[0] or not parts[4]:
            raise ValueError("a reference id needs a value and a type")
        return cls(_unescape(parts[0]).strip(), authority[1], parts[4], parts[5])

    def __str__(self) -> str:
        authority = f"&{self.issuer}&ISO" if self.issuer else ""
        tail = f"^{self.home}" if self.home else ""
        return f"{_escape(self.value)}^^^{authority}^{self.type}{tail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentEntry:
    uuid: str  # may be symbolic until the submission is resolved
    unique_id: str
    patient: PatientId
    mime_type: str
    class_code: Code
    type_code: Code | None = None
    format_code: Code | None = None
    facility_type: Code | None = None
    practice_setting: Code | None = None
    confidentiality: tuple[Code, ...] = ()
    event_codes: tuple[Code, ...] = ()
    authors: tuple[Author, ...] = ()
    references: tuple[ReferenceId, ...] = ()
    hash: str = ""  # SHA-1 in hexadecimal, lower case
    size: int | None = None
    repository: str = ""
    home: str = ""
    language: str = ""
    creation_time: str = ""
    service_start: str = ""
    service_stop: str = ""
    title: str = ""
    comments: str = ""
    source_patient: str = ""
    status: str = APPROVED
    lid: str = ""
    version: str = "1"
    slots: Slots = field(default=())  # what we know no meaning of, kept as it came

    @property
    def kind(self) -> str:
        """One of KINDS; `other` when the class code is none of ours."""
        known = self.class_code.value in KINDS and self.class_code.scheme == KIND_SCHEME
        return self.class_code.value if known else OTHER_KIND

    @property
    def accession(self) -> ReferenceId | None:
        return self._reference(ACCESSION_TYPE)

    @property
    def study_instance_uid(self) -> str:
        found = self._reference(STUDY_UID_TYPE)
        return found.value if found else ""

    @property
    def service_event(self) -> str:
        """The service event it was made in, when it is named."""
        found = self._reference(ENCOUNTER_TYPE)
        return found.value if found else ""

    @property
    def register_type(self) -> str:
        """Code of 1.2.246.537.5.40150, where another register than the default is meant."""
        return self._slot(REGISTER_TYPE_SLOT)

    @property
    def register_specifier(self) -> str:
        """In normal form. Raises ValueError."""
        text = self._slot(REGISTER_SPECIFIER_SLOT)
        return normal_specifier(text) if text else ""

    def _slot(self, name: str) -> str:
        return next((values[0] for key, values in self.slots if key == name and values), "")

    @property
    def controller_oid(self) -> str:
        """OID of the author institution; of several, the one that assigned the accession number."""
        oids = [oid for author in self.authors for oid in author.organisation_oids]
        accession = self.accession
        if accession and accession.issuer in oids:
            return accession.issuer
        return oids[0] if oids else ""

    def _reference(self, kind: str) -> ReferenceId | None:
        return next((reference for reference in self.references if reference.type == kind), None)

    def to_json(self) -> dict[str, Any]:
        return _to_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "DocumentEntry":
        values = dict(data)
        values["patient"] = PatientId(**data["patient"])
        for name in ("class_code", "type_code", "format_code", "facility_type", "practice_setting"):
            values[name] = Code(**data[name]) if data.get(name) else None
        for name in ("confidentiality", "event_codes"):
            values[name] = tuple(Code(**item) for item in data.get(name, ()))
        values["authors"] = tuple(Author.from_json(item) for item in data.get("authors", ()))
        values["references"] = tuple(ReferenceId(**item) for item in data.get("references", ()))
        values["slots"] = tuple((name, tuple(items)) for name, items in data.get("slots", ()))
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionSet:
    id: str
    unique_id: str
    source_id: str
    patient: PatientId
    content_type: Code | None = None
    submission_time: str = ""
    authors: tuple[Author, ...] = ()
    title: str = ""
    comments: str = ""
    intended_recipients: tuple[str, ...] = ()
    slots: Slots = ()

    def to_json(self) -> dict[str, Any]:
        return _to_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "SubmissionSet":
        values = _packaged(data)
        values["content_type"] = Code(**data["content_type"]) if data.get("content_type") else None
        values["authors"] = tuple(Author.from_json(item) for item in data.get("authors", ()))
        values["intended_recipients"] = tuple(data.get("intended_recipients", ()))
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """ITI TF-3 4.2.3.4; `last_update` is the registry's own."""

    id: str
    unique_id: str
    patient: PatientId
    codes: tuple[Code, ...] = ()
    last_update: str = ""
    status: str = APPROVED
    title: str = ""
    comments: str = ""
    slots: Slots = ()

    def to_json(self) -> dict[str, Any]:
        return _to_json(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Folder":
        values = _packaged(data)
        values["codes"] = tuple(Code(**item) for item in data.get("codes", ()))
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Link:
    """An association between two registry objects, ITI TF-3 4.2.2."""

    type: str
    source: str
    target: str
    id: str = ""  # may be symbolic until the submission is resolved
    slots: Slots = ()

    def slot(self, name: str) -> str:
        """The first value of a slot."""
        return next((values[0] for key, values in self.slots if key == name and values), "")


@dataclass(frozen=True, slots=True)
class Submission:
    submission_set: SubmissionSet
    entries: tuple[DocumentEntry, ...]
    links: tuple[Link, ...]
    folders: tuple[Folder, ...] = ()


def _to_json(held: DocumentEntry | SubmissionSet | Folder) -> dict[str, Any]:
    """For a JSONB column; empty fields are left out."""
    return {name: value for name, value in asdict(held).items() if value not in ("", None, ())}


def _packaged(data: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(data)
    values["patient"] = PatientId(**data["patient"])
    values["slots"] = tuple((name, tuple(items)) for name, items in data.get("slots", ()))
    return values


def is_oid(text: str) -> bool:
    try:
        Oid(text)
    except ValueError:
        return False
    return True


def is_entry_uuid(text: str) -> bool:
    """Whether an id is a UUID; every other id is symbolic, ITI TF-3 4.2.1.4."""
    return text[:9].lower() == "urn:uuid:"


def normal_uuid(text: str) -> str:
    """`urn:uuid:` and the UUID in lower case. Raises ValueError."""
    return uuid.UUID(text[9:] if is_entry_uuid(text) else text).urn


def parse_time(text: str) -> datetime:
    """The first instant a DTM value stands for, in UTC. Raises ValueError."""
    if not _DTM.match(text):
        raise ValueError("not a time")
    padded = text + "00000101000000"[len(text) :]
    return datetime.strptime(padded, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def format_time(at: datetime) -> str:
    """The C library writes early years without their zeros."""
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S").zfill(14)


def _escape(text: str) -> str:
    """HL7 v2 delimiters as escape sequences, HL7 v2.5 chapter 2.7.1."""
    escaped = text.replace("\\", "\\E\\")
    for character, sequence in _HL7_ESCAPES:
        escaped = escaped.replace(character, sequence)
    return escaped


def _unescape(text: str) -> str:
    for character, sequence in _HL7_ESCAPES:
        text = text.replace(sequence, character)
    return text.replace("\\E\\", "\\")
