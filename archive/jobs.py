"""A job row first, Celery on commit second.

The row is written in the transaction of the fact that owes the work; Celery carries its id and
nothing else. A lost or doubled message harms nothing: a job is claimed by a conditional update, as
a lease with an expiry, and a sweep sends what nobody carried. Only `Busy` is tried again by itself.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from kombu.exceptions import KombuError
from kombu.pools import producers
from redis.exceptions import RedisError

from archive import conversation, locks, tracing
from archive.config import settings
from archive.errors import ArchiveError
from archive.models import Job, JobKind, JobState, QueueHold
from archive.values import now, uuid7
from portal.celery import app

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
RENEWED, LONGEST = 20.0, 3600.0  # seconds: a lease while its work is done, and of work at most
RESEND = timedelta(seconds=20)  # a due job that was sent and not claimed is sent again
FIRST_BACKOFF, DOUBLED_AT_MOST = 1.0, 20  # seconds; times, which is longer than any ceiling
SWEEP_AT_ONCE = 200
CALLS = "calls"  # the queue of work that waits for other systems: customers', the mail server
SEND_TIMEOUT = 1.0  # seconds that a peer's answer may be held up by a broker that hangs
HURRY = {"socket_timeout": SEND_TIMEOUT, "socket_connect_timeout": SEND_TIMEOUT, "max_retries": 0}
BROKER_REST = 5.0  # seconds for which one that failed is left alone: the sweep sends instead


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that is ours until the lease ends."""

    id: UUID
    kind: JobKind
    subject_id: UUID
    peer_id: UUID | None
    tries: int
    holder: UUID
    organisation_id: UUID | None = None
    correlation_id: UUID | None = None  # of the conversation that owed it last
    traceparent: str = ""


def defer(
    kind: JobKind,
    subject_id: UUID,
    *,
    environment: str,
    organisation_id: UUID | None = None,
    study_id: UUID | None = None,
    peer_id: UUID | None = None,
    not_before: datetime | None = None,
) -> None:
    """Owe work on a subject, in the caller's transaction; an owed one is brought forward, a running
    one repeated. Work that calls another system names it in `peer_id`.
    """
    at = now()
    due = not_before or at
    here = conversation.current()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO archive_job (id, kind, environment, subject_id, organisation_id, study_id,"
            " peer_id, state, tries, again, not_before, last_error, made_at, correlation_id,"
            " traceparent)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, 'waiting', 0, false, %s, '', %s, %s, %s)"
            " ON CONFLICT (kind, subject_id) WHERE state IN ('waiting', 'running') DO UPDATE SET"
            " not_before = least(archive_job.not_before, excluded.not_before), sent_at = NULL,"
            " again = archive_job.state = 'running', traceparent = excluded.traceparent,"
            " correlation_id = coalesce(excluded.correlation_id, archive_job.correlation_id)"
            " RETURNING id",
            [
                *(uuid7(), kind, environment, subject_id, organisation_id, study_id, peer_id),
                *(due, at, here.id if here else None, tracing.traceparent()),
            ],
        )
        job_id = cursor.fetchone()[0]
    if due <= at:
        transaction.on_commit(lambda: send(job_id, calls_peer=peer_id is not None))


def put_off(kind: JobKind, subject_id: UUID, *, until: datetime) -> None:
    """Somebody is doing an owed job's work right now; if that fails, it is due then."""
    Job.objects.filter(kind=kind, subject_id=subject_id, state=JobState.WAITING).update(
        not_before=until, sent_at=None
    )


def is_owed_again(kind: JobKind, subject_id: UUID) -> bool:
    """Whether work on the subject was owed once more while it is being done."""
    running = Job.objects.filter(kind=kind, subject_id=subject_id, state=JobState.RUNNING)
    return running.filter(again=True).exists()


def withdraw(kind: JobKind, subject_id: UUID) -> None:
    """What was owed has been done by somebody else, in the caller's transaction."""
    Job.objects.filter(kind=kind, subject_id=subject_id, state=JobState.WAITING).update(
        state=JobState.DONE, ended_at=now(), last_error=""
    )


def send(job_id: UUID, *, calls_peer: bool = False) -> None:
    """Wake a worker. Best effort with a short timeout: the sweep finds what was not sent.

    Work that calls other systems has a queue of its own, so that a peer that hangs delays
    nobody's registration.
    """
    if time.monotonic() < _broker.rests_until:
        return
    queue = CALLS if calls_peer else app.conf.task_default_queue
    try:
        _broker.carry(job_id, queue)
    except (KombuError, OSError, RedisError) as error:
        _broker.rests_until = time.monotonic() + BROKER_REST
        log.warning("broker does not take job %s: %s", job_id, type(error).__name__)
        return
    Job.objects.filter(id=job_id, state=JobState.WAITING).update(sent_at=now())


class _Broker:
    """The road to the workers, with connections of its own: workers wait for theirs longer."""

    rests_until = 0.0

    def carry(self, job_id: UUID, queue: str) -> None:
        """Raises KombuError, OSError, RedisError."""
        pool = producers[app.connection_for_write(transport_options=HURRY)]
        with pool.acquire(block=True, timeout=SEND_TIMEOUT) as producer:
            app.signature("archive.run_job", args=(str(job_id),)).apply_async(
                producer=producer,
                queue=queue,
                retry=False,
                ignore_result=True,
                expires=RESEND.total_seconds(),
            )


_broker = _Broker()


def trust_broker() -> None:
    """It has just carried something: there is no need to rest."""
    _broker.rests_until = 0.0


