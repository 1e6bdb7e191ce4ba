"""Customers, their registers and their connections; each change is in the ledger (ON-1, ON-3)."""

import hashlib
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from archive.actors import Actor
from archive.models import (
    Connection,
    ConnectionKind,
    CustomerState,
    Environment,
    Organisation,
    Register,
    Sector,
    XdsRole,
)
from archive.values import AeTitle, BusinessId
from onboarding.rules import default_register_type
from onboarding.services import steps


@dataclass(frozen=True, slots=True)
class Names:
    fi: str
    sv: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class DicomSystem:
    """A customer's application entity in one environment."""

    environment: Environment
    aet: AeTitle
    host: str
    port: int
    ian_on: bool


@dataclass(frozen=True, slots=True)
class XdsSystem:
    """An XDS peer known by HTTP Basic credentials; the password is random, so its plain digest is
    enough.
    """

    environment: Environment
    role: XdsRole
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Hl7System:
    """A sender of HL7 messages, known by MSH-3, MSH-4 and where it calls from."""

    environment: Environment
    application: str
    facility: str
    host: str
    certificate_sha256: str = ""


def take_into_use(
    actor: Actor,
    business_id: BusinessId,
    names: Names,
    *,
    sector: Sector,
    joined_on: date,
    is_demo: bool = False,
) -> Organisation:
    """Make the organisation and its default register; the same again changes nothing."""
    with transaction.atomic():
        organisation, made = Organisation.objects.get_or_create(
            business_id=business_id,
            defaults={
                "oid": business_id.organisation_oid,
                "name_fi": names.fi,
                "name_sv": names.sv,
                "name_en": names.en,
                "sector": sector,
                "state": CustomerState.IN_PRODUCTION,
                "joined_on": joined_on,
                "is_demo": is_demo,
            },
        )
        Register.objects.get_or_create(
            controller_oid=business_id.controller_oid,
            is_default=True,
            defaults={"organisation": organisation, "type": default_register_type(sector)},
        )
        if made:
            steps.changed(actor, organisation, "taken into use")
        return organisation


def connect_dicom(
    actor: Actor, organisation: Organisation, system: DicomSystem, *, valid_from: date
) -> Connection:
    """Open a DICOM connection; it holds from the next association on."""
    with transaction.atomic():
        connection, made = Connection.objects.get_or_create(
            organisation=organisation,
            environment=system.environment,
            kind=ConnectionKind.DICOM,
            aet=system.aet,
            valid_until=None,
            defaults={
                "host": system.host,
                "port": system.port,
                "ian_on": system.ian_on,
                "valid_from": valid_from,
            },
        )
        if made:
            steps.changed(actor, organisation, f"DICOM connection {system.aet}", system.environment)
        return connection


def connect_xds(
    actor: Actor, organisation: Organisation, system: XdsSystem, *, valid_from: date
) -> Connection:
    """Open an XDS connection, or renew its password."""
    secret = hashlib.sha256(system.password.encode()).digest()
    with transaction.atomic():
        connection, made = Connection.objects.update_or_create(
            organisation=organisation,
            environment=system.environment,
            kind=ConnectionKind.XDS,
            xds_user=system.user,
            defaults={"xds_secret_sha256": secret},
            create_defaults={
                "xds_secret_sha256": secret,
                "xds_role": system.role,
                "valid_from": valid_from,
            },
        )
        if made:
            steps.changed(actor, organisation, f"XDS connection {system.user}", system.environment)
        return connection


def connect_hl7(
    actor: Actor, organisation: Organisation, system: Hl7System, *, valid_from: date
) -> Connection:
    """Let a sender of HL7 messages in; it holds from its next connection on."""
    with transaction.atomic():
        connection, made = Connection.objects.get_or_create(
            organisation=organisation,
            environment=system.environment,
            kind=ConnectionKind.HL7,
            hl7_application=system.application,
            hl7_facility=system.facility,
            valid_until=None,
            defaults={
                "host": system.host,
                "certificate_sha256": system.certificate_sha256,
                "valid_from": valid_from,
            },
        )
        if made:
            steps.changed(actor, organisation, f"HL7 sender {connection}", system.environment)
        return connection
