"""Celery is one more edge: ids in, a service call, nothing returned. The job row decides, not the
message.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from celery import shared_task
from django.db import close_old_connections

from archive import conversation, jobs, ledger, tracing, vault
from archive.config import settings
from archive.edges.dicom import client
from archive.edges.edge import exchange
from archive.edges.pdr import client as repository
from archive.edges.syslog import client as syslog
from archive.edges.webhook import client as webhook
from archive.errors import ArchiveError, Broken, Busy
from archive.models import JobKind
from archive.services import (
    alarm_mails,
    alarms,
    anchors,
    api_limits,
    api_tokens,
    assertions,
    audit_feed,
    authorisation_drafts,
    authorisation_forms,
    authorisations,
    batches,
    case_mails,
    commitment,
    correction_cases,
    corrections,
    destruction_work,
    doubts,
    heartbeats,
    landed,
    messages,
    notices,
    reconciliation,
    registration,
    registry_messages,
    retention_survey,
    review_feed,
    storage,
    takeover_comparison,
    takeovers,
    verification,
    volumes,
    webhooks,
)
from archive.values import today, uuid7

log = logging.getLogger(__name__)
REVIEW_AT_ONCE = 20  # batches of a run; the next run goes on


@dataclass(frozen=True, slots=True)
class Work:
    """How a kind of job is done, and what happens when it cannot be."""

    run: Callable[[UUID], datetime | None]  # when to run again, or None
    give_up: Callable[[UUID, UUID, ArchiveError], None]
    not_done: Callable[[UUID, ArchiveError], object]
    tries: int | None = None  # before it is given up; else as set for all
    # What it waits for is ours and comes back: the desk is told, and it goes on by itself.
    waits: Callable[[UUID, UUID, ArchiveError], None] | None = None


def _nothing(subject_id: UUID, error: ArchiveError) -> None:
    return None


def _send_notice(notice_id: UUID) -> None:
    owed = notices.owed(notice_id)
    if owed is not None:
        with tracing.span("deliver confirmation", "client"):
            client.send_availability(owed.target, owed.notice)
        notices.delivered(notice_id, owed.notice)


def _send_report(commitment_id: UUID) -> None:
    target = commitment.target(commitment_id)
    if target is None:
        commitment.keep_record(commitment_id)
        return
    with tracing.span("deliver commitment report", "client"):
        client.report_commitment(target, commitment.result(commitment_id))
    commitment.reported(commitment_id, same_association=False)


def _ask_for_studies(takeover_id: UUID) -> datetime | None:
    asked = takeovers.question(takeover_id)
    if asked is None:
        return None
    with tracing.span("ask for studies", "client"):
        answers = client.find_studies(asked.target, asked.question)
    return takeovers.answered(takeover_id, asked.question, answers)


def _send_form(row_id: UUID) -> None:
    owed = authorisation_forms.owed(row_id)
    if owed is not None:
        form = owed.form
        with tracing.span("deliver authorisation", "client"):
            repository.put_authorisation(
                owed.url, owed.secret, form.document_oid, form.version, form.to_json()
            )
        authorisation_forms.delivered(row_id, owed)


def _call_webhook(delivery_id: UUID) -> None:
    owed = webhooks.owed(delivery_id)
    if owed is not None:
        with tracing.span("call webhook", "client"):
            webhook.send(owed.url, owed.addresses, owed.body, owed.headers)
        webhooks.delivered(delivery_id)


# Mails and letters, whose readers only onboarding knows, are added by its tasks.
WORK: dict[JobKind, Work] = {
    JobKind.REGISTRATION: Work(
        registration.advance, registration.give_up, _nothing, waits=registration.tell_of_waiting
    ),
    JobKind.NOTICE: Work(_send_notice, notices.give_up, notices.not_delivered),
    JobKind.CORRECTION: Work(corrections.settle, correction_cases.give_up, _nothing),
    JobKind.COMMITMENT_REPORT: Work(_send_report, commitment.give_up, commitment.not_delivered),
    JobKind.AUTHORISATION_FORM: Work(
        _send_form, authorisation_forms.give_up, authorisation_forms.not_delivered
    ),
    JobKind.RETENTION_SURVEY: Work(retention_survey.walk, retention_survey.give_up, _nothing),
    JobKind.DESTRUCTION: Work(destruction_work.carry_out, destruction_work.give_up, _nothing),
    JobKind.TAKEOVER_QUERY: Work(_ask_for_studies, takeovers.give_up_asking, takeovers.not_done),
    JobKind.TAKEOVER_COMPARE: Work(
        takeover_comparison.advance, takeovers.give_up_comparing, takeovers.not_done
    ),
    JobKind.WEBHOOK: Work(_call_webhook, webhooks.give_up, webhooks.not_delivered),
    JobKind.BATCH: Work(batches.advance, batches.give_up, _nothing),
}


@shared_task(name="archive.run_job")
def run_job(job_id: str) -> None:
    """Claim the job and do its work; a message that comes late or twice finds nothing to claim."""
    close_old_connections()
    claim = jobs.claim(UUID(job_id))
    if claim is None:
        return
    with conversation.within(claim.correlation_id or uuid7()):
        conversation.known(connection=claim.peer_id, organisation=claim.organisation_id)
        _do(claim, WORK[claim.kind])


def _do(claim: jobs.Claim, work: Work) -> None:
    if claim.tries > _most(work):  # its worker was killed each time, maybe by the work itself
        _not_done(claim, work, Broken("no worker has come to its end"))
        return
    try:
        with tracing.span(f"job {claim.kind}", "consumer", parent=claim.traceparent) as told:
            told.tell(job=str(claim.id), tries=claim.tries)
            with exchange(), jobs.kept(claim):
                again_at = work.run(claim.subject_id)
    except ArchiveError as error:
        _not_done(claim, work, error)
    else:
        jobs.finish(claim, again_at=again_at)


def _most(work: Work) -> int:
    return work.tries or settings().notice_tries


def _not_done(claim: jobs.Claim, work: Work, error: ArchiveError) -> None:
    work.not_done(claim.subject_id, error)
    if isinstance(error, Busy) and claim.tries < _most(work):
        jobs.retry(claim, error)
        return
    if isinstance(error, Busy) and work.waits is not None:
        work.waits(claim.subject_id, claim.id, error)
        jobs.retry(claim, error, counted=_most(work) // 2)
        return
    work.give_up(claim.subject_id, claim.id, error)
    jobs.give_up(claim, error)


@shared_task(name="archive.sweep")
def sweep() -> None:
    """Send what is due and nobody carries; that a worker does so is its heartbeat."""
    close_old_connections()
    heartbeats.of_worker()
    jobs.trust_broker()
    for job_id, peer_id in jobs.due():
        jobs.send(job_id, calls_peer=peer_id is not None)


@shared_task(name="archive.caller")
def caller() -> None:
    """Carried by the queue of calls: that a worker there does so is its heartbeat."""
    close_old_connections()
    heartbeats.beat(kind="caller")


@shared_task(name="archive.seal")
def seal() -> None:
    close_old_connections()
    ledger.seal()


@shared_task(name="archive.partitions")
def partitions() -> None:
    close_old_connections()
    ledger.make_partitions(today())


@shared_task(name="archive.anchor")
def anchor() -> None:
    """Looks several times a day, so that a day on which the system was down is anchored late."""
    close_old_connections()
    anchors.anchor_due(today())


@shared_task(name="archive.audit")
def audit() -> None:
    """Send what is sealed to the security monitor, a batch at a time, until nothing is left."""
    close_old_connections()
    receiver = syslog.receiver()
    while receiver is not None and (batch := audit_feed.claim()) is not None:
        try:
            with exchange():
                syslog.send(receiver, batch.messages)
        except ArchiveError as error:
            audit_feed.failed(batch, error)
            return
        audit_feed.sent(batch)


@shared_task(name="archive.review")
def review() -> None:
    """Judge what is new in the ledger, and the emergencies that care should have followed."""
    close_old_connections()
    try:
        with exchange():
            read = sum(review_feed.advance() for _ in range(REVIEW_AT_ONCE))
            review_feed.look_again()
    except ArchiveError as error:
        review_feed.failed(error)
    else:
        if read:
            review_feed.recovered()


@shared_task(name="archive.doubts")
def settle_doubts() -> None:
    close_old_connections()
    doubts.settle()


@shared_task(name="archive.give_files")
def give_files() -> None:
    close_old_connections()
    landed.give_files()


@shared_task(name="archive.forget_messages")
def forget_messages() -> None:
    close_old_connections()
    assertions.forget_expired()
    api_tokens.forget_calls()
    api_limits.forget()
    webhooks.forget_old()
    alarms.forget_old()


@shared_task(name="archive.messages")
def expire_messages() -> None:
    close_old_connections()
    messages.expire()
    registry_messages.expire()


@shared_task(name="archive.volumes")
def count_volumes() -> None:
    close_old_connections()
    volumes.count_due()


@shared_task(name="archive.case_mails")
def tell_of_cases() -> None:
    """Every minute: who wants to be told at once is, unless it is quiet; digests at their hour."""
    close_old_connections()
    case_mails.tell_due()


@shared_task(name="archive.alarms")
def watch_interfaces() -> None:
    """Every minute: count, judge."""
    close_old_connections()
    alarms.watch()


@shared_task(name="archive.alarm_mails")
def tell_of_alarms() -> None:
    """Every minute: what has not been told is, of whatever could be judged."""
    close_old_connections()
    alarm_mails.tell_due()


@shared_task(name="archive.authorisations")
def end_authorisations() -> None:
    """Those whose validity is over, soon after midnight; and orders that nobody finished."""
    close_old_connections()
    authorisations.end_due(today())
    authorisation_drafts.forget_old()


@shared_task(name="archive.verify")
def verify() -> None:
    """A slice of the round, as fast as the rate allows."""
    close_old_connections()
    verification.step()


@shared_task(name="archive.reconcile")
def reconcile() -> None:
    close_old_connections()
    reconciliation.step()


@shared_task(name="archive.watch_storage")
def watch_storage() -> None:
    close_old_connections()
    storage.watch()
    vault.sweep_incoming()


@shared_task(name="archive.retention")
def retention() -> None:
    """Looks several times a day, so that a day on which the system was down begins its own late."""
    close_old_connections()
    retention_survey.begin_due(today())
