"""What shows that a precondition holds, given by the customer and judged by an officer (ON-2)."""

from dataclasses import dataclass
from datetime import date

from archive.actors import Actor
from onboarding.models import Evidence, Joining, Precondition


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent."""

    name: str
    content: bytes


def give(
    actor: Actor,
    joining: Joining,
    precondition: Precondition,
    *,
    number: str = "",
    dated: date | None = None,
    note: str = "",
    file: Upload | None = None,
) -> Evidence:
    """By the customer or for it by an officer; a file given before stays unless there is a new one.
    Raises FileTypeRefused, FileTooLarge, FieldInvalid (nothing given at all, a future date).
    """
    ...


def judge(actor: Actor, evidence: Evidence, *, accepted: bool, judgement: str = "") -> Evidence:
    """By an officer; what is not accepted is missing again and needs a reason."""
    ...


def read_file(actor: Actor, evidence: Evidence) -> bytes:
    """For the customer itself and the staff. Raises NotFound."""
    ...
