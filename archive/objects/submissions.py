"""A submission as a whole: ids settled, told from another by its content, checked against itself.

Pure; what is already registered is `archive.services.documents`' business.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace

from archive.objects.registry import (
    ASSOCIATIONS,
    HAS_MEMBER,
    DocumentEntry,
    Folder,
    Link,
    Submission,
    SubmissionSet,
    is_entry_uuid,
    is_oid,
    normal_uuid,
    parse_time,
)

_UNIQUE_ID = re.compile(
    r"^(?P<oid>[0-9.]{1,64})(?:\^[^\s^]{1,16})?$"
)  # ITI TF-3 4.2.3.2.26: OID, or OID^extension
OCCUPATIONAL = "4"  # code of 1.2.246.537.5.40150
_SHA1 = re.compile(r"^[0-9a-f]{40}\Z")


def resolve(submission: Submission) -> Submission:
    """Every id a UUID in normal form: symbolic ids get a new one, links follow it.

    Raises ValueError.
    """
    known: dict[str, str] = {}
    for given in _ids(submission):
        if given in known:
            raise ValueError("an id is used twice in the submission")
        known[given] = normal_uuid(given) if is_entry_uuid(given) else uuid.uuid4().urn
    return Submission(
        replace(submission.submission_set, id=known[submission.submission_set.id]),
        tuple(replace(entry, uuid=known[entry.uuid]) for entry in submission.entries),
        tuple(
            replace(
                link,
                id=known[link.id] if link.id else uuid.uuid4().urn,
                source=_known_or_normal(known, link.source),
                target=_known_or_normal(known, link.target),
            )
            for link in submission.links
        ),
        tuple(replace(folder, id=known[folder.id]) for folder in submission.folders),
    )


def _ids(submission: Submission) -> Iterator[str]:
    yield submission.submission_set.id
    yield from (entry.uuid for entry in submission.entries)
    yield from (folder.id for folder in submission.folders)
    yield from (link.id for link in submission.links if link.id)


def _known_or_normal(known: Mapping[str, str], given: str) -> str:
    if given in known:
        return known[given]
    if not is_entry_uuid(given):
        raise ValueError("an association names an id that is not in the submission")
    return normal_uuid(given)


def digest(submission: Submission) -> bytes:
    """What "the same submission again" means.

    Equal but for message ids, symbolic ids and the time of sending.
    Taken before `resolve`: a real entry UUID is content, a symbolic id is not.
    """
    names = {entry.uuid: _content_id(entry) for entry in submission.entries}
    names |= {folder.id: folder.unique_id for folder in submission.folders}
    names[submission.submission_set.id] = submission.submission_set.unique_id
    names |= {link.id: _canonical(_named(link, names)) for link in submission.links if link.id}
    content: dict[str, object] = {
        "set": asdict(replace(submission.submission_set, id="", submission_time="")),
        "entries": sorted(
            _canonical(entry.to_json() | {"uuid": _content_id(entry)})
            for entry in submission.entries
        ),
        "links": sorted(_canonical(_named(link, names)) for link in submission.links),
    }
    if submission.folders:
        content["folders"] = sorted(
            _canonical(folder.to_json() | {"id": ""}) for folder in submission.folders
        )
    return hashlib.sha256(_canonical(content).encode()).digest()


def _named(link: Link, names: Mapping[str, str]) -> list[str]:
    return [link.type, *(names.get(end, end.lower()) for end in (link.source, link.target))]


def _content_id(entry: DocumentEntry) -> str:
    return entry.uuid.lower() if is_entry_uuid(entry.uuid) else entry.unique_id


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def problems(submission: Submission) -> Iterator[str]:
    """What is wrong with a submission in itself, ITI TF-3 4.2.3; names no patient."""
    held = submission.submission_set
    yield from set_problems(held)
    if not (submission.entries or submission.folders or submission.links):
        yield "a submission without document entries"
    parts: tuple[DocumentEntry | Folder, ...] = (*submission.entries, *submission.folders)
    if any(part.patient != held.patient for part in parts):
        yield "submission set and documents must have the same patientId"
    if _first_duplicate(entry.unique_id for entry in submission.entries):
        yield "a document uniqueId is used twice in the submission"
    for entry in submission.entries:
        yield from _entry_problems(entry)
    for folder in submission.folders:
        if not is_oid(folder.unique_id):
            yield "folder: uniqueId must be an OID"
        if not folder.codes:
            yield "folder: codeList is missing"
    yield from _link_problems(submission)


def set_problems(held: SubmissionSet) -> Iterator[str]:
    if not is_oid(held.unique_id) or not is_oid(held.source_id):
        yield "submission set: uniqueId and sourceId must be OIDs"
    if held.content_type is None:
        yield "submission set: contentTypeCode is missing"
    if not held.submission_time:
        yield "submissionTime is missing"
    elif not _is_time(held.submission_time):
        yield "submissionTime is no time"


def _entry_problems(entry: DocumentEntry) -> Iterator[str]:
    unique = _UNIQUE_ID.match(entry.unique_id)
    if not unique or not is_oid(unique["oid"]):
        yield "uniqueId is no OID"
    if not _SHA1.match(entry.hash):
        yield "hash is missing or no SHA-1"
    if entry.size is None:
        yield "size is missing"
    if not is_oid(entry.repository):
        yield "repositoryUniqueId is missing or no OID"
    if not entry.mime_type or len(entry.mime_type) > 64:
        yield "mimeType is missing or too long"
    yield from (f"{name} is missing" for name, value in _demanded(entry) if not value)
    for name, text in (
        ("creationTime", entry.creation_time),
        ("serviceStartTime", entry.service_start),
        ("serviceStopTime", entry.service_stop),
    ):
        if text and not _is_time(text):
            yield f"{name} is no time"
    yield from _tie_problems(entry)


def _demanded(entry: DocumentEntry) -> Iterator[tuple[str, object]]:
    """Required in ITI-42, ITI TF-3 Table 4.3.1-3, beside what is checked by form."""
    yield "typeCode", entry.type_code
    yield "formatCode", entry.format_code
    yield "healthcareFacilityTypeCode", entry.facility_type
    yield "practiceSettingCode", entry.practice_setting
    yield "confidentialityCode", entry.confidentiality
    yield "creationTime", entry.creation_time
    yield "languageCode", entry.language


def _tie_problems(entry: DocumentEntry) -> Iterator[str]:
    """What ties a document to its study must be there and be of one mind."""
    accession = entry.accession
    if not entry.controller_oid:
        yield "author institution with the controller's OID is missing"
    elif accession is not None and accession.issuer not in ("", entry.controller_oid):
        yield "assigning authority of the accession number is not the author institution"
    if accession is None or len(accession.value) > 64:
        yield "accession number is missing or too long"
    try:
        specifier = entry.register_specifier
    except ValueError as problem:
        yield str(problem)
    else:
        if specifier and entry.register_type != OCCUPATIONAL:
            yield "only a register of occupational health care has a specifier"
    if entry.study_instance_uid and not is_oid(entry.study_instance_uid):
        yield "studyInstanceUID is no UID"


def _link_problems(submission: Submission) -> Iterator[str]:
    held = submission.submission_set.id
    entries = {entry.uuid for entry in submission.entries}
    folders = {folder.id for folder in submission.folders}
    members = {
        link.target for link in submission.links if link.type == HAS_MEMBER and link.source == held
    }
    if entries - members:
        yield "a document is no member of the submission set"
    if folders - members:
        yield "a folder is no member of the submission set"
    for link in submission.links:
        if link.type not in ASSOCIATIONS:
            yield "an association is of no type that is known here"
        # The source of a membership may be a folder that was registered before.
        if link.type != HAS_MEMBER and link.source not in entries:
            yield "an association begins outside the submission"
        if link.type == HAS_MEMBER and link.source in entries:
            yield "a document has no members"
        if link.source == link.target:
            yield "an association leads back to its source"


def _is_time(text: str) -> bool:
    try:
        parse_time(text)
    except ValueError:
        return False
    return True


def _first_duplicate(values: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None
