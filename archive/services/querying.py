"""Asking: which of a customer's own material fits the keys of a C-FIND (AR-6, AR-13).

What was found is settled, bounded and written down before the first answer goes out; no transaction
is open while answers go.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

import psycopg
from django.db import OperationalError, transaction
from django.db.models import QuerySet
from pydicom.datadict import keyword_for_tag

from archive import gate, ledger
from archive.actors import connection_actor
from archive.config import settings
from archive.errors import ArchiveError, IdentifierMismatch, QueryTooBroad
from archive.models import Study
from archive.objects import identifier
from archive.objects.identifier import LEVEL, Attribute, Identifier, Key
from archive.queries import attributes, availability, finding, found
from archive.queries.finding import Conditions
from archive.queries.found import Row
from archive.queries.standing import Reached
from archive.rules.access import Action
from archive.rules.matching import Level, match_of
from archive.services import error_desk
from archive.services.associations import Peer
from archive.services.error_desk import Place, What
from archive.statements import Worded, execute

QUERY = Place("dicom", "query")
PAGE = 200  # answers that are worked out at once
RETRIEVE_TITLE, AVAILABILITY = 0x00080054, 0x00080056
# Answered without a column: the level, where it is retrieved from, whether it is at hand.
_OWN = frozenset((LEVEL, RETRIEVE_TITLE, AVAILABILITY, 0x00080005))


class Asked(Protocol):
    """A request; `together`: dates and times are one range, as negotiated."""

    @property
    def together(self) -> bool: ...

    def read(self) -> tuple[Identifier, Level]: ...


@dataclass(frozen=True, slots=True)
class Page:
    """Which of the matches are wanted, the last received first: DICOM gives all, HTTP by pages."""

    limit: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it came over DICOM."""

    identifier: bytes
    transfer_syntax_uid: str
    patient_root: bool
    together: bool = False

    def read(self) -> tuple[Identifier, Level]:
        """Raises DatasetUnreadable, IdentifierMismatch."""
        read = identifier.decode(self.identifier, self.transfer_syntax_uid)
        return read, _level(read, patient_root=self.patient_root)


def _level(read: Identifier, *, patient_root: bool) -> Level:
    """Raises IdentifierMismatch: none, or one that the information model does not have."""
    try:
        level = Level[read.text(LEVEL)]
    except KeyError:
        raise IdentifierMismatch("no query level, or an unknown one", tag=LEVEL) from None
    if level == Level.PATIENT and not patient_root:
        raise IdentifierMismatch("patient level in the study root", tag=LEVEL)
    return level


@dataclass(frozen=True, slots=True)
class Search:
    """What one C-FIND has found. `partial`: some keys are none of those that are known here."""

    peer: Peer
    level: Level
    character_set: str  # of the request
    wanted: dict[int, Key]
    own: frozenset[int]
    conditions: Conditions
    reached: Reached  # when the question was asked
    rows: list[Row]
    more: bool  # than are given
    partial: bool

    def pages(self) -> Iterator[list[Row]]:
        for start in range(0, len(self.rows), PAGE):
            yield self.rows[start : start + PAGE]

    def answers(self, page: list[Row]) -> list[list[Attribute]]:
        """Each built from its own row. Raises QueryTooBroad."""
        worked_out = found.Below({})
        if found.asks_below(self.wanted):
            with bounded():
                worked_out = found.below(page, self.wanted, self._visible())
        heads = self._heads(page)
        return [
            [*head, *found.answer(row, self.wanted, worked_out)]
            for head, row in zip(heads, page, strict=True)
        ]

    def _visible(self) -> QuerySet[Study]:
        return visible_studies(self.peer, self.conditions, self.reached)

    def _heads(self, page: list[Row]) -> list[list[Attribute]]:
        head = [
            Attribute(LEVEL, "CS", (self.level.name,)),
            Attribute(RETRIEVE_TITLE, "AE", (self.peer.called,)),
        ]
        if AVAILABILITY not in self.own:
            return [head] * len(page)
        with bounded():
            told = list(map(availability.of(page, self.level, self._visible), page))
        return [
            [*head, *([Attribute(AVAILABILITY, "CS", (each,))] if each else [])] for each in told
        ]


def find(peer: Peer, question: Asked, page: Page | None = None) -> Search:
    """Raises ServiceNotAllowed, DatasetUnreadable, IdentifierMismatch, QueryTooBroad; they are on
    the desk then.
    """
    try:
        peer.require_fetching()
        search = _find(peer, question, page)
    except ArchiveError as error:
        report(peer, error, QUERY)
        raise
    if search.more and page is None:
        report(peer, QueryTooBroad(), QUERY)
    return search


