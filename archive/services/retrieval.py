"""Fetching back: which of a customer's own objects are asked for, where they go, how it went
(AR-6).

That a study goes out is written down before its first object does. The edge gives the objects out
and notes each; `close` writes down how each study ended, and puts what failed on the desk.
"""

import time
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet

from archive import gate, ledger
from archive.errors import (
    ArchiveError,
    Broken,
    BytesDamaged,
    DestinationUnknown,
    IdentifierMismatch,
)
from archive.models import CaseEvent, Connection, ConnectionKind, EventOutcome, Instance, Study
from archive.models.dated import valid_on
from archive.objects.identifier import Identifier, Key
from archive.objects.messages import Target
from archive.queries import attributes, finding
from archive.queries.finding import Conditions
from archive.rules.matching import Level
from archive.services import error_desk, serving
from archive.services.associations import Peer
from archive.services.connections import target_of
from archive.services.error_desk import Place, What, Who
from archive.services.querying import Asked, bounded, report, visible_studies
from archive.services.serving import Outgoing
from archive.values import now, today

RETRIEVE = Place("dicom", "retrieve")
DONE, FAILED, CANCELLED, BROKEN_OFF = "done", "failed", "cancelled", "broken off"
# An object may be rejected, corrected or out of the asker's sight since it was listed: so it is
# looked at again when that was longer ago, and with it so many of those behind it.
FRESH_SECONDS, LOOKED_AT_ONCE = 1.0, 200

Turn = Callable[[], AbstractContextManager[object]]  # within which the database may be asked


@dataclass(slots=True)
class Tally:
    """What became of one study."""

    given: int = 0
    failed: int = 0
    size: int = 0
    began: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Failure:
    """Objects of a study that failed alike; the first of them stands for all."""

    error: ArchiveError
    sop_instance_uid: str
    count: int = 0


class Retrieval:
    """One C-MOVE, C-GET or WADO-RS. `close` is called however it ends."""

    def __init__(
        self, peer: Peer, selection: "_Selection", by: str, destination: Connection | None
    ) -> None:
        self.peer = peer
        self.by = by
        self.destination = destination
        counted = selection.count()
        self.total, self.kinds = counted.total, counted.kinds
        # Known to be damaged, so that not all can be given; a single one is given or is not.
        self.lacks_some = counted.damaged > 0 and counted.total > 1
        self._selection = selection
        self._tallies: dict[UUID, Tally] = {}
        self._failures: dict[tuple[UUID, str], Failure] = {}
        self._damaged: list[Outgoing] = []
        self._begun: set[UUID] = set()
        self._fresh_until = time.monotonic() + FRESH_SECONDS

    @property
    def target(self) -> Target:
        assert self.destination is not None  # of a C-MOVE
        return target_of(self.destination)

    def objects(self, turn: Turn) -> Iterator[Outgoing]:
        """All of them, part after part, as they are shortly before they go. That their study does
        is in the ledger by then.
        """
        with turn():
            parts = self._selection.parts()
        for part in parts:
            with turn():
                listed = list(self._selection.items(part))
                if new := {item.study_id for item in listed} - self._begun:
                    self._begin(new)
            yield from self._as_they_are(listed, turn)

    def _as_they_are(self, listed: Sequence[Outgoing], turn: Turn) -> Iterator[Outgoing]:
        fresh, end = {item.id: item for item in listed}, len(listed)
        for place, item in enumerate(listed):
            if place >= end or time.monotonic() >= self._fresh_until:
                ahead = listed[place : place + LOOKED_AT_ONCE]
                with turn():
                    fresh = self._selection.again([each.id for each in ahead])
                end = place + len(ahead)
                self._fresh_until = time.monotonic() + FRESH_SECONDS
            yield fresh.get(item.id) or replace(item, is_withdrawn=True)

    def _begin(self, study_ids: Set[UUID]) -> None:
        studies = Study.objects.filter(id__in=study_ids).order_by("id")
        for study_id, patient_id in studies.values_list("id", "patient_id"):
            about = _about(self.peer, study_id, patient_id)
            ledger.record(ledger.Kind.RETRIEVAL_BEGUN, about, _way(self), actor=self.peer.actor)
        self._begun |= study_ids

    def has_failed_before(self) -> bool:
        """Whether the desk has objects of the studies begun that could not be given over here."""
        place = self.peer.at(RETRIEVE)
        events = CaseEvent.objects.filter(
            study_id__in=self._begun, case__edge=place.edge, case__place=place.step
        )
        return events.exclude(outcome=EventOutcome.SOLVED).exists()

    def note(self, item: Outgoing, error: ArchiveError | None) -> None:
        """An object was given, or why not."""
        tally = self._tallies.setdefault(item.study_id, Tally())
        if error is None:
            tally.given += 1
            tally.size += item.size
            return
        tally.failed += 1
        if item.is_withdrawn:  # as somebody decided: nothing is wrong
            return
        if isinstance(error, BytesDamaged):
            self._damaged.append(item)
        key = item.study_id, error.reason()
        failure = self._failures.setdefault(key, Failure(error, item.sop_instance_uid))
        failure.count += 1

    def close(self, ending: str) -> None:
        """Write down what left; what failed goes on the desk, what is whole again leaves it."""
        for item in self._damaged:
            item.damaged()
        for study in Study.objects.filter(id__in=self._tallies):
            tally = self._tallies[study.id]
            with transaction.atomic():
                _record(self, study, tally, ending)
                if ending == DONE and not tally.failed and self._selection.level <= Level.STUDY:
                    error_desk.settle(study.id, RETRIEVE.step)
                for (study_id, _), failure in self._failures.items():
                    if study_id == study.id:
                        _report(self, study, failure)

    @property
    def destination_title(self) -> str:
        return self.destination.aet if self.destination is not None else self.peer.calling


