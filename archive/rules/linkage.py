"""Which documents a study needs, and which of those that carry its accession number are its own
(AR-4).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

NEEDED = ("request", "study-entry")  # a report may come; it is not waited for


@dataclass(frozen=True, slots=True)
class Tied:
    """A document in force with the study's controller, accession number and patient."""

    id: UUID
    kind: str
    study_instance_uid: str  # empty when it names none


@dataclass(frozen=True, slots=True)
class Verdict:
    """`disagreeing` are the documents of a missing kind that name another study."""

    missing: tuple[str, ...]
    disagreeing: tuple[UUID, ...]


def judge(documents: Sequence[Tied], study_instance_uid: str) -> Verdict:
    """Several studies may share an accession number, so a document of another study is no fault by
    itself: it is one when this study waits for just that kind.
    """
    own = {doc.kind for doc in documents if doc.study_instance_uid in ("", study_instance_uid)}
    missing = tuple(kind for kind in NEEDED if kind not in own)
    disagreeing = tuple(doc.id for doc in documents if doc.kind in missing)
    return Verdict(missing, disagreeing)
