"""A document entry in words: each attribute of ITI TF-3 4.2.3.2 with its value. What may name the
patient is hidden until a reason is given.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from lxml import etree

from archive.errors import Malformed
from archive.models import Document
from archive.objects.registry import (
    ACCESSION_TYPE,
    ENCOUNTER_TYPE,
    STUDY_UID_TYPE,
    Author,
    Code,
    DocumentEntry,
    ReferenceId,
)
from archive.objects.xml import parse_xml
from archive.queries import registry as queries
from portal.forms.codes import looks_like_code

HIDDEN = "•••"
MOST_SHOWN = 200_000  # characters of a message
ACTIONS = {
    "urn:ihe:iti:2007:RegisterDocumentSet-b": _("registration of documents (ITI-42)"),
    "urn:ihe:iti:2010:UpdateDocumentSet": _("update of metadata (ITI-57)"),
    "urn:ihe:iti:2010:DeleteDocumentSet": _("removal of entries (ITI-62)"),
    "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b": _("documents provided (ITI-41)"),
    "urn:ihe:iti:2017:RemoveDocuments": _("removal of documents (ITI-86)"),
    "urn:ihe:iti:2007:RegistryStoredQuery": _("query (ITI-18)"),
    "urn:ihe:iti:2009:MultiPatientStoredQuery": _("query of several patients (ITI-51)"),
    "urn:ihe:iti:2007:CrossGatewayQuery": _("query through a gateway (ITI-38)"),
    "urn:ihe:iti:2007:RetrieveDocumentSet": _("retrieval of documents (ITI-43)"),
    "urn:ihe:iti:2007:CrossGatewayRetrieve": _("retrieval through a gateway (ITI-39)"),
    "urn:ihe:rad:2009:RetrieveImagingDocumentSet": _("retrieval of images (RAD-69)"),
    "urn:ihe:rad:2011:CrossGatewayRetrieveImagingDocumentSet": _(
        "retrieval of images through a gateway (RAD-75)"
    ),
}
ASSOCIATIONS = {
    "HasMember": (_("holds"), _("is in")),
    "RPLC": (_("replaces"), _("is replaced by")),
    "APND": (_("is appended to"), _("has the appendix")),
    "XFRM": (_("is a transformation of"), _("has the transformation")),
    "XFRM_RPLC": (_("transforms and replaces"), _("is transformed and replaced by")),
    "signs": (_("signs"), _("is signed by")),
    "IsSnapshotOf": (_("is a snapshot of"), _("has the snapshot")),
}
REFERENCES = {
    ACCESSION_TYPE: _("Accession number"),
    STUDY_UID_TYPE: _("Study Instance UID"),
    ENCOUNTER_TYPE: _("Service event"),
}

Label = str | Promise
UNREAD = _("message that cannot be read")


@dataclass(frozen=True, slots=True)
class Line:
    """`name` is the attribute's in the standard."""

    label: Label
    name: str
    values: tuple[str, ...]


def action_words(action: str) -> Label:
    return ACTIONS.get(action, action or UNREAD)


