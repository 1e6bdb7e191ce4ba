"""Deployment data: planned connections, and their opening (ON-3)."""

from dataclasses import dataclass

from archive.actors import Actor
from archive.models import Connection, ConnectionKind, Environment, Organisation
from archive.objects.messages import Target
from onboarding.models import PlannedConnection


@dataclass(frozen=True, slots=True)
class Plan:
    """What the form of a connection tells; text as typed."""

    environment: Environment
    kind: ConnectionKind
    name: str = ""
    aet: str = ""
    host: str = ""
    port: int | None = None
    ian_on: bool = False
    certificate: str = ""  # PEM
    hl7_application: str = ""
    hl7_facility: str = ""


def plan(actor: Actor, organisation: Organisation, planned: Plan) -> PlannedConnection:
    """Raises, each with facts["field"]: FieldInvalid, HostUnknown, TitleTaken,
    CertificateUnreadable, CertificateExpired, CertificateOtherName.
    """
    ...


def change(actor: Actor, row: PlannedConnection, planned: Plan) -> PlannedConnection:
    """As `plan`. An open connection keeps its old data until the change is opened: in the test
    environment at once, in production by an officer.
    """
    ...


def remove(actor: Actor, row: PlannedConnection) -> None:
    """Its open connection, if there is one, ends."""
    ...


def open_planned(actor: Actor, row: PlannedConnection) -> Connection:
    """Make the plan real, from this second on. Test: once the customer is accepted for testing.
    Production: by an officer, once it is in production.
    """
    ...


def target(row: PlannedConnection) -> Target:
    """Whom the "Test" button calls (archive.edges.dicom.client.echo)."""
    ...


def renew_password(actor: Actor, connection: Connection) -> str:
    """A new random password of an XDS connection; shown once, kept as a digest."""
    ...
