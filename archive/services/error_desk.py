"""report(...) turns any failure into an event of a case (SD-1, SD-2); settle(...) and retry(...)
end them (SD-3).
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from archive import jobs, ledger, locks
from archive.actors import Actor
from archive.errors import ArchiveError, BytesDamaged
from archive.errors.desk import CaseAnswered
from archive.models import (
    Case,
    CaseEvent,
    CaseState,
    EventOutcome,
    Instance,
    Job,
    JobKind,
    Study,
    WebhookEvent,
)
from archive.services import case_rows, case_work, routes, strangers, webhook_events
from archive.services.case_rows import Filed
from archive.values import now

ENDED = (EventOutcome.SOLVED, EventOutcome.IGNORED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where it went wrong: the interface and the step of it."""

    edge: str  # dicom, xds, job
    step: str


STORE = Place("dicom", "store")


@dataclass(frozen=True, slots=True)
class Who:
    """Whose system it was, as far as that is known."""

    organisation_id: UUID | None = None
    connection_id: UUID | None = None
    name: str = ""  # of one who is nobody's: the AE title it gave

    @property
    def is_stranger(self) -> bool:
        return bool(self.name) and not (self.organisation_id or self.connection_id)


@dataclass(frozen=True, slots=True)
class What:
    """What it was about. Facts hold no patient's name or code."""

    study_id: UUID | None = None
    subject_id: UUID | None = None
    job_id: UUID | None = None
    accession_number: str = ""
    study_instance_uid: str = ""
    sop_instance_uid: str = ""
    correlation_id: UUID | None = None


def fingerprint(environment: str, reason: str, place: Place, who: Who) -> str:
    """One cause, one customer's connection, one place: one case."""
    peer = who.connection_id or who.organisation_id or who.name
    return hashlib.sha256(
        f"{environment}|{reason}|{place.edge}|{place.step}|{peer}".encode()
    ).hexdigest()


def report(
    error: ArchiveError,
    *,
    environment: str,
    place: Place,
    who: Who | None = None,
    what: What | None = None,
    facts: Mapping[str, str] | None = None,
    once: bool = False,
    answered: str = "",
) -> UUID | None:
    """Put a failure on the desk in a transaction of its own or the caller's; the case's id.

    `answered` is what the peer got, where its protocol has another code than the error. With `once`
    a subject that already stands open for this cause is not counted again, and None is returned.
    """
    who, what = who or Who(), what or What()
    own = fingerprint(environment, error.reason(), place, who)
    if who.is_stranger and strangers.is_one_too_many(
        own, environment=environment, reason=error.reason(), edge=place.edge, step=place.step
    ):
        who = Who()  # the rest of them; facts tell the name
        own = fingerprint(environment, error.reason(), place, who)
    told = {name: case_rows.kept(text) for name, text in {**error.facts, **(facts or {})}.items()}
    with _led(own, told) as mark:
        if once and _stands_open(mark, what.subject_id):
            return None
        filed = case_rows.counted(mark) or _opened(mark, error, environment, place, who)
        if answered and mark == own and filed.code != answered:
            Case.objects.filter(id=filed.id).update(code=answered[:40])
        detail = case_rows.kept(error.detail)[:400]
        _add_event(what, case_id=filed.id, mark=own, at=filed.at, detail=detail, facts=told)
        return filed.id


@contextmanager
def _led(own: str, told: Mapping[str, str]) -> Iterator[str]:
    """In a transaction, the fingerprint under which an event is filed. Where that is another's both
    are held, taken in the one order: who joins cases or parts them does so too.
    """
    held = {own}
    while True:
        with transaction.atomic():
            locks.hold(*held)
            mark = routes.led(own, told)
            if mark in held:
                yield mark
                return
            transaction.set_rollback(True)
        held = {own, mark}


def _add_event(what: What, **of_case: Any) -> None:
    CaseEvent.objects.create(
        **of_case,
        study_id=what.study_id,
        subject_id=what.subject_id,
        job_id=what.job_id,
        accession_number=case_rows.kept(what.accession_number)[:64],
        study_instance_uid=case_rows.kept(what.study_instance_uid)[:64],
        sop_instance_uid=case_rows.kept(what.sop_instance_uid)[:64],
        correlation_id=what.correlation_id,
    )


def _stands_open(mark: str, subject_id: UUID | None) -> bool:
    return CaseEvent.objects.filter(
        case__fingerprint=mark,
        case__state=CaseState.OPEN,
        subject_id=subject_id,
        outcome=EventOutcome.OPEN,
    ).exists()


