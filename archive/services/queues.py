"""Queues as people see them: how full, how late, stuck or held; and holding them (NF-6)."""

from django.db import transaction

from archive import jobs, ledger
from archive.actors import Actor
from archive.models import Environment, JobKind, QueueHold
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


def _record(actor: Actor, kind: JobKind, what: str, reason: str) -> None:
    about = ledger.About(environment=Environment.PRODUCTION)
    facts = {"what": what, "kind": kind.value, "reason": reason}
    ledger.record(ledger.Kind.QUEUE_CHANGED, about, facts, actor=actor)
