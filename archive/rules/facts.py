"""What a decision of access looks at, as plain values: the object, the patient's state, the
authorisations and the dated policies, all as they are at one moment (AC-1 to AC-3).
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from archive.models import ProhibitionScope, RegisterType

IMAGES = "images"  # the content of a study; of a document it is its kind


class Corrected(StrEnum):
    """What corrections have made of it (AR-7)."""

    NOT = "not"  # in regular use, corrected metadata included
    QUALITY = "quality"  # an object rejected for quality: out of regular use
    REJECTED = "rejected"  # an object rejected for another reason
    WHOLLY = "wholly"  # a study of which no object is left
    REPLACED = "replaced"  # a document that is not in force any more


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked for: a study's images, one of them or a document, in one register of one
    environment.
    """

    environment: str
    controller_id: UUID  # the organisation that is controller at that moment
    register_id: UUID
    register_type: str
    register_specifier: str
    controller_oid: str  # which the register keeps when it passes to a successor
    person_id: UUID  # whose it is; who was merged away counts as the survivor
    service_event: str = ""
    content: str = IMAGES
    controller_is_private: bool = False  # as far as a prohibition asks: of occupational registers
    destroyed: bool = False
    corrected: Corrected = Corrected.NOT
    # Of images: the producer that stored the first of them for the controller, and under what.
    begun_by: UUID | None = None
    begun_under: UUID | None = None  # the series of its authorisation


@dataclass(frozen=True, slots=True)
class Ban:
    """A prohibition in force."""

    scope: str
    provider_id: UUID | None
    controller_oid: str
    register_type: str
    service_event: str
    emergency_exception: bool
    held_before: frozenset[str] = frozenset()  # controllers whose registers have passed from it

    def covers(self, subject: Subject) -> bool:
        """Whether it is about this object. Its own controller it never stops."""
        match self.scope:
            case ProhibitionScope.EVERYTHING:
                return True
            case ProhibitionScope.SERVICE_EVENT:
                return self.service_event == subject.service_event != ""
            case ProhibitionScope.PROVIDER:
                return self._is_of(subject)
            case ProhibitionScope.REGISTER:
                return self._is_of(subject) and self.register_type == subject.register_type
            case ProhibitionScope.PRIVATE_OCCUPATIONAL:
                return subject.register_type == RegisterType.OCCUPATIONAL and (
                    subject.controller_is_private
                    if self.provider_id is None
                    else self._is_of(subject)
                )
        return True  # a scope that is not known here forbids

    def _is_of(self, subject: Subject) -> bool:
        """The provider's own register, also when it has passed to a successor since, and that one's
        successor.
        """
        return (
            self.provider_id == subject.controller_id
            or self.controller_oid == subject.controller_oid != ""
            or subject.controller_oid in self.held_before
        )


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A patient's state: informed, permitted, prohibited."""

    informed: bool = False
    permitted: bool = False
    bans: tuple[Ban, ...] = ()


@dataclass(frozen=True, slots=True)
class Grant:
    """A live authorisation of the asker as producer. Without a person it is of the population."""

    id: UUID
    register_id: UUID
    person_id: UUID | None
    may_read: bool
    may_write: bool
    series: UUID  # which all versions of it share

    def reaches(self, subject: Subject) -> bool:
        return self.register_id == subject.register_id and self.person_id in (
            None,
            subject.person_id,
        )


@dataclass(frozen=True, slots=True)
class Area:
    """Providers that may disclose to each other without permission, unless prohibited."""

    members: frozenset[UUID]
    informing_needed: bool


@dataclass(frozen=True, slots=True)
class Policies:
    """The dated rows of access that are in force."""

    areas: tuple[Area, ...] = ()
    roles: frozenset[str] | None = None  # None: no row limits them