def _opened(mark: str, error: ArchiveError, environment: str, place: Place, who: Who) -> Filed:
    """Anew, or for the first time."""
    return case_rows.opened_again(mark) or case_rows.opened(
        mark,
        error,
        environment=environment,
        edge=place.edge,
        place=place.step,
        organisation_id=who.organisation_id,
        connection_id=who.connection_id,
        caller=case_rows.kept(who.name)[:64],
    )


def watched(
    error: ArchiveError,
    *,
    environment: str,
    place: Place,
    what: What,
    who: Who | None = None,
    facts: Mapping[str, str] | None = None,
    by: Collection[str] = (),
) -> None:
    """What is wrong with a subject that is looked at again and again: said once while it is so.

    What was wrong with it before is solved. What a person ignores stays aside; what a person calls
    solved, and is not, comes back. `by` names facts that tell one occurrence from the next.
    """
    own = fingerprint(environment, error.reason(), place, who or Who())
    told = {**error.facts, **(facts or {})}
    with transaction.atomic():
        said = CaseEvent.objects.filter(subject_id=what.subject_id, case__place=place.step)
        said = said.exclude(outcome=EventOutcome.SOLVED)
        same = said.filter(mark=own, facts__contains={name: told[name] for name in by})
        others = said.exclude(id__in=list(same.values_list("id", flat=True)))
        _solve(list(others.values_list("id", "case_id")))
        if not same.exists():
            report(
                error,
                environment=environment,
                place=place,
                who=who,
                what=what,
                facts=facts,
                once=True,
            )


# --- ends -----------------------------------------------------------------------------------------


def settle(subject_id: UUID, *steps: str) -> int:
    """What failed on this subject at these steps has now gone through; cases without open events
    close.
    """
    about = Q(subject_id=subject_id) | Q(study_id=subject_id)
    events = CaseEvent.objects.filter(about, case__place__in=steps)
    events = events.exclude(outcome=EventOutcome.SOLVED)
    return _solve(list(events.values_list("id", "case_id")))


def open_events(environment: str, place: Place, fact: str) -> QuerySet[CaseEvent]:
    """Those at a place that tell this fact, which nobody has ended."""
    told = CaseEvent.objects.filter(
        case__environment=environment, case__place=place.step, facts__has_key=fact
    )
    return told.exclude(outcome__in=ENDED)


# Causes that come of the object's being archived: that it is does not solve them.
OF_ARCHIVED = ("other-content", "rejected-before", "bytes-damaged")


def settle_resent(study: Study) -> int:
    """Refused objects of this study that were sent again and are archived now."""
    objects = Instance.objects.filter(study=study).values("sop_instance_uid")
    sender_id = study.connection.organisation_id
    return settle_taken(study.environment, sender_id, study.study_instance_uid, objects)


def settle_taken(
    environment: str,
    sender_id: UUID,
    study_uid: str,
    objects: Collection[str] | QuerySet[Instance, Any],
) -> int:
    """Refused objects, by their UIDs, that were sent again and taken."""
    refused = CaseEvent.objects.filter(
        case__environment=environment, sop_instance_uid__in=objects, outcome=EventOutcome.OPEN
    ).exclude(case__reason__in=OF_ARCHIVED)
    # One that was broken off early had not said of which study it was.
    unsaid = refused.filter(
        study_instance_uid="", case__organisation=sender_id, case__state=CaseState.OPEN
    )
    said = refused.filter(study_instance_uid=study_uid)
    return _solve([*said.values_list("id", "case_id"), *unsaid.values_list("id", "case_id")])


def settle_healed(environment: str, study_uid: str, sop_instance_uid: str, step: str) -> int:
    """Objects that were refused at this step because what is archived was damaged."""
    refused = CaseEvent.objects.filter(
        case__environment=environment,
        case__reason=BytesDamaged.reason(),
        case__place=step,
        study_instance_uid=study_uid,
        sop_instance_uid=sop_instance_uid,
    )
    return _solve(list(refused.exclude(outcome__in=ENDED).values_list("id", "case_id")))


def _solve(found: list[tuple[UUID, UUID]]) -> int:
    at, ids = now(), [event for event, _ in found]
    with transaction.atomic():
        case_work.hold(*{case for _, case in found})
        here = CaseEvent.objects.filter(id__in=ids)
        cases = set(here.values_list("case_id", flat=True))  # joined or split since they were found
        case_work.hold(*cases)
        for case_id in sorted(cases, key=str):
            events = here.filter(case_id=case_id)
            events.filter(outcome=EventOutcome.IGNORED).update(outcome=EventOutcome.SOLVED)
            events = events.exclude(outcome=EventOutcome.SOLVED)
            _count_down(case_id, events.update(outcome=EventOutcome.SOLVED, outcome_at=at))
    return len(found)


