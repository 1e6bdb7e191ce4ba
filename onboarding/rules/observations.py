"""What came from a customer in the test environment, as values that `verdicts` judges (ON-4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from onboarding.models import StepState

Observed = dict[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Echo:
    at: datetime
    facts: Observed


@dataclass(frozen=True, slots=True)
class StoredObject:
    """The first archived object of a content type."""

    at: datetime
    content_type: str
    accession: str
    facts: Observed


@dataclass(frozen=True, slots=True)
class Failure:
    """An event on the support desk. Its facts name no patient."""

    at: datetime
    reason: str
    code: str
    edge: str
    place: str
    accession: str = ""
    subject: str = ""  # study, commitment or notice it is about
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Commitment:
    at: datetime
    id: str
    state: str
    outcome: tuple[str, ...]  # of each object: nothing, or why not


@dataclass(frozen=True, slots=True)
class StoredStudy:
    at: datetime
    id: str
    state: str
    accession: str
    facts: Observed


@dataclass(frozen=True, slots=True)
class Notice:
    at: datetime
    id: str
    state: str
    facts: Observed


@dataclass(frozen=True, slots=True)
class Query:
    at: datetime
    found: int
    facts: Observed


@dataclass(frozen=True, slots=True)
class Told:
    """An HL7 message that was taken, and what became of it."""

    at: datetime
    event: str
    outcome: str
    facts: Observed


@dataclass(frozen=True, slots=True)
class Content:
    """What objects of a content type look like."""

    sop_classes: frozenset[str] = frozenset()
    modalities: frozenset[str] = frozenset()  # empty: any
    code_demanded: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What came from one customer in the test environment since its run began; newest first."""

    contents: Mapping[str, Content]  # may be archived today
    bad_accession: str
    notices_on: bool  # a test connection wants confirmations
    registry_user: bool  # there is a test connection that may ask the registry
    hl7_sender: bool = False  # there is one that sends HL7 messages
    echoes: tuple[Echo, ...] = ()
    objects: tuple[StoredObject, ...] = ()
    failures: tuple[Failure, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    studies: tuple[StoredStudy, ...] = ()
    notices: tuple[Notice, ...] = ()
    queries: tuple[Query, ...] = ()
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """How a step stands. `cause` is a reason of `archive.errors`, or nothing."""

    state: StepState
    observed: Observed = field(default_factory=dict)
    cause: str = ""
    at: datetime | None = None