def move(peer: Peer, question: Asked, destination: str) -> Retrieval:
    """To one of the customer's own systems.

    Raises ServiceNotAllowed, DestinationUnknown, DatasetUnreadable, IdentifierMismatch,
    QueryTooBroad; they are on the desk then.
    """
    try:
        selection = _select(peer, question)
        return Retrieval(peer, selection, "C-MOVE", _destination(peer, destination))
    except ArchiveError as error:
        report(peer, error, RETRIEVE)
        raise


def get(peer: Peer, question: Asked) -> Retrieval:
    """To the system that asks. Raises ServiceNotAllowed, DatasetUnreadable, IdentifierMismatch,
    QueryTooBroad; they are on the desk then.
    """
    try:
        return Retrieval(peer, _select(peer, question), "C-GET", None)
    except ArchiveError as error:
        report(peer, error, RETRIEVE)
        raise


def web(peer: Peer, question: Asked, by: str) -> Retrieval:
    """To the system that asks over HTTP. Raises IdentifierMismatch, QueryTooBroad; they are on the
    desk then.
    """
    try:
        return Retrieval(peer, _select(peer, question), by, None)
    except ArchiveError as error:
        report(peer, error, RETRIEVE)
        raise


def _destination(peer: Peer, title: str) -> Connection:
    """Raises DestinationUnknown, whether nobody has the title or somebody else."""
    rows = Connection.objects.filter(
        valid_on(today()),
        organisation_id=peer.organisation_id,
        environment=peer.environment,
        kind=ConnectionKind.DICOM,
        aet=title,
        retrieve_destination=True,
        port__gt=0,
    )
    found = rows.exclude(host="").order_by("-valid_from").first()
    if found is None:
        raise DestinationUnknown(facts={"destination": title[:16]})
    return found


# --- which objects --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is asked for, before it is read."""

    total: int
    damaged: int  # of these; known to be
    kinds: list[tuple[str, str]]  # SOP classes with transfer syntaxes, the most frequent first


@dataclass(frozen=True, slots=True)
class _Selection:
    """Objects by the unique keys of a request, as they were when it came."""

    peer: Peer
    level: Level
    studies: QuerySet[Study]
    wanted: Conditions
    at: datetime

    def _rows(self) -> QuerySet[Instance]:
        return finding.instances(self.studies, self.wanted).filter(received_at__lte=self.at)

    def count(self) -> "_Counted":
        with bounded():
            kinds = self._rows().values_list("sop_class_uid", "transfer_syntax_uid")
            counts = kinds.annotate(count=Count("id"), damaged=Count("damaged_at"))
            found = list(counts.order_by("-count"))
        return _Counted(
            total=sum(count for *_, count, _ in found),
            damaged=sum(damaged for *_, damaged in found),
            kinds=[(sop_class, syntax) for sop_class, syntax, *_ in found],
        )

    def parts(self) -> list[UUID | None]:
        """Series by series, so that no more than one is in memory; single objects at once."""
        if self.level == Level.IMAGE:
            return [None]
        with bounded():
            rows = finding.series(self.studies, self.wanted)
            return list(rows.order_by("study_id", "id").values_list("id", flat=True))

    def items(self, part: UUID | None) -> Iterator[Outgoing]:
        rows = self._rows() if part is None else Instance.objects.available().filter(series=part)
        with bounded():
            listed = list(serving.outgoing(rows.filter(received_at__lte=self.at).order_by("id")))
        yield from listed

    def again(self, ids: Sequence[UUID]) -> dict[UUID, Outgoing]:
        """Those of them that may still go, as they are now."""
        with bounded():
            studies = _studies(self.peer, self.wanted)
            rows = Instance.objects.available().filter(id__in=ids, study__in=studies.values("id"))
            return {item.id: item for item in serving.outgoing(rows)}


