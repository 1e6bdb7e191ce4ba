"""Cases of log review (LG-5): opened on suspicions, looked into, concluded, closed, reopened."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from archive import ledger
from archive.actors import Actor
from archive.errors.reviews import (
    FindingMissing,
    OwnReview,
    ReviewCaseClosed,
    ReviewCaseOpen,
    SuspicionSettled,
)
from archive.errors.wishes import ValueUnfit
from archive.ledger import Kind
from archive.models import (
    ExplanationRequest,
    ExplanationState,
    ReviewCase,
    ReviewFinding,
    ReviewNote,
    ReviewState,
    Role,
    Suspicion,
    SuspicionState,
    User,
)
from archive.queries import review_report, reviews
from archive.services.suspicions import require_another, require_reviewer
from archive.values import now


def open_case(
    actor: Actor, *, environment: str, title: str, suspicions: Iterable[Suspicion] = ()
) -> ReviewCase:
    """Whoever opens it owns it. Raises StaffRoleUnfit, OwnReview, SuspicionSettled."""
    require_reviewer(actor)
    rows = list(suspicions)
    for row in rows:
        require_another(actor, row)
    with transaction.atomic():
        case = ReviewCase.objects.create(
            number=_next_number(),
            environment=environment,
            title=title,
            owner_id=actor.id,
            opened_at=now(),
            opened_by=actor.name,
        )
        _take(case, rows)
        facts = {"number": str(case), "suspicions": len(rows)}
        ledger.record(Kind.REVIEW_OPENED, about(case), facts, actor=actor)
    return case


def add(actor: Actor, case: ReviewCase, suspicion: Suspicion) -> None:
    """Raises StaffRoleUnfit, OwnReview, ReviewCaseClosed, SuspicionSettled."""
    require_another(actor, suspicion)
    with transaction.atomic():
        held = held_open(actor, case)
        _take(held, [suspicion])
        _changed(actor, held, "suspicion", suspicion=suspicion.kind)


def assign(actor: Actor, case: ReviewCase, owner: User) -> None:
    """Raises StaffRoleUnfit, OwnReview, ReviewCaseClosed, ValueUnfit (no reviewer, or the one whom
    the case is about).
    """
    if not reviewers().filter(id=owner.id).exists() or owner.id in reviews.subjects(case):
        raise ValueUnfit("no reviewer of this case", facts={"field": "owner"})
    with transaction.atomic():
        held = held_open(actor, case)
        held.owner = owner
        held.save(update_fields=["owner"])
        _changed(actor, held, "owner", owner=owner.get_full_name() or owner.get_username())


def note(actor: Actor, case: ReviewCase, text: str) -> ReviewNote:
    """Raises StaffRoleUnfit, OwnReview, ReviewCaseClosed."""
    with transaction.atomic():
        held = held_open(actor, case)
        made = ReviewNote.objects.create(case=held, at=now(), by=actor.name, text=text)
        _changed(actor, held, "note")
    return made


def conclude(actor: Actor, case: ReviewCase, finding: ReviewFinding, text: str) -> None:
    """What was found; it may be found anew while the case is open. Raises StaffRoleUnfit,
    OwnReview, ReviewCaseClosed.
    """
    with transaction.atomic():
        held = held_open(actor, case)
        held.finding, held.finding_text = finding, text
        held.found_by, held.found_at = actor.name, now()
        held.save(update_fields=["finding", "finding_text", "found_by", "found_at"])
        _changed(actor, held, "finding", finding=finding.value)


def close(actor: Actor, case: ReviewCase, *, decision: str) -> None:
    """On a finding. Its suspicions are settled, and what is still asked of customers is withdrawn.

    Raises StaffRoleUnfit, OwnReview, ReviewCaseClosed, FindingMissing.
    """
    with transaction.atomic():
        held = held_open(actor, case)
        if not held.finding:
            raise FindingMissing()
        at = now()
        held.state, held.decision = ReviewState.CLOSED, decision
        held.closed_at, held.closed_by = at, actor.name
        held.save(update_fields=["state", "decision", "closed_at", "closed_by"])
        held.suspicions.update(
            state=SuspicionState.SETTLED,
            settled_at=at,
            settled_by=actor.name,
            settled_reason=str(held),
        )
        ExplanationRequest.objects.filter(case=held, state=ExplanationState.ASKED).update(
            state=ExplanationState.WITHDRAWN
        )
        digest = review_report.digest(review_report.content(held))
        facts = {"number": str(held), "finding": held.finding, "sha256": digest}
        ledger.record(Kind.REVIEW_CLOSED, about(held), facts, actor=actor)


def reopen(actor: Actor, case: ReviewCase, *, reason: str) -> None:
    """Its suspicions stay settled with the cause they had: what comes later is new. Raises
    StaffRoleUnfit, OwnReview, ReviewCaseOpen.
    """
    _require(actor, case)
    with transaction.atomic():
        held = ReviewCase.objects.select_for_update().get(id=case.id)
        if held.is_open:
            raise ReviewCaseOpen()
        held.state = ReviewState.OPEN
        held.reopened_count += 1
        held.save(update_fields=["state", "reopened_count"])
        facts = {"number": str(held), "reason": reason}
        ledger.record(Kind.REVIEW_REOPENED, about(held), facts, actor=actor)


# --- what these share -----------------------------------------------------------------------------


def reviewers() -> QuerySet[User]:
    """Who may own a case."""
    return User.objects.filter(
        memberships__organisation__is_operator=True,
        memberships__role__in=(Role.ADMIN, Role.LOG_REVIEWER),
        is_active=True,
    ).distinct()


def held_open(actor: Actor, case: ReviewCase) -> ReviewCase:
    """The case, locked in the caller's transaction. Raises StaffRoleUnfit, OwnReview,
    ReviewCaseClosed.
    """
    _require(actor, case)
    held = ReviewCase.objects.select_for_update().get(id=case.id)
    if not held.is_open:
        raise ReviewCaseClosed()
    return held


def about(case: ReviewCase, organisation_id: UUID | None = None) -> ledger.About:
    return ledger.About(
        environment=case.environment, organisation_id=organisation_id, subject_id=case.id
    )


def _require(actor: Actor, case: ReviewCase) -> None:
    require_reviewer(actor)
    if actor.id in reviews.subjects(case):
        raise OwnReview()


def _take(case: ReviewCase, suspicions: Iterable[Suspicion]) -> None:
    """Raises SuspicionSettled when one of them is in a case or settled."""
    ids = [row.id for row in suspicions]
    rows = Suspicion.objects.filter(id__in=ids, environment=case.environment)
    if rows.filter(state=SuspicionState.OPEN).update(
        state=SuspicionState.IN_CASE, case=case
    ) != len(ids):
        raise SuspicionSettled()


def _changed(actor: Actor, case: ReviewCase, what: str, **facts: str) -> None:
    told = {"number": str(case), "what": what, **facts}
    ledger.record(Kind.REVIEW_CHANGED, about(case), told, actor=actor)


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('archive_review_number')")
        return int(cursor.fetchone()[0])
