"""One act on many events, oldest first and a few at a time; each with its outcome (SD-3).

All that a batch knows is in its rows, and each item is begun in the transaction that owes its work.
So a worker that is killed in the middle leaves nothing half done, and the next one goes on.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from archive import jobs, ledger
from archive.actors import SYSTEM, Actor, ActorKind
from archive.errors import ArchiveError
from archive.errors.desk import BatchEnded
from archive.errors.persons import MessageDone
from archive.models import (
    Batch,
    BatchItem,
    BatchItemState,
    BatchKind,
    BatchState,
    Case,
    CaseEvent,
    Connection,
    EventOutcome,
    Job,
    JobKind,
    JobState,
    MessageOutcome,
)
from archive.services import case_rows, case_work, error_desk, messages, notices, retries
from archive.services.error_desk import Place, What
from archive.values import now

RUN = Place("job", "batch")
MOST = 10_000  # events of one batch
AT_ONCE = 10  # works that wait for their outcome: more would only make peers wait
LOOK_AGAIN = timedelta(seconds=1)
BEING_BEGUN = timedelta(seconds=30)  # for which the request that begins it is left alone


def begin(
    actor: Actor,
    events: QuerySet[CaseEvent],
    kind: BatchKind,
    *,
    environment: str,
    case: Case | None = None,
    connection: Connection | None = None,
    reason: str = "",
) -> Batch | None:
    """Owe an act on these events; None when there are none. The first few are begun at once."""
    with transaction.atomic():
        ids = list(events.order_by("at", "id").values_list("id", flat=True)[:MOST])
        if not ids:
            return None
        batch = Batch.objects.create(
            environment=environment,
            kind=kind,
            case=case,
            connection=connection,
            reason=reason,
            item_count=len(ids),
            made_at=now(),
            made_by_id=actor.id,
            made_by_name=actor.name,
        )
        BatchItem.objects.bulk_create(
            (BatchItem(batch=batch, place=place, event_id=each) for place, each in enumerate(ids)),
            batch_size=1_000,
        )
        patience = now() + BEING_BEGUN
        jobs.defer(JobKind.BATCH, batch.id, environment=environment, not_before=patience)
        _record_begun(actor, batch)
    if advance(batch.id) is None:
        jobs.withdraw(JobKind.BATCH, batch.id)
    else:
        jobs.defer(JobKind.BATCH, batch.id, environment=environment)
    batch.refresh_from_db()
    return batch


def _record_begun(actor: Actor, batch: Batch) -> None:
    case = batch.case
    about = ledger.About(
        environment=batch.environment,
        subject_id=case.id if case else batch.id,
        organisation_id=case.organisation_id if case else None,
    )
    if batch.kind == BatchKind.RETRY and case is not None:
        facts = {"events": batch.item_count}
        ledger.record(ledger.Kind.CASE_RETRIED, about, facts, actor=actor)
        return
    more = {"what": batch.kind, "events": batch.item_count, "reason": batch.reason}
    ledger.record(ledger.Kind.CASES_ACTED_ON, about, more, actor=actor)


# --- step by step -------------------------------------------------------------------------------


def advance(batch_id: UUID) -> datetime | None:
    """See what has ended, begin the next ones; when to look again, or None at the end."""
    batch = Batch.objects.select_related("connection", "made_by").get(id=batch_id)
    waiting = BatchItem.objects.filter(batch=batch, state=BatchItemState.WAITING)
    _judge(batch)
    if batch.state == BatchState.CANCELLED:
        waiting.update(state=BatchItemState.CANCELLED, at=now())
    if batch.state == BatchState.RUNNING:
        free = AT_ONCE - BatchItem.objects.filter(batch=batch, state=BatchItemState.GOING).count()
        for item in waiting.order_by("place")[: max(0, free)]:
            _start(batch, item)
    going = BatchItem.objects.filter(batch=batch, state=BatchItemState.GOING).exists()
    if going or (batch.state == BatchState.RUNNING and waiting.exists()):
        return now() + LOOK_AGAIN
    if batch.state == BatchState.RUNNING:
        Batch.objects.filter(id=batch.id, state=BatchState.RUNNING).update(
            state=BatchState.DONE, ended_at=now()
        )
    return None


def _judge(batch: Batch) -> None:
    """Outcomes of what was begun, from the work that was owed for it."""
    going = list(
        BatchItem.objects.filter(batch=batch, state=BatchItemState.GOING).select_related("event")
    )
    owed = Job.objects.in_bulk([item.job_id for item in going if item.job_id])
    for item in going:
        if item.job_id is None:  # a message whose processing a killed worker had begun
            _replay(batch, item)
            continue
        job = owed.get(item.job_id)
        if item.event.outcome == EventOutcome.SOLVED or job is None or job.state == JobState.DONE:
            _end(item, BatchItemState.DONE)
        elif job.state == JobState.DEAD:
            _end(item, BatchItemState.FAILED, job.last_error)
        elif job.state == JobState.WAITING and not job.tries and job.not_before > now():
            _end(item, BatchItemState.PUT_OFF)


def _start(batch: Batch, item: BatchItem) -> None:
    if batch.kind == BatchKind.IGNORE:
        _ignore(batch, item)
        return
    with transaction.atomic():
        event = _begun(batch, item)
        if event is None:
            return
        is_message = event.case.edge == "hl7" and event.subject_id is not None
        if event.outcome == EventOutcome.SOLVED:
            _end(item, BatchItemState.ALREADY)
        elif not is_message:
            _owe(batch, item, event)
    if is_message:
        _replay(batch, item)


def _ignore(batch: Batch, item: BatchItem) -> None:
    """Outcome and event in one transaction: what was ignored is known when it is undone."""
    with transaction.atomic():
        event = _begun(batch, item)
        if event is not None:
            ignored = error_desk.ignore(event.id, batch.reason)
            _end(item, BatchItemState.DONE if ignored else BatchItemState.ALREADY)


def _begun(batch: Batch, item: BatchItem) -> CaseEvent | None:
    """The event, held, in the caller's transaction; None when a person has stopped the batch since
    it was read, or another worker has begun the item.
    """
    rows = Batch.objects.select_for_update(no_key=True).filter(id=batch.id)
    if rows.get().state != BatchState.RUNNING:
        return None
    same = CaseEvent.objects.filter(id=item.event_id).values("subject_id")
    cases = CaseEvent.objects.filter(subject_id__in=same).values_list("case_id", flat=True)
    case_work.hold(*cases.distinct())  # what has arrived is settled in all of them
    event = case_rows.held(item.event_id)
    waits = BatchItem.objects.filter(id=item.id, state=BatchItemState.WAITING)
    return event if waits.update(state=BatchItemState.GOING, at=now()) else None


def _owe(batch: Batch, item: BatchItem, event: CaseEvent) -> None:
    """Revive the work behind an event, in the caller's transaction."""
    job = Job.objects.filter(id=event.job_id).first() if event.job_id else None
    fits = batch.kind == BatchKind.RETRY or (job is not None and job.kind == JobKind.NOTICE)
    if job is None or not fits:
        _end(item, BatchItemState.IMPOSSIBLE)
        return
    if retries.has_arrived(job):
        error_desk.settle(job.subject_id, event.case.place)
        _end(item, BatchItemState.ALREADY)
        return
    subject_id = job.subject_id
    if batch.kind == BatchKind.REDIRECT and batch.connection is not None:
        subject_id = notices.redirect(_actor(batch), subject_id, batch.connection)
    else:
        error_desk.revive(job)
    live = Job.objects.filter(kind=job.kind, subject_id=subject_id).order_by("-made_at").first()
    CaseEvent.objects.filter(id=event.id).update(
        outcome=EventOutcome.RETRIED,
        outcome_at=now(),
        subject_id=subject_id if job.kind == JobKind.NOTICE else event.subject_id,
    )
    BatchItem.objects.filter(id=item.id).update(job_id=live.id if live else job.id)


