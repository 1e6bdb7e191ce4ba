"""Documents by what is said of them, page by page (ITI-67): what the gate lets be seen, and what is
disclosed by it in the log first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from archive import conversation, ledger
from archive.errors.fhir import ResourceUnknown
from archive.models import Document, DocumentLink
from archive.objects.search import Term, Token
from archive.queries import keyset, standing, terms
from archive.queries.keyset import Key
from archive.services import disclosure, metadata_given
from archive.services.asking import Asking
from archive.services.links import MEMBERSHIP
from archive.services.sight import Sight
from archive.services.web_searches import Search

ORDER = (Key("id", UUID, falling=True),)  # the newest first: ids are in order of time
_RELATED = ("register__organisation", "patient__survivor", "study")


@dataclass(frozen=True, slots=True)
class Found:
    """One page; `links` are the associations of each document with others, by its entryUUID, and
    `ids` whose are at their other end.
    """

    documents: Sequence[Document]
    links: Mapping[str, Sequence[DocumentLink]]
    ids: Mapping[str, UUID]
    following: str = ""


def find(asking: Asking, search: Search) -> Found:
    """Raises ValueError when the page is none."""
    sight = Sight(asking.actor, asking.environment)
    wanted = terms.condition(search.terms, terms.DOCUMENT) & search.about()
    rows = sight.documents().filter(wanted).select_related(*_RELATED)
    page = keyset.page(rows, ORDER, after=search.after, size=search.size)
    documents = metadata_given.released(
        asking.actor,
        page.rows,
        environment=asking.environment,
        interface=asking.interface,
        message_id=asking.message_id,
        correlation_id=asking.correlation_id,
    )
    _record(asking, search, documents)
    links = _links(sight, documents)
    ends = {row.target_uuid for each in links.values() for row in each}
    ids = sight.documents().filter(entry_uuid__in=ends).values_list("entry_uuid", "id")
    return Found(documents, links, dict(ids), page.following)


def one(asking: Asking, document_id: str) -> Found:
    """Raises ResourceUnknown."""
    found = find(asking, Search((Term("_id", (Token(document_id),)),), size=1))
    if not found.documents:
        raise ResourceUnknown()
    return found


def _links(sight: Sight, documents: Sequence[Document]) -> dict[str, list[DocumentLink]]:
    """Replacements, appendices and the like, by the document that they come from."""
    uuids = [each.entry_uuid for each in documents]
    found: dict[str, list[DocumentLink]] = {}
    for row in sight.links(Q(source_uuid__in=uuids) & ~Q(kind=MEMBERSHIP)):
        found.setdefault(row.source_uuid, []).append(row)
    return found


def _record(asking: Asking, search: Search, documents: Sequence[Document]) -> None:
    """The use log: who asked about whom."""
    persons = {standing.person_id(each.patient) for each in documents}
    about = ledger.About(
        environment=asking.environment,
        patient_id=disclosure.person_asked(asking.actor, persons),
        correlation_id=asking.correlation_id,
    )
    facts = {
        "query": "find_document_references",
        "found": len(documents),
        "message": asking.message_id[:128],
        "keys": sorted({term.name for term in search.terms}),
        "interface": asking.interface,
        **disclosure.asked_by(asking.actor),
        **conversation.timing(),
    }
    ledger.record(ledger.Kind.DOCUMENTS_QUERIED, about, facts, actor=asking.actor)
