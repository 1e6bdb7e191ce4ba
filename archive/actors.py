"""Who asks: the system itself, a person of the staff or of a customer, a customer's system with the
professional behind it, or a citizen.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    SYSTEM = "system"
    STAFF = "staff"
    CUSTOMER = "customer"
    CONNECTION = "connection"
    CITIZEN = "citizen"


# The one person of an assertion who has nothing here: no row has this id, so nothing is found.
NOBODY = UUID(int=0)

# Whose looks are reviewed.
SOMEBODY = frozenset({ActorKind.CONNECTION, ActorKind.STAFF, ActorKind.CUSTOMER})


class Purpose(StrEnum):
    """Why a professional asks, urn:oasis:names:tc:xspa:1.0:subject:purposeofuse. Anything else is
    kept as the assertion said it, and opens nothing of another's.
    """

    TREATMENT = "treatment"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Requester:
    """The professional behind a customer's system, as its signed assertion says (XUA)."""

    user_id: str
    user_name: str = ""
    role: str = ""  # professional right, as a code
    unit_oid: str = ""
    purpose: str = Purpose.TREATMENT.value
    care_relation: str = ""  # what it rests on: service event or reason; empty: none claimed
    patient_id: UUID | None = None  # the one person the assertion is for
    on_behalf_of: str = ""  # controller OID of the organiser of a purchased service
    register_type: str = ""  # of the asker's own register it works for; empty: any of its own
    register_specifier: str = ""
    assertion_id: str = ""


@dataclass(frozen=True, slots=True)
class Citizen:
    """Whose data a citizen looks at: the own, or another person's with the ground for it. None is a
    person of whom nothing is known here.
    """

    person_id: UUID | None
    acting_ground: str = ""  # guardian, mandate; empty: the own data
    assertion_id: str = ""  # by which the citizen service's own log knows who it was


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
    requester: Requester | None = None  # of a system; None: the organisation vouches for its own
    citizen: Citizen | None = None

    @property
    def connection_id(self) -> UUID:
        """By which a customer's system is known. Raises ValueError for anybody else."""
        if self.kind != ActorKind.CONNECTION or self.id is None:
            raise ValueError("the actor is no system of a customer")
        return self.id

    @property
    def customer_id(self) -> UUID:
        """The organisation of a customer's system or person. Raises ValueError without one."""
        if self.organisation_id is None:
            raise ValueError("the actor is of no organisation")
        return self.organisation_id


SYSTEM = Actor(ActorKind.SYSTEM, "system")


def connection_actor(
    *, connection_id: UUID, name: str, organisation_id: UUID, environment: str
) -> Actor:
    """A customer's system, known by its AE title and address or by its credentials."""
    return Actor(
        ActorKind.CONNECTION, name, connection_id, organisation_id, environment=environment
    )