def _replay(batch: Batch, item: BatchItem) -> None:
    """A message is processed here and now; one that is done already stays as it is."""
    event = CaseEvent.objects.get(id=item.event_id)
    if event.subject_id is None:
        _end(item, BatchItemState.IMPOSSIBLE)
        return
    CaseEvent.objects.filter(id=event.id, outcome=EventOutcome.OPEN).update(
        outcome=EventOutcome.RETRIED, outcome_at=now()
    )
    try:
        outcome = messages.replay(_actor(batch), event.subject_id)
    except MessageDone:
        _end(item, BatchItemState.ALREADY)
        return
    except ArchiveError as error:
        _end(item, BatchItemState.IMPOSSIBLE, error.detail)
        return
    refused = outcome == MessageOutcome.REFUSED
    _end(item, BatchItemState.FAILED if refused else BatchItemState.DONE)


def _end(item: BatchItem, state: BatchItemState, detail: str = "") -> None:
    BatchItem.objects.filter(id=item.id).update(state=state, detail=detail[:400], at=now())


def _actor(batch: Batch) -> Actor:
    if batch.made_by_id is None:
        return SYSTEM
    return Actor(ActorKind.STAFF, batch.made_by_name, batch.made_by_id)


# --- by hand ------------------------------------------------------------------------------------