def lines(entry: DocumentEntry, *, whole: bool) -> list[Line]:
    """All that is registered of a document; attributes without a value are left out."""
    return [line for line in _lines(entry, whole) if any(line.values)]


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier version of the metadata: what it said otherwise."""

    number: int
    replaced_at: datetime
    lines: list[Line]


def earlier(document: Document, *, whole: bool) -> list[Earlier]:
    """Each with the lines that the version after it does not have."""
    newer = lines(DocumentEntry.from_json(document.metadata), whole=True)
    rows = []
    for version in queries.versions(document):
        held = DocumentEntry.from_json(version.metadata)
        said = lines(held, whole=True)
        changed = {(line.name, line.values) for line in said if line not in newer}
        told = [
            line
            for line, full in zip(lines(held, whole=whole), said, strict=True)
            if (full.name, full.values) in changed
        ]
        rows.append(Earlier(version.version, version.replaced_at, told))
        newer = said
    return rows


def _lines(entry: DocumentEntry, whole: bool) -> Iterator[Line]:
    hide = _open if whole else _hidden
    yield Line(_("Identifier"), "uniqueId", (entry.unique_id,))
    yield Line(_("Entry"), "entryUUID", (entry.uuid,))
    if entry.lid != entry.uuid:
        yield Line(_("First version’s entry"), "logicalID", (entry.lid,))
    yield Line(_("Patient"), "patientId", hide([str(entry.patient)]))
    yield Line(_("Patient’s id at the source"), "sourcePatientId", hide([entry.source_patient]))
    yield Line(_("Title"), "title", hide([entry.title]))
    yield Line(_("Comments"), "comments", hide([entry.comments]))
    yield Line(_("Class"), "classCode", _codes([entry.class_code]))
    yield Line(_("Type"), "typeCode", _codes([entry.type_code]))
    yield Line(_("Format"), "formatCode", _codes([entry.format_code]))
    yield Line(_("Kind of facility"), "healthcareFacilityTypeCode", _codes([entry.facility_type]))
    yield Line(_("Speciality"), "practiceSettingCode", _codes([entry.practice_setting]))
    yield Line(_("Confidentiality"), "confidentialityCode", _codes(entry.confidentiality))
    yield Line(_("Events"), "eventCodeList", _codes(entry.event_codes))
    for author in entry.authors:
        yield Line(_("Author"), "author", tuple(_author(author)))
    for reference in entry.references:
        label = REFERENCES.get(reference.type, _("Reference"))
        yield Line(label, "referenceIdList", (" · ".join(_reference(reference)),))
    yield Line(_("Created"), "creationTime", (_time(entry.creation_time),))
    yield Line(_("Service began"), "serviceStartTime", (_time(entry.service_start),))
    yield Line(_("Service ended"), "serviceStopTime", (_time(entry.service_stop),))
    yield Line(_("Media type"), "mimeType", (entry.mime_type,))
    yield Line(_("Language"), "languageCode", (entry.language,))
    yield Line(_("Size in bytes"), "size", ("" if entry.size is None else str(entry.size),))
    yield Line(_("Hash (SHA-1)"), "hash", (entry.hash,))
    yield Line(_("Repository"), "repositoryUniqueId", (entry.repository,))
    yield Line(_("Community"), "homeCommunityId", (entry.home,))
    for name, values in entry.slots:
        yield Line(_("Other"), name, hide(values))


def _open(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _hidden(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(HIDDEN if value else "" for value in values)


def _codes(codes: Iterable[Code | None]) -> tuple[str, ...]:
    """The word where it is told, with the code and its scheme."""
    return tuple(
        f"{code.display} · {code.value} · {code.scheme}"
        if code.display and code.display != code.value
        else f"{code.value} · {code.scheme}"
        for code in codes
        if code is not None
    )


def _author(author: Author) -> Iterator[str]:
    parts = [*author.person.split("^"), "", "", ""]
    # A professional's id may be a personal identity code: that is nobody's business here.
    number = "" if looks_like_code(parts[0]) else parts[0]
    yield " ".join(filter(None, (parts[2], parts[1], f"({number})" if number else "")))
    for institution in author.institutions:
        fields = [*institution.split("^"), *[""] * 10]
        yield " · ".join(filter(None, (fields[0], fields[9].split("&")[0])))
    yield from (*author.roles, *author.specialties)


def _reference(reference: ReferenceId) -> Iterator[str]:
    yield reference.value
    if reference.issuer:
        yield reference.issuer


def _time(text: str) -> str:
    """As it was sent, in UTC: its precision is part of what was said."""
    day = "-".join(filter(None, (text[:4], text[4:6], text[6:8])))
    clock = ":".join(filter(None, (text[8:10], text[10:12], text[12:14])))
    return f"{day} {clock} UTC" if clock else day


def pretty(content: bytes) -> str:
    """A message as people read it: indented, and cut where it is endless."""
    try:
        root = parse_xml(content)
    except Malformed:
        return content.decode("utf-8", "replace")[:MOST_SHOWN]
    etree.indent(root)
    return str(etree.tostring(root, encoding="unicode"))[:MOST_SHOWN]
