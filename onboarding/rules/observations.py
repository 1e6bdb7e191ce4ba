"""What came from a customer in the test environment, as values that `verdicts` judges (ON-4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from onboarding.models import StepState

Observed = dict[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Echo:
    at: datetime
    facts: Observed


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An archived object. Its content type is the first of the policy's that takes its class and
    modality; it may be meant as another that does.
    """

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
class Sighted:
    """An event of the ledger that `sightings` asks for, with its facts."""

    at: datetime
    event: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Means:
    """A test connection's kind; of the registry's users also their role, of DICOM systems what
    they may do.
    """

    kind: str
    xds_role: str = ""
    may_store: bool = True
    may_fetch: bool = True


@dataclass(frozen=True, slots=True)
class Content:
    """What objects of a content type look like."""

    sop_classes: frozenset[str] = frozenset()
    modalities: frozenset[str] = frozenset()  # empty: any
    code_demanded: bool = True

    def takes(self, sop_class: str, modality: str) -> bool:
        return sop_class in self.sop_classes and (
            not self.modalities or modality in self.modalities
        )

    def is_like(self, other: "Content") -> bool:
        """Some objects could be of either: neither class nor modality tells which."""
        meet = not self.modalities or not other.modalities or self.modalities & other.modalities
        return bool(meet and self.sop_classes & other.sop_classes)


@dataclass(frozen=True, slots=True)
class Facts:
    """What came from one customer in the test environment since its run began; newest first."""

    contents: Mapping[str, Content]  # may be archived today
    bad_accession: str
    notices_on: bool  # a test connection wants confirmations
    means: frozenset[Means] = frozenset()  # of the test connections that there are
    stores: bool = True  # one of them may, or the customer has said that it will
    echoes: tuple[Echo, ...] = ()
    objects: tuple[StoredObject, ...] = ()
    failures: tuple[Failure, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    studies: tuple[StoredStudy, ...] = ()
    notices: tuple[Notice, ...] = ()
    sighted: tuple[Sighted, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """How a step stands. `cause` is a reason of `archive.errors`, or nothing."""

    state: StepState
    observed: Observed = field(default_factory=dict)
    cause: str = ""
    at: datetime | None = None