def _count_down(case_id: UUID, ended: int, resolution: str = "") -> None:
    Case.objects.filter(id=case_id).update(open_count=F("open_count") - ended)
    empty = Case.objects.filter(id=case_id, open_count__lte=0, state=CaseState.OPEN)
    if empty.update(
        state=CaseState.RESOLVED, resolved_at=now(), open_count=0, resolution=resolution
    ):
        webhook_events.of_case(WebhookEvent.CASE_RESOLVED, Case.objects.get(id=case_id))


def ignore(event_id: UUID, reason: str) -> bool:
    """Nothing will be done about an event; whether it stood open. A case of which nothing stands
    is resolved for the same reason.
    """
    with transaction.atomic():
        event = case_rows.held(event_id)
        if event.outcome in ENDED:
            return False
        CaseEvent.objects.filter(id=event_id).update(outcome=EventOutcome.IGNORED, outcome_at=now())
        _count_down(event.case_id, 1, reason)
    return True


def heed(event_id: UUID) -> bool:
    """An ignored event stands open again; whether it was ignored."""
    with transaction.atomic():
        event = case_rows.held(event_id)
        if event.outcome != EventOutcome.IGNORED:
            return False
        CaseEvent.objects.filter(id=event_id).update(outcome=EventOutcome.OPEN, outcome_at=now())
        case = Case.objects.get(id=event.case_id)
        Case.objects.filter(id=case.id).update(
            open_count=F("open_count") + 1, state=CaseState.OPEN, resolved_at=None, resolution=""
        )
        if case.state == CaseState.RESOLVED:
            webhook_events.of_case(WebhookEvent.CASE_OPENED, case)
    return True


def resolve(actor: Actor, case: Case, *, reason: str, read: int | None = None) -> None:
    """A person closes a case; it opens by itself when the cause comes back. What is resolved stays
    as it was resolved. `read`: how much of the customer's the person had before its eyes. Raises
    CaseAnswered when there is more by now.
    """
    with transaction.atomic():
        held = Case.objects.select_for_update(no_key=True).get(id=case.id)
        if held.state == CaseState.RESOLVED:
            return
        if read is not None and read < held.comments.filter(is_customers=True).count():
            raise CaseAnswered()
        events = CaseEvent.objects.filter(case=case).exclude(outcome__in=ENDED)
        closed = events.update(outcome=EventOutcome.SOLVED, outcome_at=now())
        Case.objects.filter(id=case.id).update(
            state=CaseState.RESOLVED, resolved_at=now(), open_count=0, resolution=reason[:200]
        )
        about = ledger.About(
            environment=case.environment, subject_id=case.id, organisation_id=case.organisation_id
        )
        ledger.record(
            ledger.Kind.CASE_RESOLVED, about, {"events": closed, "reason": reason}, actor=actor
        )
        webhook_events.of_case(WebhookEvent.CASE_RESOLVED, case)


def retry(actor: Actor, case: Case, *, event_ids: list[UUID] | None = None) -> int:
    """Do again what can be done here, oldest first: one event or all open ones. How many were set
    going.

    A refused object cannot be: its bytes were not kept, the sender sends it again.
    """
    with transaction.atomic():
        case_work.hold(case.id)
        events = CaseEvent.objects.select_for_update().filter(case=case, job_id__isnull=False)
        events = events.exclude(outcome__in=ENDED).order_by("at", "id")
        if event_ids is not None:
            events = events.filter(id__in=event_ids)
        found = list(events)
        owed = Job.objects.in_bulk([event.job_id for event in found])
        for event in found:
            job = owed.get(event.job_id)
            if job is not None:
                revive(job)
        CaseEvent.objects.filter(id__in=[event.id for event in found]).update(
            outcome=EventOutcome.RETRIED, outcome_at=now()
        )
        about = ledger.About(
            environment=case.environment, subject_id=case.id, organisation_id=case.organisation_id
        )
        ledger.record(ledger.Kind.CASE_RETRIED, about, {"events": len(found)}, actor=actor)
        return len(found)


def revive(job: Job) -> None:
    """Owe a job's work again, from its first try."""
    jobs.defer(
        JobKind(job.kind),
        job.subject_id,
        environment=job.environment,
        organisation_id=job.organisation_id,
        study_id=job.study_id,
        peer_id=job.peer_id,
    )
