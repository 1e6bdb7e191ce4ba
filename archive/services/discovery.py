"""Registry Stored Query over what the gate lets be seen (XD-2, ITI TF-2 3.18)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from archive import gate, ledger
from archive.actors import Actor
from archive.errors import (
    Malformed,
    ParameterMissing,
    QueryUnknown,
    SeveralPatients,
    TooManyResults,
)
from archive.models import Document, DocumentStatus, Patient
from archive.objects.registry import (
    APPROVED,
    DEPRECATED,
    DocumentEntry,
    PatientId,
    StoredQuery,
    is_entry_uuid,
    normal_uuid,
    parse_time,
)
from archive.values import HETU_ROOT

FIND_DOCUMENTS = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"  # ITI TF-2 3.18.4.1.2.4
GET_DOCUMENTS = "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4"
STABLE = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"  # $XDSDocumentEntryType of all we hold
MAX_LEAVES = 1_000

_STATUS = {APPROVED: DocumentStatus.APPROVED, DEPRECATED: DocumentStatus.DEPRECATED}
_URN = {status: urn for urn, status in _STATUS.items()}
_STATUS_PREFIX = "urn:oasis:names:tc:ebxml-regrep:StatusType:"
# Parameters by the field they look at, ITI TF-2 3.18.4.1.2.3.7.1
_CODES = {
    "$XDSDocumentEntryClassCode": "class_code",
    "$XDSDocumentEntryTypeCode": "type_code",
    "$XDSDocumentEntryPracticeSettingCode": "practice_setting",
    "$XDSDocumentEntryHealthcareFacilityTypeCode": "facility_type",
    "$XDSDocumentEntryFormatCode": "format_code",
}
_CODE_LISTS = {  # the only ones that may be repeated, which means AND
    "$XDSDocumentEntryEventCodeList": "event_codes",
    "$XDSDocumentEntryConfidentialityCode": "confidentiality",
}
_TIMES = {
    "$XDSDocumentEntryCreationTime": "creation_time",
    "$XDSDocumentEntryServiceStartTime": "service_start_time",
    "$XDSDocumentEntryServiceStopTime": "service_stop_time",
}
_AUTHOR_LIKE = (
    "EXISTS (SELECT 1 FROM jsonb_array_elements(archive_document.metadata->'authors') AS author"
    " WHERE author->>'person' LIKE ANY(%s))"
)

_PERSON = Coalesce("patient__survivor_id", "patient_id")


def leaves(
    actor: Actor, query: StoredQuery, *, environment: str, correlation_id: UUID | None = None
) -> list[DocumentEntry]:
    """Whole entries.

    Raises QueryUnknown, ParameterMissing, Malformed, TooManyResults, SeveralPatients.
    """
    rows = _rows(actor, query, environment).annotate(
        person=_PERSON,
        root=Coalesce("patient__survivor__issuer", "patient__issuer"),
        identifier=Coalesce("patient__survivor__identifier", "patient__identifier"),
    )
    found = list(
        rows.values_list("person", "metadata", "status", "root", "identifier")[: MAX_LEAVES + 1]
    )
    if len(found) > MAX_LEAVES:
        raise TooManyResults()
    persons = {row[0] for row in found}
    if len(persons) > 1:
        raise SeveralPatients()
    _record(actor, query, environment, persons, len(found), correlation_id)
    return [_entry(*columns) for _, *columns in found]


def references(
    actor: Actor, query: StoredQuery, *, environment: str, correlation_id: UUID | None = None
) -> list[str]:
    """Entry UUIDs only. Raises QueryUnknown, ParameterMissing, Malformed."""
    rows = _rows(actor, query, environment).annotate(person=_PERSON)
    found = list(rows.values_list("person", "entry_uuid"))
    _record(actor, query, environment, {person for person, _ in found}, len(found), correlation_id)
    return [entry_uuid for _, entry_uuid in found]


def _rows(actor: Actor, query: StoredQuery, environment: str) -> QuerySet[Document]:
    """What the query finds and the gate lets be seen; who was merged away counts as survivor."""
    narrow = _QUERIES.get(query.id)
    if narrow is None:
        raise QueryUnknown()
    every = _of_the_asserted(Document.objects.filter(environment=environment), actor)
    return narrow(gate.visible(every, actor), query.parameters).order_by("id")


def _of_the_asserted(rows: QuerySet[Document], actor: Actor) -> QuerySet[Document]:
    """An assertion is for one person: of any other there is nothing, by whatever id it is asked."""
    person = actor.requester.patient_id if actor.requester else None
    if person is None:
        return rows
    return rows.filter(Q(patient_id=person) | Q(patient__survivor_id=person))


def _entry(metadata: Mapping[str, Any], status: str, root: str, identifier: str) -> DocumentEntry:
    entry = DocumentEntry.from_json(metadata)
    return replace(entry, status=_URN[DocumentStatus(status)], patient=PatientId(identifier, root))


def _record(
    actor: Actor,
    query: StoredQuery,
    environment: str,
    persons: set[UUID],
    found: int,
    correlation_id: UUID | None,
) -> None:
    """The use log: who asked about whom. Nothing found is about nobody."""
    about = ledger.About(
        environment=environment,
        patient_id=next(iter(persons)) if len(persons) == 1 else None,
        correlation_id=correlation_id,
    )
    facts = {"query": _QUERIES[query.id].__name__.strip("_"), "found": found}
    ledger.record(ledger.Kind.DOCUMENTS_QUERIED, about, facts, actor=actor)


# --- the two queries ------------------------------------------------------------------------------

Parameters = Mapping[str, tuple[tuple[str, ...], ...]]


def _find_documents(rows: QuerySet[Document], given: Parameters) -> QuerySet[Document]:
    patient = _patient(_one(given, "$XDSDocumentEntryPatientId", required=True))
    rows = rows.filter(patient__in=patient, status__in=_statuses(given))
    for name, field in _CODES.items():
        if codes := _any_of(given, name):
            rows = rows.filter(_any_code(name, field, codes, listed=False))
    for name, field in _CODE_LISTS.items():
        for group in given.get(name, ()):
            rows = rows.filter(_any_code(name, field, group, listed=True))
    for name, column in _TIMES.items():
        if start := _one(given, f"{name}From"):
            rows = rows.filter(**{f"{column}__gte": _time(f"{name}From", start)})
        if end := _one(given, f"{name}To"):
            rows = rows.filter(**{f"{column}__lt": _time(f"{name}To", end)})
    if persons := _any_of(given, "$XDSDocumentEntryAuthorPerson"):
        # A backslash is no escape in the stored query's LIKE.
        patterns = [person.replace("\\", "\\\\") for person in persons]
        rows = rows.filter(RawSQL(_AUTHOR_LIKE, (patterns,), output_field=BooleanField()))
    types = _any_of(given, "$XDSDocumentEntryType")
    return rows.none() if types and STABLE not in [kind.lower() for kind in types] else rows


def _get_documents(rows: QuerySet[Document], given: Parameters) -> QuerySet[Document]:
    uuids = _any_of(given, "$XDSDocumentEntryEntryUUID")
    unique_ids = _any_of(given, "$XDSDocumentEntryUniqueId")
    if uuids and unique_ids:
        raise Malformed("entry UUIDs and uniqueIds exclude each other")
    if not uuids and not unique_ids:
        raise ParameterMissing("entry UUIDs or uniqueIds are missing")
    if unique_ids:
        return rows.filter(unique_id__in=unique_ids)
    return rows.filter(entry_uuid__in=[_entry_uuid(text) for text in uuids])


_QUERIES: Mapping[str, Callable[[QuerySet[Document], Parameters], QuerySet[Document]]] = {
    FIND_DOCUMENTS: _find_documents,
    GET_DOCUMENTS: _get_documents,
}


# --- parameters -----------------------------------------------------------------------------------


def _any_of(given: Parameters, name: str) -> Sequence[str]:
    """The values of a parameter that may not be repeated."""
    groups = given.get(name, ())
    if len(groups) > 1:
        raise Malformed(f"{name} is given twice")
    return groups[0] if groups else ()


def _one(given: Parameters, name: str, *, required: bool = False) -> str:
    values = _any_of(given, name)
    if len(values) > 1:
        raise Malformed(f"{name} has several values")
    if required and not values:
        raise ParameterMissing(f"{name} is missing")
    return values[0] if values else ""


def _statuses(given: Parameters) -> list[DocumentStatus]:
    values = _any_of(given, "$XDSDocumentEntryStatus")
    if not values:
        raise ParameterMissing("$XDSDocumentEntryStatus is missing")
    if any(not value.startswith(_STATUS_PREFIX) for value in values):
        raise Malformed("a value of $XDSDocumentEntryStatus is no status")
    # Submitted and the like are statuses too; no entry of ours has them.
    return [_STATUS[value] for value in values if value in _STATUS]


def _patient(text: str) -> Any:
    """Everyone the id stands for: the survivor of a merge and all that were merged into it."""
    try:
        patient = PatientId.parse(text)
    except ValueError:
        raise Malformed("$XDSDocumentEntryPatientId is no patient id") from None
    value = patient.value.upper() if patient.issuer == HETU_ROOT else patient.value
    named = Patient.objects.filter(identifier=value, issuer=patient.issuer)
    survivor = named.annotate(root=Coalesce("survivor_id", "id")).values("root")
    return Patient.objects.filter(Q(id__in=survivor) | Q(survivor_id__in=survivor)).values("id")


def _any_code(name: str, field: str, codes: Iterable[str], *, listed: bool) -> Q:
    """`code^^scheme`, one of several."""
    wanted = Q()
    for text in codes:
        parts = text.split("^")
        if len(parts) != 3 or not parts[0] or not parts[2]:
            raise Malformed(f"a value of {name} is no code^^scheme")
        code = {"value": parts[0], "scheme": parts[2]}
        wanted |= Q(metadata__contains={field: [code] if listed else code})
    return wanted


def _time(name: str, text: str) -> datetime:
    try:
        return parse_time(text)
    except ValueError:
        raise Malformed(f"{name} is no time") from None


def _entry_uuid(text: str) -> str:
    try:
        return normal_uuid(text) if is_entry_uuid(text) else text
    except ValueError:
        return text  # nothing has that id