def due() -> list[tuple[UUID, UUID | None]]:
    """Jobs with their peers that should run now and that nobody carries; expired leases are given
    back first.
    """
    at = now()
    Job.objects.filter(state=JobState.RUNNING, lease_until__lt=at).update(
        state=JobState.WAITING, lease_holder=None, lease_until=None, sent_at=None
    )
    stale = Q(sent_at=None) | Q(sent_at__lt=at - RESEND)
    free = ~_peer_is_called() & ~_is_held()
    rows = Job.objects.filter(stale, free, state=JobState.WAITING, not_before__lte=at)
    return list(rows.order_by("not_before").values_list("id", "peer_id")[:SWEEP_AT_ONCE])


def _peer_is_called() -> Exists:
    """One call at a time to one system; jobs without a peer never match."""
    return Exists(Job.objects.filter(peer_id=OuterRef("peer_id"), state=JobState.RUNNING))


def _is_held() -> Exists:
    """A person holds the kind: all of it, or, draining, what was owed since."""
    since = Q(is_draining=False) | Q(since__lte=OuterRef("made_at"))
    return Exists(QueueHold.objects.filter(since, kind=OuterRef("kind")))


def claim(job_id: UUID) -> Claim | None:
    """Take the lease; None when another has it, it is done, not due, or its peer is called."""
    at, holder = now(), uuid7()
    rows = Job.objects.filter(id=job_id, state=JobState.WAITING, not_before__lte=at)
    with transaction.atomic():
        _alone_with_peer(rows)
        taken = rows.filter(~_peer_is_called(), ~_is_held()).update(
            state=JobState.RUNNING,
            lease_holder=holder,
            lease_until=at + LEASE,
            tries=F("tries") + 1,
            again=False,
        )
    if not taken:
        return None
    job = Job.objects.get(id=job_id)
    return Claim(
        id=job.id,
        kind=JobKind(job.kind),
        subject_id=job.subject_id,
        peer_id=job.peer_id,
        tries=job.tries,
        holder=holder,
        organisation_id=job.organisation_id,
        correlation_id=job.correlation_id,
        traceparent=job.traceparent,
    )


def _alone_with_peer(rows: QuerySet[Job]) -> None:
    """Until the transaction ends nobody else claims a call to the same system: two that looked in
    one moment would both find that nobody calls it.
    """
    peer_id = rows.values_list("peer_id", flat=True).first()
    if peer_id is not None:
        locks.hold(f"calls {peer_id}")


@contextmanager
def kept(claim: Claim) -> Iterator[threading.Thread]:
    """The lease lasts as long as the work within, which no other worker begins beside it. A killed
    worker's runs out as ever, and so does that of work that never ends.
    """
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(claim, over), daemon=True)
    keeper.start()
    try:
        yield keeper
    finally:
        over.set()
        keeper.join()


def _keep(claim: Claim, over: threading.Event) -> None:
    held = Job.objects.filter(id=claim.id, lease_holder=claim.holder)
    until = time.monotonic() + LONGEST
    try:
        while not over.wait(RENEWED) and time.monotonic() < until:
            try:
                if not held.update(lease_until=now() + LEASE):
                    return  # another took over
            except (DatabaseError, InterfaceError) as error:
                connection.close()  # a new one, next time
                log.warning("lease of job %s is not renewed: %s", claim.id, type(error).__name__)
    finally:
        connection.close()


def finish(claim: Claim, *, again_at: datetime | None = None) -> None:
    """The work is done, or for now there is nothing to do: then it comes again at `again_at`."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(id=claim.id, lease_holder=claim.holder).first()
        if job is None:  # the lease ran out and another took over; its word counts
            return
        job.lease_holder = job.lease_until = job.sent_at = None
        if job.again or again_at is not None:
            job.state = JobState.WAITING
            job.not_before = now() if job.again or again_at is None else again_at
            job.tries = 0
            job.again = False
        else:
            job.state, job.ended_at, job.last_error = JobState.DONE, now(), ""
        job.save()
        if job.state == JobState.WAITING and job.not_before <= now():
            transaction.on_commit(lambda: send(job.id, calls_peer=job.peer_id is not None))
        else:
            transaction.on_commit(lambda: _pass_on(claim))


def _pass_on(claim: Claim) -> None:
    """The peer is free: the next call to it need not wait for the sweep."""
    if claim.peer_id is None:
        return
    owed = Job.objects.filter(
        peer_id=claim.peer_id, state=JobState.WAITING, not_before__lte=now()
    ).order_by("not_before")
    job_id = owed.values_list("id", flat=True).first()
    if job_id is not None:
        send(job_id, calls_peer=True)


def retry(claim: Claim, error: ArchiveError, *, counted: int | None = None) -> None:
    """Try again later: the wait doubles up to the ceiling. `counted`: as if it had been tried so
    often.
    """
    doubled = FIRST_BACKOFF * 2 ** min(claim.tries - 1, DOUBLED_AT_MOST)
    wait = min(doubled, settings().backoff_ceiling_seconds)
    Job.objects.filter(id=claim.id, lease_holder=claim.holder).update(
        state=JobState.WAITING,
        lease_holder=None,
        lease_until=None,
        sent_at=None,
        not_before=now() + timedelta(seconds=wait),
        tries=claim.tries if counted is None else counted,
        **_said(error),
    )
    _pass_on(claim)


def _said(error: ArchiveError) -> dict[str, str]:
    return {"last_error": error.detail[:400], "last_reason": error.reason()}


def give_up(claim: Claim, error: ArchiveError) -> None:
    """The error desk has it now. What was owed anew while it ran is still done."""
    ours = Job.objects.filter(id=claim.id, lease_holder=claim.holder)
    ended = {"lease_holder": None, "lease_until": None, **_said(error)}
    if not ours.filter(again=False).update(state=JobState.DEAD, ended_at=now(), **ended):
        ours.update(state=JobState.WAITING, tries=0, sent_at=None, not_before=now(), **ended)
    _pass_on(claim)
