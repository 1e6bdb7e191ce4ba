"""Terms and service description: versions, and who has accepted which (ON-2 c, d)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from archive.actors import Actor
from archive.models import Organisation
from onboarding.models import Acceptance, TermsDocument, TermsKind


@dataclass(frozen=True, slots=True)
class Texts:
    fi: str
    sv: str
    en: str


def in_force(kind: TermsKind, day: date | None = None) -> TermsDocument | None: ...


def publish(
    actor: Actor, kind: TermsKind, *, version: str, valid_from: date, texts: Texts
) -> TermsDocument:
    """A new version; every customer's contacts are asked to have it accepted. Raises FieldInvalid
    (version exists, text missing), DayPassed.
    """
    ...


def accept(
    actor: Actor, document: TermsDocument, organisation: Organisation, *, authority: str
) -> Acceptance:
    """By the customer's administrator, who says with what authority. Raises TermsOutdated."""
    ...


def not_accepted(document: TermsDocument) -> QuerySet[Organisation]:
    """Customers on the road or in production that have not accepted this version."""
    ...
