"""DocumentReference and ImagingStudy of FHIR R4, out of what is registered and archived.

IHE MHD, ITI TF-3 4.5.1. Elements stand in the standard's order, empty ones are left out; nothing
refers to a resource that is not served here: organisations are told by identifiers.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from archive.models import Document, DocumentLink, DocumentStatus, Patient, Study
from archive.objects.registry import (
    ACCESSION_TYPE,
    ENCOUNTER_TYPE,
    STUDY_UID_TYPE,
    Author,
    Code,
    DocumentEntry,
    ReferenceId,
)
from archive.queries.terms import (
    AVAILABLE,
    CURRENT,
    MODALITIES,
    OID,
    SUPERSEDED,
    UIDS,
    URI,
    system_of,
)
from archive.services import document_search, imaging_search
from archive.services.imaging_search import SeriesFound

Resource = dict[str, Any]
MINIMAL = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Minimal.DocumentReference"
_KINDS = "http://terminology.hl7.org/CodeSystem/v2-0203"
_ACCESSION = {"coding": [{"system": _KINDS, "code": "ACSN"}]}
_SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
_RELATIONS: Mapping[str, Sequence[str]] = {  # ConceptMap AssociationTypeVsRelatesTo
    "RPLC": ("replaces",),
    "APND": ("appends",),
    "XFRM": ("transforms",),
    "XFRM_RPLC": ("replaces", "transforms"),
    "signs": ("signs",),
}


def filled(**elements: Any) -> Resource:
    """Without what is empty; a trailing underscore keeps a name from being Python's."""
    return {
        name.rstrip("_"): value
        for name, value in elements.items()
        if value not in (None, "", [], {}, ())
    }


