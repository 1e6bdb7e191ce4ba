"""What the pages of review share: each look recorded before anything is shown."""

from collections.abc import Callable, Mapping
from uuid import UUID

from django import forms
from django.contrib import messages

from archive import ledger
from archive.actors import Actor
from archive.errors import ArchiveError
from archive.models import ReviewCase, Suspicion
from archive.services import review_cases, suspicions
from portal.advice import advise
from portal.staff import Request


def viewed(
    actor: Actor, what: str, environment: str, *, patient_id: UUID | None = None, **facts: object
) -> None:
    about = ledger.About(environment=environment, patient_id=patient_id)
    ledger.record(ledger.Kind.REVIEW_VIEWED, about, {"what": what, **facts}, actor=actor)


def exported(actor: Actor, what: str, environment: str) -> Callable[[], None]:
    """That a list went out as a file, besides what is recorded of every such list."""
    return lambda: viewed(actor, f"{what} exported", environment)


def viewed_suspicion(request: Request, actor: Actor, row: Suspicion) -> None:
    request.environment = row.environment
    told = {"what": "suspicion", "suspicion": row.kind}
    ledger.record(ledger.Kind.REVIEW_VIEWED, suspicions.about(row), told, actor=actor)


def viewed_case(request: Request, actor: Actor, row: ReviewCase, what: str) -> None:
    request.environment = row.environment
    told = {"what": what, "number": str(row)}
    ledger.record(ledger.Kind.REVIEW_VIEWED, review_cases.about(row), told, actor=actor)


def refused(request: Request, error: ArchiveError) -> None:
    advice = advise(error.reason())
    messages.error(request, f"{advice.cause} {advice.step}")


def blame(form: forms.Form, error: ArchiveError, words: Mapping[str, object]) -> None:
    """At the field that the service names, in these words; else above the form."""
    field = error.facts.get("field", "")
    if field in words:
        form.add_error(field if field in form.fields else None, str(words[field]))
        return
    advice = advise(error.reason())
    form.add_error(None, f"{advice.cause} {advice.step}")
