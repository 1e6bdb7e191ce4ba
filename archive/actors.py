"""Who asks: the system itself, a person of the staff or of a customer, or a customer's system."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    SYSTEM = "system"
    STAFF = "staff"
    CUSTOMER = "customer"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Actor:
    """Kept as values in the ledger, so that it says what was true then."""

    kind: ActorKind
    name: str
    id: UUID | None = None
    organisation_id: UUID | None = None
    roles: frozenset[str] = frozenset()
    environment: str = ""  # of a customer's system: the only one it may touch
    reason: str = ""  # why a person looks at this patient's data


SYSTEM = Actor(ActorKind.SYSTEM, "system")


def connection_actor(
    *, connection_id: UUID, name: str, organisation_id: UUID, environment: str
) -> Actor:
    """A customer's system, known by its AE title and address or by its credentials."""
    return Actor(
        ActorKind.CONNECTION, name, connection_id, organisation_id, environment=environment
    )