def pause(actor: Actor, batch: Batch) -> None:
    """What was begun goes on; nothing more is begun. Raises BatchEnded."""
    _move(actor, batch, (BatchState.RUNNING,), BatchState.PAUSED)


def resume(actor: Actor, batch: Batch) -> None:
    """Raises BatchEnded."""
    _move(actor, batch, (BatchState.PAUSED,), BatchState.RUNNING)


def cancel(actor: Actor, batch: Batch) -> None:
    """What was not begun is left undone. Raises BatchEnded."""
    _move(actor, batch, (BatchState.RUNNING, BatchState.PAUSED), BatchState.CANCELLED)


def _move(actor: Actor, batch: Batch, before: tuple[BatchState, ...], after: BatchState) -> None:
    ended_at = now() if after == BatchState.CANCELLED else None
    with transaction.atomic():
        rows = Batch.objects.filter(id=batch.id, state__in=before)
        if not rows.update(state=after, ended_at=ended_at):
            raise BatchEnded()
        jobs.defer(JobKind.BATCH, batch.id, environment=batch.environment)
        _record(actor, batch, after.value, batch.item_count)


def undo(actor: Actor, batch: Batch) -> int:
    """Events that the batch ignored stand open again; how many. Work that was done stays done, and
    what a paused one had not begun is left undone. Raises BatchEnded when there is nothing to undo.
    """
    with transaction.atomic():
        ignoring = Batch.objects.filter(id=batch.id, kind=BatchKind.IGNORE, undone_at=None)
        if not ignoring.exclude(state=BatchState.RUNNING).update(undone_at=now()):
            raise BatchEnded()
        if Batch.objects.filter(id=batch.id, state=BatchState.PAUSED).exists():
            cancel(actor, batch)
        done = BatchItem.objects.filter(batch=batch, state=BatchItemState.DONE)
        case_work.hold(*done.values_list("event__case_id", flat=True).distinct())
        heeded = sum(error_desk.heed(each) for each in done.values_list("event_id", flat=True))
        _record(actor, batch, "undone", heeded)
    return heeded


def _record(actor: Actor, batch: Batch, what: str, events: int) -> None:
    about = ledger.About(environment=batch.environment, subject_id=batch.case_id or batch.id)
    facts = {"what": what, "events": events}
    ledger.record(ledger.Kind.CASES_ACTED_ON, about, facts, actor=actor)


def give_up(batch_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    """The batch stands still until a person lets it go on."""
    with transaction.atomic():
        Batch.objects.filter(id=batch_id, state=BatchState.RUNNING).update(state=BatchState.PAUSED)
        environment = Batch.objects.values_list("environment", flat=True).get(id=batch_id)
        what = What(subject_id=batch_id, job_id=job_id)
        error_desk.report(error, environment=environment, place=RUN, what=what)