def _select(peer: Peer, question: Asked) -> _Selection:
    """Raises ServiceNotAllowed, DatasetUnreadable, IdentifierMismatch, QueryTooBroad."""
    peer.require_fetching()
    asked, level = question.read()
    wanted = finding.conditions(_unique(asked, level), level)
    return _Selection(peer, level, _studies(peer, wanted), wanted, now())


def _studies(peer: Peer, wanted: Conditions) -> QuerySet[Study]:
    """What the peer may have at this moment."""
    visible = visible_studies(peer, wanted, gate.reached_by(peer.actor))
    return finding.studies(visible, peer.environment, wanted)


def _unique(asked: Identifier, level: Level) -> dict[int, Key]:
    """The unique keys, PS3.4 C.4.2.1.4.1; that of the level itself must be there, and no key is a
    wild card. Other keys are not looked at. Raises IdentifierMismatch.
    """
    tags = {each: attributes.UNIQUE[each] for each in Level if each <= level}
    needed = asked.keys.get(tags[level], Key())
    if not needed.values:
        raise IdentifierMismatch("the unique key of the level is missing", tag=tags[level])
    keys = {tag: asked.keys[tag] for tag in tags.values() if tag in asked.keys}
    for tag, key in keys.items():
        if any(sign in value for value in key.values for sign in "*?"):
            raise IdentifierMismatch("a unique key is a wild card", tag=tag)
    if attributes.PATIENT_ISSUER in asked.keys:
        keys[attributes.PATIENT_ISSUER] = asked.keys[attributes.PATIENT_ISSUER]
    return keys


# --- what is written down -------------------------------------------------------------------------


def _record(retrieval: Retrieval, study: Study, tally: Tally, ending: str) -> None:
    peer = retrieval.peer
    about = _about(peer, study.id, study.patient_id)
    facts = {
        **_way(retrieval),
        "instances": tally.given,
        "failed": tally.failed,
        "outcome": FAILED if ending == DONE and tally.failed else ending,
        "bytes": tally.size,
        "ms": round((time.monotonic() - tally.began) * 1000),
    }
    ledger.record(ledger.Kind.STUDY_RETRIEVED, about, facts, actor=peer.actor)


def _about(peer: Peer, study_id: UUID, patient_id: UUID) -> ledger.About:
    return ledger.About(
        environment=peer.environment,
        organisation_id=peer.organisation_id,
        subject_id=study_id,
        study_id=study_id,
        patient_id=patient_id,
        correlation_id=peer.association_id,
    )


def _way(retrieval: Retrieval) -> dict[str, object]:
    """By what request, and to whom."""
    return {
        "by": retrieval.by,
        "destination": retrieval.destination_title,
        "calling": retrieval.peer.calling,
        **retrieval.peer.by_web,
    }


def _report(retrieval: Retrieval, study: Study, failure: Failure) -> None:
    """One event for what failed alike, however many objects it were."""
    peer, destination = retrieval.peer, retrieval.destination
    at_fault: UUID | None = destination.id if destination is not None else peer.connection_id
    if isinstance(failure.error, Broken):
        at_fault = None  # ours
    error_desk.report(
        failure.error,
        environment=peer.environment,
        place=peer.at(RETRIEVE),
        who=Who(peer.organisation_id, at_fault),
        what=What(
            study_id=study.id,
            accession_number=study.accession_number,
            study_instance_uid=study.study_instance_uid,
            sop_instance_uid=failure.sop_instance_uid,
            correlation_id=peer.association_id,
        ),
        facts={
            "objects": str(failure.count),
            "destination": retrieval.destination_title,
            "calling": peer.calling,
        },
    )
