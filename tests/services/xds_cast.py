"""Oulu's archive seen from XDS: Oulu stores and asks, Turku must get nothing of Oulu's."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from archive.actors import Actor, connection_actor
from archive.edges.xds import codec
from archive.models import (
    Connection,
    ConnectionKind,
    CustomerState,
    Organisation,
    Patient,
    Register,
    RegisterType,
    Sector,
    Study,
    XdsRole,
)
from archive.objects.registry import Submission
from archive.services import documents, filing
from archive.values import PatientIdentifier, now, uuid7
from tests.edges.xds import messages
from tests.edges.xds.messages import Paper


@dataclass(frozen=True)
class Peer:
    """A system with credentials."""

    actor: Actor
    user: str
    password: str


@dataclass(frozen=True)
class Customer:
    organisation: Organisation
    register: Register
    consumer: Peer
    pacs: Connection


@dataclass(frozen=True)
class Cast:
    environment: str
    repository: Peer  # the Patient Data Repository
    oulu: Customer
    turku: Customer


def peer(organisation: Organisation, environment: str, role: XdsRole) -> Peer:
    user, password = f"{role}-{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    row = Connection.objects.create(
        organisation=organisation,
        environment=environment,
        kind=ConnectionKind.XDS,
        xds_role=role,
        xds_user=user,
        xds_secret_sha256=hashlib.sha256(password.encode()).digest(),
        valid_from=date(2020, 1, 1),
    )
    actor = connection_actor(
        connection_id=row.id, name=user, organisation_id=organisation.id, environment=environment
    )
    return Peer(actor, user, password)


def organisation(name: str, number: int, *, operator: bool = False) -> Organisation:
    return Organisation.objects.create(
        business_id=f"{number:07d}-9",
        oid=f"1.2.246.10.{number}9.10.0",
        name_fi=name,
        sector=Sector.PUBLIC,
        is_operator=operator,
        state=CustomerState.IN_PRODUCTION,
    )


def customer(name: str, number: int, environment: str) -> Customer:
    owner = organisation(name, number)
    register = Register.objects.create(
        organisation=owner,
        controller_oid=f"1.2.246.10.{number}9.19.0",
        type=RegisterType.PUBLIC,
        is_default=True,
    )
    pacs = Connection.objects.create(
        organisation=owner,
        environment=environment,
        kind=ConnectionKind.DICOM,
        aet=f"PACS{number}",
        host="127.0.0.1",
        valid_from=date(2020, 1, 1),
    )
    return Customer(owner, register, peer(owner, environment, XdsRole.CONSUMER), pacs)


def assemble(environment: str = "production") -> Cast:
    operator = organisation("Kela", 8888801, operator=True)
    return Cast(
        environment,
        peer(operator, environment, XdsRole.PDR),
        customer("Oulu", 8888802, environment),
        customer("Turku", 8888803, environment),
    )


def tools(cast: Cast) -> Peer:
    """The operator's own tools."""
    operator = Organisation.objects.get(id=cast.repository.actor.organisation_id)
    return peer(operator, cast.environment, XdsRole.OPERATOR)


def paper(cast: Cast, **changes: str) -> Paper:
    """A study entry of Oulu's."""
    return Paper(controller=cast.oulu.register.controller_oid).but(**changes)


def submission(*papers: Paper, more: str = "") -> Submission:
    return submission_of(messages.submit(*papers, more=more))


def submission_of(text: str) -> Submission:
    return codec.decode_submission(codec.parse_xml(text.encode()))


def register(
    cast: Cast,
    *papers: Paper,
    actor: Actor | None = None,
    correlation_id: UUID | None = None,
    more: str = "",
) -> None:
    documents.register(
        actor or cast.repository.actor,
        submission(*papers, more=more),
        environment=cast.environment,
        message_id="urn:uuid:test",
        correlation_id=correlation_id,
    )


def submit_text(cast: Cast, text: str) -> None:
    """A SubmitObjectsRequest as it stands."""
    documents.register(
        cast.repository.actor,
        submission_of(text),
        environment=cast.environment,
        message_id="urn:uuid:test",
        correlation_id=None,
    )


def patient(cast: Cast, identifier: str = "010181-900C") -> Patient:
    return filing.file_patient(cast.environment, PatientIdentifier.parse(identifier, ""))


def study(cast: Cast, uid: str, *, accession: str = "ACC-1", of: Patient | None = None) -> Study:
    return Study.objects.create(
        id=uuid7(),
        environment=cast.environment,
        register=cast.oulu.register,
        patient=of or patient(cast),
        connection=cast.oulu.pacs,
        study_instance_uid=uid,
        accession_number=accession,
        received_at=now(),
    )
