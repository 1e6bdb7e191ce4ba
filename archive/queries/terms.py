"""Terms of a search in SQL: of documents (ITI-67) and of studies (ImagingStudy)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from archive.models import DocumentStatus, Instance, Series
from archive.objects.registry import STUDY_UID_TYPE, is_entry_uuid, normal_uuid
from archive.objects.search import Moment, Term, Token, Value

OID = "urn:oid:"
URI = "urn:ietf:rfc:3986"
UIDS = "urn:dicom:uid"
MODALITIES = "http://dicom.nema.org/resources/ontology/DCM"
OWN_SCHEME = "urn:idr:scheme:"  # of code schemes that are no OID: a system must be a URI
CURRENT, SUPERSEDED, AVAILABLE = "current", "superseded", "available"
_NONE = Q(pk__in=())
_STATUS = {CURRENT: DocumentStatus.APPROVED, SUPERSEDED: DocumentStatus.DEPRECATED}

Match = Callable[[Value], Q]


def condition(terms: Sequence[Term], matches: Mapping[str, Match]) -> Q:
    """All of the terms, each by any of its values."""
    found = Q()
    for term in terms:
        alternatives = _NONE
        for value in term.values:
            alternatives |= matches[term.name](value)
        found &= alternatives
    return found


def system_of(scheme: str) -> str:
    """A code scheme, or an assigning authority, as the URI that FHIR wants."""
    if ":" in scheme:
        return scheme
    is_oid = scheme.replace(".", "").isdigit()
    return f"{OID}{scheme}" if is_oid else f"{OWN_SCHEME}{scheme}"


def scheme_of(system: str) -> str:
    for prefix in (OID, OWN_SCHEME):
        if system.startswith(prefix):
            return system[len(prefix) :]
    return system


def _token(value: Value) -> Token:
    assert isinstance(value, Token)
    return value


def _moment(value: Value) -> Moment:
    assert isinstance(value, Moment)
    return value


# --- what several have ----------------------------------------------------------------------------


def _id(value: Value) -> Q:
    try:
        return Q(pk=UUID(_token(value).code))
    except ValueError:
        return _NONE


def _instant(column: str) -> Match:
    """A moment that is kept as one instant."""

    def match(value: Value) -> Q:
        asked = _moment(value)
        low, high = asked.low, asked.high
        at = Q(**{f"{column}__gte": low, f"{column}__lt": high})
        after, before = Q(**{f"{column}__gte": high}), Q(**{f"{column}__lt": low})
        known = {"ne": before | after, "gt": after, "sa": after, "lt": before, "eb": before}
        return {**known, "ge": at | after, "le": at | before}.get(asked.prefix, at)

    return match


def _period(start: str, stop: str) -> Match:
    """An interval, open where it has no end; it is met when it overlaps (ITI-67)."""

    def match(value: Value) -> Q:
        asked = _moment(value)
        begun = Q(**{f"{start}__isnull": False})
        ends_later = Q(**{f"{stop}__gte": asked.high}) | Q(**{stop: None})
        after = Q(**{f"{start}__gte": asked.high})
        before = Q(**{f"{stop}__lt": asked.low})
        overlaps = ~after & (Q(**{f"{stop}__gte": asked.low}) | Q(**{stop: None}))
        known = {
            "ne": ~overlaps,
            "gt": ends_later,
            "lt": Q(**{f"{start}__lt": asked.low}),
            "ge": overlaps | ends_later,
            "le": overlaps | Q(**{f"{start}__lt": asked.low}),
            "sa": after,
            "eb": before,
        }
        return begun & known.get(asked.prefix, overlaps)

    return match


# --- documents ------------------------------------------------------------------------------------


def _code(field: str, *, listed: bool = False) -> Match:
    def match(value: Value) -> Q:
        token = _token(value)
        wanted = {"value": token.code} if token.code else {}
        if token.system is not None:
            wanted["scheme"] = scheme_of(token.system)
        return Q(metadata__contains={field: [wanted] if listed else wanted})

    return match


def _author(part: int) -> Match:
    """The beginning of a part of the author's name (XCN), in any case."""

    def match(value: Value) -> Q:
        assert isinstance(value, str)
        escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        like = (
            "EXISTS (SELECT 1 FROM jsonb_array_elements(archive_document.metadata->'authors')"
            " AS author WHERE split_part(author->>'person', '^', %s) ILIKE %s)"
        )
        return Q(RawSQL(like, (part, f"{escaped}%"), output_field=BooleanField()))

    return match


def _document(value: Value) -> Q:
    """By uniqueId or entryUUID."""
    token = _token(value)
    if token.system not in (None, URI):
        return _NONE
    if is_entry_uuid(token.code):
        try:
            return Q(entry_uuid=normal_uuid(token.code))
        except ValueError:
            return _NONE
    return Q(unique_id=token.code.removeprefix(OID))


def _reference(value: Value) -> Q:
    """By an id of the referenceIdList."""
    token = _token(value)
    if token.system == UIDS:
        wanted = {"value": token.code.removeprefix(OID), "type": STUDY_UID_TYPE}
    else:
        wanted = {"value": token.code}
        if token.system is not None:
            wanted["issuer"] = scheme_of(token.system)
    return Q(metadata__contains={"references": [wanted]})


def _document_status(value: Value) -> Q:
    found = _STATUS.get(_token(value).code)
    return Q(status=found) if found else _NONE


DOCUMENT: Mapping[str, Match] = {
    "_id": _id,
    "author.family": _author(2),
    "author.given": _author(3),
    "category": _code("class_code"),
    "creation": _instant("creation_time"),
    "date": _instant("registered_at"),
    "event": _code("event_codes", listed=True),
    "facility": _code("facility_type"),
    "format": _code("format_code"),
    "identifier": _document,
    "period": _period("service_start_time", "service_stop_time"),
    "related": _reference,
    "security-label": _code("confidentiality", listed=True),
    "setting": _code("practice_setting"),
    "status": _document_status,
    "type": _code("type_code"),
}


# --- studies --------------------------------------------------------------------------------------


def _study(value: Value) -> Q:
    """By Study Instance UID, or by accession number with the authority that assigned it."""
    token = _token(value)
    by_uid = Q(study_instance_uid=token.code.removeprefix(OID))
    if token.system in (UIDS, URI):
        return by_uid
    by_number = Q(accession_number=token.code)
    if token.system is None:
        return by_uid | by_number
    return by_number & Q(register__controller_oid=scheme_of(token.system))


def _modality(value: Value) -> Q:
    token = _token(value)
    fits = token.system in (None, MODALITIES)
    return Q(modalities__contains=[token.code]) if fits else _NONE


def _within(rows: Any, column: str) -> Match:
    def match(value: Value) -> Q:
        uid = _token(value).code.removeprefix(OID)
        return Q(pk__in=rows().filter(**{column: uid}).values("study_id"))

    return match


def _study_status(value: Value) -> Q:
    return ~_NONE if _token(value).code == AVAILABLE else _NONE


STUDY: Mapping[str, Match] = {
    "_id": _id,
    "identifier": _study,
    "instance": _within(Instance.objects.available, "sop_instance_uid"),
    "modality": _modality,
    "series": _within(Series.objects.all, "series_instance_uid"),
    "started": _instant("started_at"),
    "status": _study_status,
}
