"""Form documents of the Patient Data Repository become statements of their patients (AC-1)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from archive.actors import Actor
from archive.errors.wishes import ValueUnfit
from archive.models import ConsentForm, Environment, WillSubject, WishSource
from archive.rules.wishes import Representative, Wanted, check_representative
from archive.services import documents, wishes
from archive.services.wish_documents import FormDocument
from archive.services.wishes import Recorded, Saying, Whose
from archive.values import PatientIdentifier

T = TypeVar("T")


class FormKind(StrEnum):
    """A prohibition and its cancellation are one type of document, told apart by `given`."""

    INFORMING = "informing"
    PERMISSION = "permission"
    PROHIBITION = "prohibition"
    WILL = "will"


@dataclass(frozen=True, slots=True)
class WishForm:
    """A form document as it was received; what its kind has no use for is empty."""

    document: FormDocument
    kind: FormKind
    patient: PatientIdentifier
    effective_at: datetime
    source: WishSource = WishSource.REPOSITORY
    given: bool = True
    text_version: str = ""
    form: ConsentForm | None = None
    wanted: Wanted | None = None
    subject: WillSubject | None = None
    text: str = ""
    representative: Representative | None = None


def record(actor: Actor, form: WishForm) -> Recorded:
    """Record a form once. Raises Refused, RepresentativeIncomplete, and what `wishes` raises."""
    environment = Environment(actor.environment)
    documents.require_repository(actor, environment)
    who = form.representative
    if who is not None:
        check_representative(who)
    whose = Whose(environment, form.patient)
    saying = Saying(
        form.source,
        form.effective_at,
        acting_ground=who.role.strip() if who else "",
        form=form.document,
    )
    match form.kind:
        case FormKind.INFORMING:
            return wishes.inform(actor, whose, saying, text_version=form.text_version)
        case FormKind.PERMISSION:
            return wishes.permit(actor, whose, saying, given=form.given, form=form.form)
        case FormKind.PROHIBITION:
            wanted = _given(form.wanted, "scope")
            if form.given:
                return wishes.prohibit(actor, whose, saying, wanted)
            return wishes.end_prohibition(actor, whose, saying, wanted)
        case FormKind.WILL:
            subject = _given(form.subject, "subject")
            return wishes.express(
                actor, whose, saying, subject=subject, given=form.given, text=form.text
            )


def _given(value: T | None, name: str) -> T:
    """Raises ValueUnfit."""
    if value is None:
        raise ValueUnfit(f"{name} is missing", facts={"field": name})
    return value
