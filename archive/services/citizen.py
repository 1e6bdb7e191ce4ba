"""What a citizen sees of the own data, or of another's on a ground: documents, wishes, and to whom
data was disclosed (AC-6). Each look is written down.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from archive import gate, ledger
from archive.actors import Actor
from archive.errors import NotFound
from archive.models import Document
from archive.queries import disclosed, keyset
from archive.queries import wishes as queries
from archive.values import now

NEWEST = (
    keyset.Key("registered_at", datetime.fromisoformat, True),
    keyset.Key("id", UUID, True),
)
UNKNOWN = queries.State(None, None, (), ())  # of whom nothing has been said


@dataclass(frozen=True, slots=True)
class Wishes:
    """The person's state now and every statement that led to it."""

    state: queries.State
    history: list[queries.Line]


def documents(actor: Actor, *, after: str = "") -> keyset.Page[Document]:
    """Requests, examination notes and reports in force, the newest first.

    Raises ValueError when the cursor is none.
    """
    found = keyset.page(_visible(actor), NEWEST, after=after)
    _look(actor, "documents", len(found.rows))
    return found


def document(actor: Actor, document_id: UUID) -> Document:
    """Raises NotFound, also of what there is but may not be seen."""
    found = _visible(actor).filter(id=document_id).first()
    _look(actor, "document", 1 if found else 0, found)
    if found is None:
        raise NotFound()
    return found


def wishes(actor: Actor) -> Wishes:
    person, at = _person(actor), now()
    told = Wishes(UNKNOWN, [])
    if person is not None:
        told = Wishes(queries.state(person, at), queries.history(person, at))
    _look(actor, "wishes", len(told.history))
    return told


def disclosures(actor: Actor, *, after: str = "") -> disclosed.Page:
    """Raises ValueError when the cursor is none."""
    person = _person(actor)
    found = disclosed.page(person, after) if person is not None else disclosed.Page((), "")
    _look(actor, "disclosures", len(found.rows))
    return found


def _visible(actor: Actor) -> QuerySet[Document]:
    return gate.visible(Document.objects.all(), actor).select_related("register__organisation")


def _person(actor: Actor) -> UUID | None:
    """Whose data this call is about. Raises NotFound."""
    gate.require_person(actor)
    return actor.citizen.person_id if actor.citizen else None


def _look(actor: Actor, what: str, found: int, document: Document | None = None) -> None:
    citizen = actor.citizen
    about = ledger.About(
        environment=actor.environment,
        subject_id=document.id if document else None,
        patient_id=citizen.person_id if citizen else None,
    )
    facts = {
        "what": what,
        "found": found,
        "client": actor.name,
        "acting": citizen.acting_ground if citizen else "",
        "assertion": citizen.assertion_id if citizen else "",
    }
    ledger.record(ledger.Kind.CITIZEN_READ, about, facts, actor=actor)
