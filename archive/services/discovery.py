"""Registry Stored Query over what the gate lets be seen (XD-1, ITI TF-2 3.18 and 3.51)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from archive import gate, ledger
from archive.actors import Actor
from archive.errors import QueryUnknown, SeveralPatients, TooManyResults
from archive.models import Document, DocumentLink, DocumentStatus
from archive.objects.queries import Found, StoredQuery
from archive.objects.registry import (
    DocumentEntry,
    PatientId,
    SubmissionSet,
    format_time,
)
from archive.objects.registry import Folder as FolderObject
from archive.queries import standing
from archive.services import disclosure, links, metadata_given
from archive.services.query_parameters import STATUS, Parameters
from archive.services.sight import Sight
from archive.services.stored_queries import MULTI_PATIENT, STORED, Picked, Query

MAX_LEAVES = 1_000
_URN = {status: urn for urn, status in STATUS.items()}
_ROOT = Coalesce("patient__survivor__issuer", "patient__issuer")
_IDENTIFIER = Coalesce("patient__survivor__identifier", "patient__identifier")


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with what the log says of it; `many` for those about several patients (ITI-51)."""

    actor: Actor
    query: StoredQuery
    environment: str
    correlation_id: UUID | None = None
    message_id: str = ""
    many: bool = False
    interface: str = "XDS"

    @property
    def run(self) -> Query:
        """Raises QueryUnknown."""
        found = (MULTI_PATIENT if self.many else STORED).get(self.query.id)
        if found is None:
            raise QueryUnknown()
        return found


def leaves(
    actor: Actor,
    query: StoredQuery,
    *,
    environment: str,
    correlation_id: UUID | None = None,
    message_id: str = "",
    many: bool = False,
    interface: str = "XDS",
) -> Found:
    """Whole objects.

    Raises QueryUnknown, ParameterMissing, Malformed, TooManyResults, SeveralPatients.
    """
    asked = Asked(actor, query, environment, correlation_id, message_id, many, interface)
    picked = _pick(asked)
    documents = _documents(picked)
    sets = _rows(picked.sets, "metadata")
    folders = _rows(picked.folders, "metadata", "status", "updated_at")
    count = len(documents) + len(sets) + len(folders) + len(picked.links)
    if count > MAX_LEAVES:
        raise TooManyResults()
    persons = {row[0] for row in (*sets, *folders)} | _persons(documents)
    if len(persons) > 1 and not many:
        raise SeveralPatients()
    packages = [SubmissionSet.from_json(row[3]).id for row in sets]
    packages += [FolderObject.from_json(row[3]).id for row in folders]
    behind = _behind(asked, packages, picked.links)
    released = _released(asked, documents, behind)
    _record(asked, persons | _persons(behind), count)
    return Found(
        entries=tuple(map(_entry, released)),
        sets=tuple(_set(*columns) for _, *columns in sets),
        folders=tuple(_folder(*columns) for _, *columns in folders),
        links=tuple(map(links.as_link, picked.links)),
    )


def references(
    actor: Actor,
    query: StoredQuery,
    *,
    environment: str,
    correlation_id: UUID | None = None,
    message_id: str = "",
    many: bool = False,
    interface: str = "XDS",
) -> list[str]:
    """Ids only. Raises QueryUnknown, ParameterMissing, Malformed."""
    asked = Asked(actor, query, environment, correlation_id, message_id, many, interface)
    picked = _pick(asked)
    found: list[tuple[UUID, str]] = []
    for rows in (picked.sets, picked.folders):
        if rows is not None:
            named = rows.order_by("id").annotate(person=standing.PERSON)
            found += named.values_list("person", "entry_uuid")
    behind = _behind(asked, [uuid for _, uuid in found], picked.links)
    documents = _released(asked, _documents(picked, most=None), behind)
    found += [(standing.person_id(each.patient), each.entry_uuid) for each in documents]
    ids = [*(uuid for _, uuid in found), *(row.entry_uuid for row in picked.links)]
    _record(asked, {person for person, _ in found} | _persons(behind), len(ids))
    return ids


