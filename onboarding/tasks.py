"""The road's own clockwork: a service call, nothing returned."""

from celery import shared_task
from django.db import close_old_connections

from archive.models import JobKind
from archive.tasks import WORK, Work
from archive.values import today
from onboarding.services import (
    authorisation_letters,
    case_letters,
    certificate_watch,
    mails,
    people,
    production,
    review_letters,
    rollout,
    succession,
)

# Whose mails go where only onboarding knows.
WORK[JobKind.AUTHORISATION_LETTER] = Work(
    authorisation_letters.tell, authorisation_letters.give_up, lambda subject_id, error: None
)
WORK[JobKind.REVIEW_LETTER] = Work(
    review_letters.tell, review_letters.give_up, lambda subject_id, error: None
)
WORK[JobKind.CASE_LETTER] = Work(
    case_letters.tell, case_letters.give_up, lambda subject_id, error: None
)
WORK[JobKind.MAIL] = Work(
    mails.send, mails.give_up, lambda subject_id, error: None, tries=mails.TRIES
)


@shared_task(name="onboarding.end_due")
def end_due() -> None:
    """Every minute, so that a use that ended at midnight is recorded soon after; then its registers
    may pass.
    """
    close_old_connections()
    production.end_due(today())


@shared_task(name="onboarding.observe_rollouts")
def observe_rollouts() -> None:
    """Every few seconds, so that a run is ticked while nobody looks."""
    close_old_connections()
    rollout.observe_open()
    succession.pass_due(today())


@shared_task(name="onboarding.watch_certificates")
def watch_certificates() -> None:
    """Every hour: an issuer goes with a restart, an end comes with a day."""
    close_old_connections()
    certificate_watch.watch()


@shared_task(name="onboarding.forget_sessions")
def forget_sessions() -> None:
    close_old_connections()
    people.forget_sessions()
