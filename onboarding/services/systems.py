"""The certified systems a customer runs (ON-2 a)."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from archive.actors import Actor
from archive.models import Organisation
from archive.values import now
from onboarding.errors import Fault, FieldInvalid
from onboarding.models import CertifiedSystem, Precondition, SpecificationVersion
from onboarding.rules import fields
from onboarding.rules.road import Party
from onboarding.services import evidence, rights, steps


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
    return _keep(actor, CertifiedSystem(organisation=organisation), system, "named")


def change_system(actor: Actor, row: CertifiedSystem, system: System) -> CertifiedSystem:
    """Raises FieldInvalid, facts["field"]."""
    return _keep(actor, row, system, "changed")


def remove_system(actor: Actor, row: CertifiedSystem) -> None:
    """The customer runs it no more. It stays among those taken off, and can be put back."""
    _require(actor, row.organisation)
    with transaction.atomic():
        left = CertifiedSystem.objects.filter(id=row.id, taken_off_at=None)
        if left.update(taken_off_at=now(), taken_off_by=actor.name):
            _record(actor, row, "taken off")


def put_back(actor: Actor, row: CertifiedSystem) -> None:
    """It is run again: as one that is named anew."""
    party = _require(actor, row.organisation)
    with transaction.atomic():
        gone = CertifiedSystem.objects.filter(id=row.id, taken_off_at__isnull=False)
        if gone.update(taken_off_at=None, taken_off_by=""):
            _record(actor, row, "put back")
            if party != Party.OFFICER:
                evidence.ask_anew(actor, row.organisation, Precondition.CERTIFIED)


def _keep(actor: Actor, row: CertifiedSystem, system: System, what: str) -> CertifiedSystem:
    """What the customer itself tells anew, an officer judges anew."""
    party = _require(actor, row.organisation)
    before = _told(row) if what == "changed" else None
    row.product = fields.text(system.product, "product")
    row.version = fields.text(system.version, "version", limit=60)
    row.certificate_number = fields.text(system.certificate_number, "certificate_number", limit=100)
    row.regulation = fields.text(system.regulation, "regulation")
    if system.valid_until is not None and system.valid_until < system.valid_from:
        raise FieldInvalid(facts={"field": "valid_until", "why": Fault.ENDS_FIRST})
    row.specification = system.specification
    row.valid_from, row.valid_until = system.valid_from, system.valid_until
    with transaction.atomic():
        row.save()
        _record(actor, row, what)
        if party != Party.OFFICER and _told(row) != before:
            evidence.ask_anew(actor, row.organisation, Precondition.CERTIFIED)
    return row


def _told(row: CertifiedSystem) -> tuple[object, ...]:
    return tuple(getattr(row, each.attname) for each in CertifiedSystem._meta.concrete_fields)


def _require(actor: Actor, organisation: Organisation) -> Party:
    return rights.require(actor, organisation, Party.CUSTOMER, Party.TECHNICAL, Party.OFFICER)


def _record(actor: Actor, row: CertifiedSystem, what: str) -> None:
    said = f"certified system {row.product} {row.version} {what}"
    steps.changed(actor, row.organisation, said)
