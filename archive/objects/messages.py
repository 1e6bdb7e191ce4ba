"""What we say to customers' systems, and where: shared by the services that decide and the edge
that calls.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from archive.errors import ArchiveError

Reference = tuple[str, str]  # SOP Class UID, SOP Instance UID


@dataclass(frozen=True, slots=True)
class Target:
    """An application entity and how we call it; `timeout` in seconds, for connecting and each
    answer.
    """

    host: str
    port: int
    called_aet: str
    calling_aet: str
    timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class Notice:
    """An Instance Availability Notification, PS3.4 annex R: these objects are archived and
    registered.
    """

    study_instance_uid: str
    retrieve_aet: str
    series: Sequence[tuple[str, Sequence[Reference]]]
    unavailable: Set[str] = frozenset()  # SOP Instance UIDs of objects that are given out no more


class CommitmentResult(Protocol):
    """What a commitment report says, PS3.4 table J.3-2."""

    @property
    def transaction_uid(self) -> str: ...
    @property
    def event_type(self) -> int: ...
    @property
    def committed(self) -> Sequence[Reference]: ...
    @property
    def failed(self) -> Sequence[tuple[str, str, type[ArchiveError]]]: ...
