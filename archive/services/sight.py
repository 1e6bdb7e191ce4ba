"""What of the registry an asker may see: documents as the gate decides, all else through them.

A submission set or folder is seen when a document in it is; an association when whatever stands at
its ends and exists here is. What may not be seen is left out as if it were not there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, OuterRef, Q, QuerySet

from archive import gate
from archive.actors import Actor
from archive.models import Document, DocumentLink, Folder, Submission
from archive.queries import standing
from archive.services.links import MEMBERSHIP


@dataclass(frozen=True)
class Sight:
    actor: Actor
    environment: str

    def documents(self) -> QuerySet[Document]:
        """The one narrowing of all: every other goes through this."""
        return self._documents

    @cached_property
    def _documents(self) -> QuerySet[Document]:
        """The gate is asked once a query; nothing is read before a narrower one asks."""
        rows = Document.objects.filter(environment=self.environment)
        return gate.visible(_of_the_asserted(rows, self.actor), self.actor)

    def sets(self) -> QuerySet[Submission]:
        # A set may hold associations alone, for example when a document is put into a folder.
        between = self._links().filter(
            self._sees("source_uuid") | self._sees("target_uuid"),
            entry_uuid=OuterRef("target_uuid"),
        )
        members = self._links().filter(
            self._sees("target_uuid") | Exists(between),
            kind=MEMBERSHIP,
            source_uuid=OuterRef("entry_uuid"),
        )
        return Submission.objects.filter(Exists(members), environment=self.environment)

    def folders(self) -> QuerySet[Folder]:
        members = self._links().filter(
            self._sees("target_uuid"), kind=MEMBERSHIP, source_uuid=OuterRef("entry_uuid")
        )
        return Folder.objects.filter(Exists(members), environment=self.environment)

    def _sees(self, end: str) -> Exists:
        """The document at this end of an association is seen. Asked row by row: what an asker may
        see in all may be millions.
        """
        return Exists(self.documents().filter(entry_uuid=OuterRef(end)))

    def links(self, wanted: Q) -> list[DocumentLink]:
        """Associations that are wanted and seen, the oldest first."""
        rows = list(self._links().filter(wanted).order_by("id"))
        if not rows:
            return []
        ends = {end for row in rows for end in (row.source_uuid, row.target_uuid)}
        inner = list(self._links().filter(entry_uuid__in=ends))
        deeper = {end for row in inner for end in (row.source_uuid, row.target_uuid)}
        hidden = self._hidden(ends | deeper)
        hidden |= {row.entry_uuid for row in inner if _touches(row, hidden)}
        return [row for row in rows if not _touches(row, hidden)]

    def _hidden(self, uuids: set[str]) -> set[str]:
        """Which of these exist here and may not be seen."""
        hidden: set[str] = set()
        for model, seen in (
            (Document, self.documents),
            (Submission, self.sets),
            (Folder, self.folders),
        ):
            known = _uuids(model.objects.filter(environment=self.environment), uuids)
            if known:
                hidden |= known - _uuids(seen(), known)
        return hidden

    def _links(self) -> QuerySet[DocumentLink]:
        return DocumentLink.objects.filter(environment=self.environment)


def _uuids(
    rows: QuerySet[Document] | QuerySet[Submission] | QuerySet[Folder], uuids: Iterable[str]
) -> set[str]:
    return set(rows.filter(entry_uuid__in=uuids).values_list("entry_uuid", flat=True))


def _touches(row: DocumentLink, hidden: set[str]) -> bool:
    return row.source_uuid in hidden or row.target_uuid in hidden


def _of_the_asserted(rows: QuerySet[Document], actor: Actor) -> QuerySet[Document]:
    """An assertion is for one person: of any other there is nothing, by whatever id it is asked."""
    person = actor.requester.patient_id if actor.requester else None
    if person is None:
        return rows
    return rows.filter(standing.of_person(person))