def _find(peer: Peer, question: Asked, page: Page | None) -> Search:
    asked, level = question.read()
    keys = asked.keys
    wanted = found.asked(keys, level)
    conditions = finding.conditions(keys, level, together=question.together)
    limit, offset = settings().dicom_find_limit, 0
    if page is not None:
        limit, offset = page.limit, page.offset
    with bounded():
        reached = gate.reached_by(peer.actor)
        alone = page is None and conditions.named
        if alone and gate.sees_its_own_alone(peer.actor, reached):
            rows = _own_study(peer, conditions.named, wanted)
        else:
            visible = visible_studies(peer, conditions, reached)
            listed = _listed(visible, peer, conditions, level)
            if page is not None:
                listed = listed.order_by("-id")
            rows = found.rows(listed, level, wanted, limit=limit + 1, offset=offset)
        search = Search(
            peer=peer,
            level=level,
            character_set=asked.character_set,
            wanted=wanted,
            own=_OWN & keys.keys(),
            conditions=conditions,
            reached=reached,
            rows=rows[:limit],
            more=len(rows) > limit,
            partial=bool(keys.keys() - wanted.keys() - _OWN),
        )
        _record(search, asked)
    return search


def _listed(
    visible: QuerySet[Study], peer: Peer, conditions: Conditions, level: Level
) -> QuerySet[Any]:
    studies = finding.studies(visible, peer.environment, conditions)
    if level == Level.SERIES:
        return finding.series(studies, conditions)
    if level == Level.IMAGE:
        return finding.instances(studies, conditions)
    return studies


def _own_study(peer: Peer, uid: str, wanted: Mapping[int, Key]) -> list[Row]:
    """One study by its UID, the question that is asked most."""
    names = tuple(sorted(wanted))
    read = _study_statement(names).rows(
        organisation_id=peer.organisation_id, environment=peer.environment, uid=uid
    )
    return found.as_rows(read, Level.STUDY, names)


@lru_cache(maxsize=64)  # who asks chooses the attributes
def _study_statement(wanted: tuple[int, ...]) -> Worded:
    """What `_listed` says of it to a system that sees its own alone."""

    def word(organisation_id: UUID, environment: str, uid: str) -> QuerySet[Any]:
        actor = connection_actor(
            connection_id=organisation_id,
            name="",
            organisation_id=organisation_id,
            environment=environment,
        )
        rows = Study.objects.filter(environment=environment)
        visible = gate.visible(rows, actor, Action.RETURN)
        return found.listed(visible.filter(finding.one_study(uid)), Level.STUDY, wanted)

    places = {"organisation_id": UUID(int=0), "environment": "any", "uid": "0.0"}
    return Worded(word, places)


def visible_studies(peer: Peer, wanted: Conditions, reached: Reached) -> QuerySet[Study]:
    """What may be returned to the peer: its own register's, and what the gate lets it have. Studies
    that are named need no register for an index to begin with.
    """
    rows = Study.objects.filter(environment=peer.environment)
    if not wanted.by_uid:
        rows = rows.filter(register_id__in=gate.reach(peer.actor, reached))
    return gate.visible(rows, peer.actor, Action.RETURN, reached=reached)


@contextmanager
def bounded() -> Iterator[None]:
    """A transaction in which no statement takes longer than a query may, and none reads a table
    from end to end: PostgreSQL takes a customer with few studies for an average one, and would.
    Raises QueryTooBroad.
    """
    try:
        with transaction.atomic():
            execute(
                "SELECT set_config('statement_timeout', %s, true),"
                " set_config('enable_seqscan', 'off', true)",
                [f"{settings().dicom_find_seconds * 1000:.0f}"],
            )
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise QueryTooBroad("query takes too long, narrow it") from None
        raise


def _record(search: Search, asked: Identifier) -> None:
    """The use log: who asked by what about whom; names of keys, never their values."""
    persons = {row.ids["person"] for row in search.rows}
    about = ledger.About(
        environment=search.peer.environment,
        organisation_id=search.peer.organisation_id,
        subject_id=search.peer.connection_id,
        patient_id=next(iter(persons)) if len(persons) == 1 else None,
        correlation_id=search.peer.association_id,
    )
    facts = {
        "level": search.level.name,
        "keys": sorted(_matched(asked, search.level)),
        "found": len(search.rows),
        "calling": search.peer.calling,
    }
    if search.more:
        facts["more"] = True
    ledger.record(ledger.Kind.IMAGES_QUERIED, about, facts, actor=search.peer.actor)


def _matched(asked: Identifier, level: Level) -> Iterator[str]:
    """Keys of a deeper level are looked at by nobody, and may be anything."""
    for tag, key in asked.keys.items():
        column = attributes.COLUMNS.get(tag) or attributes.DERIVED.get(tag)
        if column is None or not attributes.matched((tag,), level):
            continue
        if match_of(column.vr, key.values) is not None:
            yield keyword_for_tag(tag)


def report(peer: Peer, error: ArchiveError, place: Place) -> None:
    """A query or retrieval that was refused as a whole."""
    elements = ", ".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in error.tags)
    error_desk.report(
        error,
        environment=peer.environment,
        place=peer.at(place),
        who=peer.who,
        what=What(correlation_id=peer.association_id),
        facts={"calling": peer.calling, "elements": elements},
    )
