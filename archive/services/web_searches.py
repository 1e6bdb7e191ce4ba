"""Searches that are answered page by page over HTTP: whom they ask about, and the links to further
pages.

A link holds what was asked and how far the answer has come, signed, for one system and for an hour.
A patient stands in it by the key of a row: no personal identity code is ever in an address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db.models import Q

from archive.actors import NOBODY
from archive.errors import PatientNotAsserted
from archive.errors.fhir import PageOver, SearchUnclear
from archive.models import Patient
from archive.objects.registry import PatientId
from archive.objects.search import Term
from archive.queries import standing
from archive.services import filing
from archive.services.assertions import Established
from archive.values import PatientIdentifier

PAGE, MOST = 50, 200  # of one answer
LASTING = timedelta(hours=1)
_SALT = "archive.web_searches"

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Search:
    """`person` is the one it is about; None: it names none."""

    terms: tuple[Term, ...]
    person: UUID | None = None
    after: str = ""
    size: int = PAGE

    def about(self) -> Q:
        """Rows of the person, by whatever id they came."""
        if self.person is None:
            return Q()
        ids = standing.ids_of(self.person)
        return Q(patient__in=ids.values("id"))


@dataclass(frozen=True, slots=True)
class Place:
    """A page: the parameters it was asked by, the person, and the row it begins after."""

    pairs: Pairs
    person: UUID | None = None
    after: str = ""


def person(asker: Established, asked: PatientId) -> UUID:
    """Who an id stands for now. Raises SearchUnclear, PatientNotAsserted."""
    asker.require_patients([asked])
    try:
        identifier = PatientIdentifier.parse(asked.value, asked.issuer)
    except ValueError:
        raise SearchUnclear(facts={"field": "patient.identifier"}) from None
    row = filing.find_patient(asker.actor.environment, identifier)
    return standing.person_id(row) if row else NOBODY


def person_of(asker: Established, key: str) -> UUID:
    """Who a row stands for now. Raises PatientNotAsserted."""
    try:
        row = Patient.objects.filter(environment=asker.actor.environment, id=UUID(key)).first()
    except ValueError:
        row = None
    found = standing.person_id(row) if row else NOBODY
    _require_asserted(asker, found)
    return found


def _require_asserted(asker: Established, found: UUID) -> None:
    """Raises PatientNotAsserted."""
    asserted = asker.actor.requester.patient_id if asker.actor.requester else None
    if asserted is not None and found != asserted:
        raise PatientNotAsserted()


def link(asker: Established, place: Place) -> str:
    """A page as it may stand in an address."""
    told = {
        "by": str(asker.actor.connection_id),
        "asked": [list(pair) for pair in place.pairs],
        "person": str(place.person or ""),
        "after": place.after,
    }
    return signing.dumps(told, salt=_SALT, compress=True)


def follow(asker: Established, text: str) -> Place:
    """Raises PageOver, PatientNotAsserted."""
    try:
        told: dict[str, Any] = signing.loads(text, salt=_SALT, max_age=LASTING)
    except signing.BadSignature:
        raise PageOver() from None
    if told["by"] != str(asker.actor.connection_id):
        raise PageOver()
    found = UUID(told["person"]) if told["person"] else None
    if found is not None:
        _require_asserted(asker, found)
    return Place([(name, value) for name, value in told["asked"]], found, told["after"])