def instant(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else ""


def moment(text: str) -> str:
    """A DTM with its precision; an hour alone is none that FHIR knows."""
    day = "-".join(filter(None, (text[:4], text[4:6], text[6:8])))
    if len(text) < 10:
        return day
    return f"{day}T{text[8:10]}:{text[10:12] or '00'}:{text[12:14] or '00'}Z"


def identifier(value: str, root: str, **more: Any) -> Resource:
    return filled(**more, system=system_of(root) if root else "", value=value)


def _patient(document: Document | Study) -> Resource:
    """The id under which the person goes now."""
    person = document.patient.survivor or document.patient
    named = identifier(person.identifier, person.issuer)
    return {"reference": f"Patient/{person.id}", "type": "Patient", "identifier": named}


def patient(of: Patient) -> Resource:
    """No more than the identifier: who somebody is, is told by others."""
    person = of.survivor or of
    return {
        "resourceType": "Patient",
        "id": str(person.id),
        "identifier": [identifier(person.identifier, person.issuer)],
    }


# --- DocumentReference ----------------------------------------------------------------------------


def documents(found: document_search.Found, base: str) -> list[Resource]:
    return [
        document_reference(row, found.links.get(row.entry_uuid, ()), found.ids, base)
        for row in found.documents
    ]


def document_reference(
    row: Document, links: Iterable[DocumentLink], ids: Mapping[str, Any], base: str
) -> Resource:
    entry = DocumentEntry.from_json(row.metadata)
    people = [
        each for number, author in enumerate(entry.authors) for each in _author(author, number)
    ]
    return filled(
        resourceType="DocumentReference",
        id=str(row.id),
        meta={"versionId": str(row.version), "profile": [MINIMAL]},
        contained=people,
        masterIdentifier={"system": URI, "value": _uri(row.unique_id)},
        identifier=[{"use": "official", "system": URI, "value": row.entry_uuid}],
        status=CURRENT if row.status == DocumentStatus.APPROVED else SUPERSEDED,
        type=_concept(entry.type_code),
        category=_concepts([entry.class_code]),
        subject=_patient(row),
        date=instant(row.registered_at),
        author=[{"reference": f"#{each['id']}"} for each in people],
        custodian={
            "type": "Organization",
            "identifier": {"system": URI, "value": f"{OID}{row.register.controller_oid}"},
        },
        relatesTo=_relations(links, ids),
        description=entry.comments,
        securityLabel=_concepts(entry.confidentiality),
        content=[_content(row, entry, base)],
        context=_context(entry),
    )


def _uri(unique_id: str) -> str:
    """An OID as a URN; other ids, as of CDA documents with an extension, as they are."""
    return f"{OID}{unique_id}" if unique_id.replace(".", "").isdigit() else unique_id


def _content(row: Document, entry: DocumentEntry, base: str) -> Resource:
    digest = bytes.fromhex(row.hash) if len(row.hash) == 40 else b""
    attachment = filled(
        contentType=row.mime_type,
        language=entry.language,
        url=f"{base}/Binary/{row.id}",
        size=row.size,
        hash=base64.b64encode(digest).decode(),  # SHA-1, as registered
        title=entry.title,
        creation=moment(entry.creation_time),
    )
    return filled(attachment=attachment, format=_coding(entry.format_code))


def _context(entry: DocumentEntry) -> Resource:
    encounters = [each for each in entry.references if each.type == ENCOUNTER_TYPE]
    others = [each for each in entry.references if each.type != ENCOUNTER_TYPE]
    return filled(
        encounter=[{"identifier": _reference(each)} for each in encounters],
        event=_concepts(entry.event_codes),
        period=filled(start=moment(entry.service_start), end=moment(entry.service_stop)),
        facilityType=_concept(entry.facility_type),
        practiceSetting=_concept(entry.practice_setting),
        related=[{"identifier": _reference(each)} for each in others],
    )


def _reference(found: ReferenceId) -> Resource:
    if found.type == STUDY_UID_TYPE:
        return {"system": UIDS, "value": f"{OID}{found.value}"}
    kind = _ACCESSION if found.type == ACCESSION_TYPE else None
    return identifier(found.value, found.issuer, type=kind)


def _relations(links: Iterable[DocumentLink], ids: Mapping[str, Any]) -> list[Resource]:
    found = []
    for link in links:
        target = filled(
            reference=f"DocumentReference/{ids[link.target_uuid]}"
            if link.target_uuid in ids
            else "",
            identifier={"system": URI, "value": link.target_uuid},
        )
        found += [{"code": code, "target": target} for code in _RELATIONS.get(link.kind, ())]
    return found


def _author(author: Author, number: int) -> list[Resource]:
    """Contained: a practitioner (XCN) and organisations (XON)."""
    found = []
    if author.person:
        parts = [*author.person.split("^"), *[""] * 9]
        name = filled(family=parts[1], given=[each for each in parts[2:4] if each])
        root = parts[8].split("&")[1] if parts[8].count("&") == 2 else ""
        named = [identifier(parts[0], root)] if parts[0] else []
        practitioner = filled(identifier=named, name=[name] if name else [])
        found.append({"resourceType": "Practitioner", "id": f"author-{number}", **practitioner})
    for place, institution in enumerate(author.institutions):
        parts = [*institution.split("^"), *[""] * 10]
        oid = parts[9].split("&")[0]
        named = [{"system": URI, "value": f"{OID}{oid}"}] if oid else []
        organisation = filled(identifier=named, name=parts[0])
        key = f"institution-{number}-{place}"
        found.append({"resourceType": "Organization", "id": key, **organisation})
    return found


def _coding(code: Code | None) -> Resource:
    if code is None:
        return {}
    return filled(system=system_of(code.scheme), code=code.value, display=code.display)


def _concept(code: Code | None) -> Resource:
    return {"coding": [_coding(code)]} if code else {}


def _concepts(codes: Iterable[Code]) -> list[Resource]:
    return [_concept(code) for code in codes]


# --- ImagingStudy ---------------------------------------------------------------------------------


def studies(found: imaging_search.Found, wado: str, *, whole: bool) -> list[Resource]:
    return [imaging_study(row, found.series.get(row.id, ()), wado, whole) for row in found.studies]


def imaging_study(row: Study, series: Sequence[SeriesFound], wado: str, whole: bool) -> Resource:
    """`whole`: with each object; else it says that it is not."""
    accession = identifier(row.accession_number, row.accession_issuer, type=_ACCESSION)
    return filled(
        resourceType="ImagingStudy",
        id=str(row.id),
        meta={} if whole else {"tag": [_SUBSETTED]},
        contained=[_endpoint(wado)],
        identifier=[
            {"use": "official", "system": UIDS, "value": f"{OID}{row.study_instance_uid}"},
            accession,
        ],
        status=AVAILABLE,
        modality=[_modality(each) for each in row.modalities],
        subject=_patient(row),
        encounter={"identifier": {"system": URI, "value": f"{OID}{row.service_event}"}}
        if row.service_event
        else {},
        started=instant(row.started_at),
        basedOn=[{"type": "ServiceRequest", "identifier": accession}],
        endpoint=[{"reference": "#wado"}],
        numberOfSeries=len(series),
        numberOfInstances=sum(each.count for each in series),
        procedureCode=[{"text": row.study_code}] if row.study_code else [],
        description=row.description,
        series=[_series(each) for each in series],
    )


def _endpoint(address: str) -> Resource:
    """Where the objects are got, one by one (RAD-55)."""
    kind = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"
    return {
        "resourceType": "Endpoint",
        "id": "wado",
        "status": "active",
        "connectionType": {"system": kind, "code": "dicom-wado-uri"},
        "payloadType": [{"text": "DICOM"}],
        "payloadMimeType": ["application/dicom"],
        "address": address,
    }


def _modality(code: str) -> Resource:
    return {"system": MODALITIES, "code": code}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None


def _series(found: SeriesFound) -> Resource:
    row = found.series
    return filled(
        uid=row.series_instance_uid,
        number=_number(row.series_number),
        modality=_modality(row.modality),
        description=row.description,
        numberOfInstances=found.count,
        instance=[
            filled(
                uid=each.sop_instance_uid,
                sopClass={"system": URI, "code": f"{OID}{each.sop_class_uid}"},
                number=_number(each.instance_number),
            )
            for each in found.instances
        ],
    )


# --- Bundle ---------------------------------------------------------------------------------------


def bundle(found: Sequence[Resource], base: str, *, self_: str, following: str) -> Resource:
    """One page. How many there are in all is told when this is all."""
    links = [{"relation": "self", "url": self_}]
    if following:
        links.append({"relation": "next", "url": following})
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        **({} if following else {"total": len(found)}),
        "link": links,
        **filled(
            entry=[
                {
                    "fullUrl": f"{base}/{each['resourceType']}/{each['id']}",
                    "resource": each,
                    "search": {"mode": "match"},
                }
                for each in found
            ]
        ),
    }
