"""Queues as people see them: how full, how late, stuck or held; and holding them (NF-6)."""

from uuid import UUID

from django.db import transaction

from archive import jobs, ledger
from archive.actors import Actor
from archive.models import (
    Case,
    CaseEvent,
    Environment,
    EventOutcome,
    Job,
    JobKind,
    JobState,
    QueueHold,
)
from archive.services import case_work, error_desk, retries
from archive.values import now


def hold(actor: Actor, kind: JobKind, *, draining: bool, reason: str) -> None:
    """Begin nothing more of a kind; with `draining` what is owed by now is still done."""
    with transaction.atomic():
        QueueHold.objects.update_or_create(
            kind=kind,
            defaults={
                "is_draining": draining,
                "since": now(),
                "by_name": actor.name,
                "reason": reason,
            },
        )
        _record(actor, kind, "draining" if draining else "paused", reason)


def let_go(actor: Actor, kind: JobKind, *, reason: str) -> None:
    """The sweep finds what waited."""
    with transaction.atomic():
        held, _ = QueueHold.objects.filter(kind=kind).delete()
        if held:
            _record(actor, kind, "let go on", reason)
            transaction.on_commit(jobs.trust_broker)


def try_again(actor: Actor, job: Job) -> bool:
    """Owe a given-up job's work again, by its case when it has one. Not when it was set going
    meanwhile, or what it delivers has arrived.
    """
    with transaction.atomic():
        dead = Job.objects.select_for_update().filter(id=job.id, state=JobState.DEAD).first()
        if dead is None or retries.has_arrived(dead):
            return False
        same = Job.objects.filter(kind=dead.kind, subject_id=dead.subject_id)
        if same.filter(state__in=(JobState.WAITING, JobState.RUNNING)).exists():
            return False
        open_ones = CaseEvent.objects.filter(job_id=dead.id).exclude(
            outcome__in=(EventOutcome.SOLVED, EventOutcome.IGNORED)
        )
        by_case: dict[Case, list[UUID]] = {}
        for event in open_ones.select_related("case"):
            by_case.setdefault(event.case, []).append(event.id)
        case_work.hold(*(case.id for case in by_case))  # in the one order, as who settles them
        for case, event_ids in by_case.items():
            error_desk.retry(actor, case, event_ids=event_ids)
        if not by_case:
            error_desk.revive(dead)
            _record(actor, JobKind(dead.kind), "tried again", dead.last_error)
    return True


def _record(actor: Actor, kind: JobKind, what: str, reason: str) -> None:
    about = ledger.About(environment=Environment.PRODUCTION)
    facts = {"what": what, "kind": kind.value, "reason": reason}
    ledger.record(ledger.Kind.QUEUE_CHANGED, about, facts, actor=actor)
