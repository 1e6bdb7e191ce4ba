"""The stored queries by their ids: what each asks for (ITI TF-2 3.18.4.1.2.3.7 and 3.51)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from archive.errors import Malformed, ParameterMissing
from archive.models import Document, DocumentLink, DocumentStatus, Folder, Submission
from archive.objects.registry import ReferenceId
from archive.services.links import MEMBERSHIP, SHORT_NAMES
from archive.services.query_parameters import DOCUMENT, Parameters, any_code, entry_uuid
from archive.services.sight import Sight

STABLE = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1"  # $XDSDocumentEntryType of all we hold

# Parameters by the field they look at
_CODES = {
    "$XDSDocumentEntryClassCode": "class_code",
    "$XDSDocumentEntryTypeCode": "type_code",
    "$XDSDocumentEntryPracticeSettingCode": "practice_setting",
    "$XDSDocumentEntryHealthcareFacilityTypeCode": "facility_type",
    "$XDSDocumentEntryFormatCode": "format_code",
}
_CODE_LISTS = {  # with the reference ids the only ones that may be repeated, which means AND
    "$XDSDocumentEntryEventCodeList": "event_codes",
    "$XDSDocumentEntryConfidentialityCode": "confidentiality",
}
_TIMES = {
    "$XDSDocumentEntryCreationTime": "creation_time",
    "$XDSDocumentEntryServiceStartTime": "service_start_time",
    "$XDSDocumentEntryServiceStopTime": "service_stop_time",
}
_REFERENCES = "$XDSDocumentEntryReferenceIdList"
# Of these a query about many patients must name one, ITI TF-2 3.51.4.1.2.3.2
_NARROWING = (
    "$XDSDocumentEntryPatientId",
    "$XDSDocumentEntryClassCode",
    "$XDSDocumentEntryEventCodeList",
    "$XDSDocumentEntryHealthcareFacilityTypeCode",
)


@dataclass(frozen=True, slots=True)
class Picked:
    """What was asked for and may be seen; None: not a kind that this query gives."""

    documents: QuerySet[Document] | None = None
    sets: QuerySet[Submission] | None = None
    folders: QuerySet[Folder] | None = None
    links: Sequence[DocumentLink] = ()


Query = Callable[[Sight, Parameters], Picked]


# --- by what is in them ---------------------------------------------------------------------------


def find_documents(sight: Sight, given: Parameters) -> Picked:
    rows = sight.documents().filter(patient__in=given.patient("$XDSDocumentEntryPatientId"))
    return Picked(documents=_narrowed(rows, given))


def find_documents_by_reference_id(sight: Sight, given: Parameters) -> Picked:
    groups = given.groups(_REFERENCES)
    if not groups:
        raise ParameterMissing(f"{_REFERENCES} is missing")
    rows = sight.documents().filter(patient__in=given.patient("$XDSDocumentEntryPatientId"))
    for group in groups:
        rows = rows.filter(_any_reference(group))
    return Picked(documents=_narrowed(rows, given))


def find_documents_for_multiple_patients(sight: Sight, given: Parameters) -> Picked:
    if not any(given.groups(name) for name in _NARROWING):
        raise ParameterMissing("patients, class codes, event codes or facility types are missing")
    rows = sight.documents()
    if patients := given.any_of(_NARROWING[0]):
        rows = rows.filter(patient__in=given.patients(_NARROWING[0], *patients))
    return Picked(documents=_narrowed(rows, given))


def find_submission_sets(sight: Sight, given: Parameters) -> Picked:
    rows = sight.sets().filter(patient__in=given.patient("$XDSSubmissionSetPatientId"))
    rows = _in_force(rows, given)
    if sources := given.any_of("$XDSSubmissionSetSourceId"):
        rows = rows.filter(source_id__in=sources)
    rows = given.times(rows, "$XDSSubmissionSetSubmissionTime", "submission_time")
    author = given.one("$XDSSubmissionSetAuthorPerson")
    rows = given.authors(rows, (author,) if author else ())
    name = "$XDSSubmissionSetContentType"
    if codes := given.any_of(name):
        rows = rows.filter(any_code(name, "content_type", codes, listed=False))
    return Picked(sets=rows)


def find_folders(sight: Sight, given: Parameters) -> Picked:
    rows = sight.folders().filter(patient__in=given.patient("$XDSFolderPatientId"))
    return Picked(folders=_narrowed_folders(rows, given))


def find_folders_for_multiple_patients(sight: Sight, given: Parameters) -> Picked:
    patients = given.any_of("$XDSFolderPatientId")
    if not patients and not given.groups("$XDSFolderCodeList"):
        raise ParameterMissing("patients or codes are missing")
    rows = sight.folders()
    if patients:
        rows = rows.filter(patient__in=given.patients("$XDSFolderPatientId", *patients))
    return Picked(folders=_narrowed_folders(rows, given))


def get_all(sight: Sight, given: Parameters) -> Picked:
    """Everything of a patient, with the associations that touch it."""
    patient = given.patient("$patientId")
    documents = _content(sight.documents(), given).filter(
        patient__in=patient, status__in=given.statuses("$XDSDocumentEntryStatus")
    )
    sets = _in_force(sight.sets().filter(patient__in=patient), given)
    folders = sight.folders().filter(
        patient__in=patient, status__in=given.statuses("$XDSFolderStatus")
    )
    ends = [*_uuids(documents), *_uuids(sets), *_uuids(folders)]
    return Picked(documents, sets, folders, sight.links(_at_either_end(ends)))


# --- by their ids ---------------------------------------------------------------------------------


def get_documents(sight: Sight, given: Parameters) -> Picked:
    wanted = given.uuids_or_unique_ids(DOCUMENT)
    return Picked(documents=sight.documents().filter(wanted))


def get_folders(sight: Sight, given: Parameters) -> Picked:
    return Picked(folders=sight.folders().filter(given.uuids_or_unique_ids("$XDSFolder")))


def get_associations(sight: Sight, given: Parameters) -> Picked:
    return Picked(links=sight.links(_at_either_end(_ids(given))))


def get_documents_and_associations(sight: Sight, given: Parameters) -> Picked:
    documents = sight.documents().filter(given.uuids_or_unique_ids(DOCUMENT))
    return Picked(documents, links=sight.links(_at_either_end(_uuids(documents))))


def get_submission_sets(sight: Sight, given: Parameters) -> Picked:
    """The sets in which documents or folders came, with the memberships."""
    members = sight.links(Q(kind=MEMBERSHIP, target_uuid__in=_ids(given)))
    sets = sight.sets().filter(entry_uuid__in={row.source_uuid for row in members})
    held = set(_uuids(sets))
    return Picked(sets=sets, links=[row for row in members if row.source_uuid in held])


def get_submission_set_and_contents(sight: Sight, given: Parameters) -> Picked:
    wanted = given.uuids_or_unique_ids("$XDSSubmissionSet", single=True)
    sets = sight.sets().filter(wanted)
    members = sight.links(Q(kind=MEMBERSHIP, source_uuid__in=_uuids(sets)))
    targets = [row.target_uuid for row in members]
    documents = _content(sight.documents(), given).filter(entry_uuid__in=targets)
    folders = sight.folders().filter(entry_uuid__in=targets)
    inner = sight.links(Q(entry_uuid__in=targets))
    given_out = {*_uuids(documents), *_uuids(folders), *(row.entry_uuid for row in inner)}
    links = [row for row in members if row.target_uuid in given_out]
    return Picked(documents, sets, folders, [*links, *inner])


def get_folder_and_contents(sight: Sight, given: Parameters) -> Picked:
    folders = sight.folders().filter(given.uuids_or_unique_ids("$XDSFolder", single=True))
    members = sight.links(Q(kind=MEMBERSHIP, source_uuid__in=_uuids(folders)))
    targets = [row.target_uuid for row in members]
    documents = _content(sight.documents(), given).filter(entry_uuid__in=targets)
    kept = set(_uuids(documents))
    links = [row for row in members if row.target_uuid in kept]
    return Picked(documents, folders=folders, links=links)


def get_folders_for_document(sight: Sight, given: Parameters) -> Picked:
    wanted = given.uuids_or_unique_ids(DOCUMENT, single=True)
    documents = _uuids(sight.documents().filter(wanted))
    members = sight.links(Q(kind=MEMBERSHIP, target_uuid__in=documents))
    holders = {row.source_uuid for row in members}
    return Picked(folders=sight.folders().filter(entry_uuid__in=holders))


def get_related_documents(sight: Sight, given: Parameters) -> Picked:
    """Documents that the named associations tie to one; itself among them when there are any."""
    wanted = given.uuids_or_unique_ids(DOCUMENT, single=True)
    kinds = [SHORT_NAMES.get(name, name) for name in _association_types(given)]
    own = _uuids(sight.documents().filter(wanted))
    links = [
        row
        for row in sight.links(_at_either_end(own) & Q(kind__in=kinds))
        if row.kind != MEMBERSHIP  # that ties documents to packages
    ]
    ends = {end for row in links for end in (row.source_uuid, row.target_uuid)}
    documents = _of_type(sight.documents().filter(entry_uuid__in=ends), given)
    return Picked(documents, links=links)


STORED: Mapping[str, Query] = {
    "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d": find_documents,
    "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492": find_documents_by_reference_id,
    "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9": find_submission_sets,
    "urn:uuid:958f3006-baad-4929-a4de-ff1114824431": find_folders,
    "urn:uuid:10b545ea-725c-446d-9b95-8aeb444eddf3": get_all,
    "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4": get_documents,
    "urn:uuid:5737b14c-8a1a-4539-b659-e03a34a5e1e4": get_folders,
    "urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155": get_associations,
    "urn:uuid:bab9529a-4a10-40b3-a01f-f68a615d247a": get_documents_and_associations,
    "urn:uuid:51224314-5390-4169-9b91-b1980040715a": get_submission_sets,
    "urn:uuid:e8e3cb2c-e39c-46b9-99e4-c12f57260b83": get_submission_set_and_contents,
    "urn:uuid:b909a503-523d-4517-8acf-8e5834dfc4c7": get_folder_and_contents,
    "urn:uuid:10cae35a-c7f9-4cf5-b61e-fc3278ffb578": get_folders_for_document,
    "urn:uuid:d90e5407-b356-4d91-a89f-873917b4b0e6": get_related_documents,
}
MULTI_PATIENT: Mapping[str, Query] = {
    "urn:uuid:3d1bdb10-39a2-11de-89c2-2f44d94eaa9f": find_documents_for_multiple_patients,
    "urn:uuid:50d3f5ac-39a2-11de-a1ca-b366239e58df": find_folders_for_multiple_patients,
}


# --- narrowing ------------------------------------------------------------------------------------


def _narrowed(rows: QuerySet[Document], given: Parameters) -> QuerySet[Document]:
    rows = rows.filter(status__in=given.statuses("$XDSDocumentEntryStatus"))
    for name, field in _CODES.items():
        if codes := given.any_of(name):
            rows = rows.filter(any_code(name, field, codes, listed=False))
    for name, field in _CODE_LISTS.items():
        for group in given.groups(name):
            rows = rows.filter(any_code(name, field, group, listed=True))
    for name, column in _TIMES.items():
        rows = given.times(rows, name, column)
    rows = given.authors(rows, given.any_of("$XDSDocumentEntryAuthorPerson"))
    return _of_type(rows, given)


def _content(rows: QuerySet[Document], given: Parameters) -> QuerySet[Document]:
    """Of what a package or a patient has: by format, confidentiality and type."""
    name = "$XDSDocumentEntryFormatCode"
    if codes := given.any_of(name):
        rows = rows.filter(any_code(name, "format_code", codes, listed=False))
    name = "$XDSDocumentEntryConfidentialityCode"
    for group in given.groups(name):
        rows = rows.filter(any_code(name, "confidentiality", group, listed=True))
    return _of_type(rows, given)


def _of_type(rows: QuerySet[Document], given: Parameters) -> QuerySet[Document]:
    types = given.any_of("$XDSDocumentEntryType")
    return rows.none() if types and STABLE not in [kind.lower() for kind in types] else rows


def _in_force(rows: QuerySet[Submission], given: Parameters) -> QuerySet[Submission]:
    """A submission set is never replaced, ITI TF-3 4.2.3.3.1."""
    wanted = DocumentStatus.APPROVED in given.statuses("$XDSSubmissionSetStatus")
    return rows if wanted else rows.none()


def _narrowed_folders(rows: QuerySet[Folder], given: Parameters) -> QuerySet[Folder]:
    rows = rows.filter(status__in=given.statuses("$XDSFolderStatus"))
    for group in given.groups("$XDSFolderCodeList"):
        rows = rows.filter(any_code("$XDSFolderCodeList", "codes", group, listed=True))
    return given.times(rows, "$XDSFolderLastUpdateTime", "updated_at")


def _any_reference(texts: Sequence[str]) -> Q:
    wanted = Q()
    for text in texts:
        try:
            found = ReferenceId.parse(text)
        except ValueError:
            raise Malformed(f"a value of {_REFERENCES} is no reference id") from None
        reference = {"value": found.value, "issuer": found.issuer, "type": found.type}
        wanted |= Q(metadata__contains={"references": [reference]})
    return wanted


def _ids(given: Parameters) -> list[str]:
    return [entry_uuid(text) for text in given.any_of("$uuid", required=True)]


def _association_types(given: Parameters) -> Sequence[str]:
    return given.any_of("$AssociationTypes", required=True)


def _uuids(rows: QuerySet[Any]) -> list[str]:
    return list(rows.values_list("entry_uuid", flat=True))


def _at_either_end(uuids: Sequence[str]) -> Q:
    return Q(source_uuid__in=uuids) | Q(target_uuid__in=uuids)
