"""The certified systems a customer runs (ON-2 a)."""

from dataclasses import dataclass
from datetime import date

from archive.actors import Actor
from archive.models import Organisation
from onboarding.models import CertifiedSystem, SpecificationVersion


@dataclass(frozen=True, slots=True)
class System:
    product: str
    version: str
    certificate_number: str
    regulation: str
    specification: SpecificationVersion
    valid_from: date
    valid_until: date | None = None


def add_system(actor: Actor, organisation: Organisation, system: System) -> CertifiedSystem:
    """Raises FieldInvalid, facts["field"]."""
    ...


def change_system(actor: Actor, row: CertifiedSystem, system: System) -> CertifiedSystem: ...


def remove_system(actor: Actor, row: CertifiedSystem) -> None: ...
