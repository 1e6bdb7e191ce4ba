"""What a customer is asked to explain about looks of its people, and its answer (LG-5).

The customer sees the entries that are asked about and the question, nothing else of the case.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from archive import jobs, ledger
from archive.actors import Actor
from archive.errors.reviews import ExplanationDecided
from archive.errors.wishes import ValueUnfit
from archive.ledger import Kind
from archive.models import (
    ExplanationRequest,
    ExplanationState,
    JobKind,
    LogRuleKey,
    Organisation,
    ReviewCase,
    SuspicionEvent,
)
from archive.queries import log_rules
from archive.services import review_cases
from archive.values import now, today

MOST_EVENTS = 200  # that one request asks about, the newest


def ask(
    actor: Actor, case: ReviewCase, organisation: Organisation, question: str
) -> ExplanationRequest:
    """About all entries of the case that tell of this customer's people; its data protection
    contact is mailed. Raises StaffRoleUnfit, OwnReview, ReviewCaseClosed, ValueUnfit (none tells of
    them).
    """
    with transaction.atomic():
        held = review_cases.held_open(actor, case)
        events = _events(held, organisation.id)
        if not events:
            raise ValueUnfit("no entry of the case is about it", facts={"field": "organisation"})
        day = today()
        made = ExplanationRequest.objects.create(
            case=held,
            organisation=organisation,
            question=question,
            events=events,
            asked_at=now(),
            asked_by=actor.name,
            due_on=day + timedelta(days=log_rules.number(LogRuleKey.ANSWER_DAYS, day)),
        )
        facts = {"number": str(held), "events": len(events), "due": made.due_on.isoformat()}
        about = review_cases.about(held, organisation.id)
        ledger.record(Kind.REVIEW_ASKED, about, facts, actor=actor)
        jobs.defer(
            JobKind.REVIEW_LETTER,
            made.id,
            environment=held.environment,
            organisation_id=organisation.id,
        )
    return made


def _events(case: ReviewCase, organisation_id: UUID) -> list[Sequence[str]]:
    rows = SuspicionEvent.objects.filter(
        suspicion__case=case, suspicion__organisation_id=organisation_id
    )
    found = rows.order_by("-event_at").values_list("event_at", "event_id").distinct()
    return [(at.isoformat(), str(event_id)) for at, event_id in found[:MOST_EVENTS]]


def answer(actor: Actor, row: ExplanationRequest, text: str) -> None:
    """By a person of the customer, whose right the caller knows. Raises ExplanationDecided."""
    with transaction.atomic():
        moved = ExplanationRequest.objects.filter(id=row.id, state=ExplanationState.ASKED).update(
            state=ExplanationState.ANSWERED,
            answer=text,
            answered_at=now(),
            answered_by=actor.name,
        )
        if not moved:
            raise ExplanationDecided()
        about = review_cases.about(row.case, row.organisation_id)
        ledger.record(Kind.REVIEW_ANSWERED, about, {"number": str(row.case)}, actor=actor)


def withdraw(actor: Actor, row: ExplanationRequest) -> None:
    """Raises StaffRoleUnfit, OwnReview, ReviewCaseClosed, ExplanationDecided."""
    with transaction.atomic():
        held = review_cases.held_open(actor, row.case)
        moved = ExplanationRequest.objects.filter(id=row.id, state=ExplanationState.ASKED).update(
            state=ExplanationState.WITHDRAWN
        )
        if not moved:
            raise ExplanationDecided()
        facts = {"number": str(held), "what": "explanation withdrawn"}
        about = review_cases.about(held, row.organisation_id)
        ledger.record(Kind.REVIEW_CHANGED, about, facts, actor=actor)