def _pick(asked: Asked) -> Picked:
    return asked.run(Sight(asked.actor, asked.environment), Parameters(asked.query.parameters))


def _rows(rows: QuerySet[Any] | None, *columns: str) -> list[tuple[Any, ...]]:
    """The person, the columns, and the id under which the person goes now."""
    if rows is None:
        return []
    named = rows.order_by("id").annotate(person=standing.PERSON, root=_ROOT, identifier=_IDENTIFIER)
    return list(named.values_list("person", "root", "identifier", *columns)[: MAX_LEAVES + 1])


def _documents(picked: Picked, most: int | None = MAX_LEAVES + 1) -> list[Document]:
    if picked.documents is None:
        return []
    related = ("register__organisation", "patient__survivor", "study")
    return list(picked.documents.select_related(*related).order_by("id")[:most])


def _persons(documents: Iterable[Document]) -> set[UUID]:
    return {standing.person_id(each.patient) for each in documents}


def _behind(asked: Asked, packages: Sequence[str], given: Sequence[DocumentLink]) -> list[Document]:
    """Documents that sets, folders and associations tell of: those at an association's ends, and
    of a package in which nothing is the asker's own all that is seen.
    """
    if not packages and not given:
        return []
    sight = Sight(asked.actor, asked.environment)
    inside = links.inside(asked.environment, packages)
    ends = {end for row in given for end in (row.source_uuid, row.target_uuid)}
    related = ("register__organisation", "patient__survivor", "study")
    seen = list(
        sight.documents()
        .filter(entry_uuid__in=ends.union(*inside.values()))
        .select_related(*related)
        .order_by("id")
    )
    own = {row.entry_uuid for row in seen if gate.is_own(asked.actor, row)}
    told = ends.union(*(uuids for uuids in inside.values() if not uuids & own))
    return [row for row in seen if row.entry_uuid in told]


def _released(
    asked: Asked, documents: list[Document], behind: Sequence[Document]
) -> list[Document]:
    """Those that go out; what is disclosed by that, and by what tells of the others, is in the log
    by then.
    """
    ids = {each.id for each in documents}
    going = metadata_given.released(
        asked.actor,
        [*documents, *(each for each in behind if each.id not in ids)],
        environment=asked.environment,
        interface=asked.interface,
        message_id=asked.message_id,
        correlation_id=asked.correlation_id,
    )
    return [each for each in going if each.id in ids]


def _entry(document: Document) -> DocumentEntry:
    """Under the id by which the person goes now."""
    person = document.patient.survivor or document.patient
    return replace(
        DocumentEntry.from_json(document.metadata),
        status=_URN[DocumentStatus(document.status)],
        patient=PatientId(person.identifier, person.issuer),
    )


def _set(root: str, identifier: str, metadata: Mapping[str, Any]) -> SubmissionSet:
    return replace(SubmissionSet.from_json(metadata), patient=PatientId(identifier, root))


def _folder(
    root: str, identifier: str, metadata: Mapping[str, Any], status: str, updated_at: Any
) -> FolderObject:
    return replace(
        FolderObject.from_json(metadata),
        status=_URN[DocumentStatus(status)],
        last_update=format_time(updated_at),
        patient=PatientId(identifier, root),
    )


def _record(asked: Asked, persons: set[UUID], found: int) -> None:
    """The use log: who asked about whom."""
    about = ledger.About(
        environment=asked.environment,
        patient_id=disclosure.person_asked(asked.actor, persons),
        correlation_id=asked.correlation_id,
    )
    facts: dict[str, object] = {"query": asked.run.__name__, "found": found}
    if asked.message_id:
        facts["message"] = asked.message_id[:128]
    if asked.interface != "XDS":
        facts["interface"] = asked.interface
    facts |= disclosure.asked_by(asked.actor)
    ledger.record(ledger.Kind.DOCUMENTS_QUERIED, about, facts, actor=asked.actor)
