"""Deployment data: planned connections, and their opening (ON-3)."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction

from archive.actors import Actor
from archive.config import settings
from archive.errors import NotFound
from archive.models import Connection, ConnectionKind, Environment, Organisation, XdsRole
from archive.objects import er7
from archive.objects.messages import Target
from archive.services import seen_certificates
from archive.services.associations import addresses_of
from archive.services.connections import CALL_TIMEOUT
from archive.values import AeTitle, now, today
from onboarding.errors import (
    Fault,
    FieldInvalid,
    HostUnknown,
    SenderTaken,
    StepOutOfOrder,
    TitleTaken,
)
from onboarding.models import Joining, PlannedConnection
from onboarding.rules import certificates, fields, road
from onboarding.rules.road import Party
from onboarding.services import customers, issuers, rights, steps
from onboarding.services.customers import XdsSystem
from onboarding.services.issuers import Use
from onboarding.services.openings import (
    PLANNERS,
    end_all,
    end_one,
    is_open,
    open_all,
    open_planned,
    require_free,
    require_free_sender,
)

__all__ = [
    "Plan",
    "change",
    "end_all",
    "open_all",
    "open_planned",
    "plan",
    "remove",
    "renew_password",
    "require_assertion",
    "require_may_call",
    "target",
]


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
    may_store: bool = True
    may_fetch: bool = True
    retrieve_destination: bool = True
    tls: bool = False
    certificate: str = ""  # PEM
    hl7_application: str = ""
    hl7_facility: str = ""


def plan(actor: Actor, organisation: Organisation, planned: Plan) -> PlannedConnection:
    """Raises, each with facts["field"]: FieldInvalid, HostUnknown, TitleTaken,
    CertificateUnreadable, CertificateExpired, CertificateEarly, CertificateOtherName,
    CertificateOtherUse, CertificateUntrusted, CertificateNotCalled.
    """
    rights.require(actor, organisation, *PLANNERS)
    _require_road(organisation)
    return _keep(actor, PlannedConnection(organisation=organisation), planned)


def change(actor: Actor, row: PlannedConnection, planned: Plan) -> PlannedConnection:
    """As `plan`. An open connection keeps its old data until the change is opened: in the test
    environment at once, in production by an officer.
    """
    rights.require(actor, row.organisation, *PLANNERS)
    _require_road(row.organisation)
    if (row.environment, row.kind) != (planned.environment, planned.kind):
        raise FieldInvalid(facts={"field": "environment"})
    return _keep(actor, row, planned)


def _keep(actor: Actor, row: PlannedConnection, planned: Plan) -> PlannedConnection:
    checked = _checked(row, planned)
    with transaction.atomic():
        for name, value in checked.items():
            setattr(row, name, value)
        row.opened_at = None
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError:  # somebody planned the same name a moment ago
            if row.kind == ConnectionKind.HL7:
                raise SenderTaken(facts={"field": "hl7_application"}) from None
            raise TitleTaken(facts={"field": "aet"}) from None
        _make_known(row)
        steps.changed(actor, row.organisation, f"connection planned: {row}", row.environment)
        # One that ended with an earlier road opens again when this one has come so far.
        if row.connection is not None and row.environment == Environment.TEST:
            if is_open(row.organisation, row.environment):
                open_planned(actor, row)
    return row


def _make_known(row: PlannedConnection) -> None:
    """The end of its certificate is watched from the opening on, shown before or not."""
    if row.certificate_until is not None:
        seen_certificates.know(
            row.certificate_sha256, row.certificate_subject, row.certificate_until
        )


def _checked(row: PlannedConnection, planned: Plan) -> dict[str, object]:
    """All checks before anything is kept."""
    values: dict[str, object] = {
        "environment": fields.choice(planned.environment, "environment", Environment.values),
        "kind": fields.choice(planned.kind, "kind", ConnectionKind.values),
        "name": fields.text(planned.name, "name", limit=100, needed=False),
        "ian_on": planned.ian_on,
    }
    if planned.kind == ConnectionKind.XDS:
        values["name"] = fields.text(planned.name, "name", limit=100)
        return {**values, **_certificate(planned, planned.host.strip())}
    if planned.kind == ConnectionKind.HL7:
        sender = _sender(row, planned)
        # Its own certificate, as a client: that need not be for the address it calls from.
        held = _certificate(planned, "")
        return {**values, **sender, "host": _host(planned.host), **held}
    return {
        **values,
        "aet": _title(row, planned),
        "host": _host(planned.host),
        "port": _port(planned.port),
        "may_store": planned.may_store,
        "may_fetch": planned.may_fetch,
        "retrieve_destination": planned.retrieve_destination,
        "tls": planned.tls,
        **_certificate(planned, planned.host.strip()),
    }


def _title(row: PlannedConnection, planned: Plan) -> str:
    try:
        title = AeTitle(planned.aet)
    except ValueError:
        raise FieldInvalid(facts={"field": "aet"}) from None
    if title in (settings().ae_production, settings().ae_test):
        raise TitleTaken(facts={"field": "aet"})
    require_free(row, title, planned.environment)
    return title


def _sender(row: PlannedConnection, planned: Plan) -> dict[str, object]:
    """MSH-3 and MSH-4 of what will come; they name nobody else in this environment."""
    names = {
        name: fields.text(getattr(planned, name), name, limit=100)
        for name in ("hl7_application", "hl7_facility")
    }
    for name, value in names.items():
        if any(sign in value for sign in er7.SIGNS):
            raise FieldInvalid(facts={"field": name, "why": Fault.SIGNS})
    require_free_sender(row, names["hl7_application"], names["hl7_facility"], planned.environment)
    return dict(names)


def _host(host: str) -> str:
    found = fields.text(host, "host", limit=255)
    if " " in found:
        raise FieldInvalid(facts={"field": "host"})
    if not addresses_of(found):
        raise HostUnknown(facts={"field": "host", "host": found})
    return found


def _port(port: int | None) -> int:
    if port is None or not 0 < port < 65_536:
        raise FieldInvalid(facts={"field": "port"})
    return port


def _certificate(planned: Plan, host: str) -> dict[str, object]:
    pem = planned.certificate.strip()
    if not pem:
        if planned.tls:  # nothing else would tell it from another
            raise FieldInvalid(facts={"field": "certificate", "why": Fault.CERTIFICATE_NEEDED})
        return {
            "certificate": "",
            "certificate_subject": "",
            "certificate_issuer": "",
            "certificate_sha256": "",
            "certificate_until": None,
        }
    found = certificates.read(pem)
    issuers.judge(found, Use(planned.kind, host, planned.tls), now())
    return {
        "certificate": pem,
        "certificate_subject": found.subject,
        "certificate_issuer": found.issuer,
        "certificate_sha256": found.sha256,
        "certificate_until": found.valid_until,
    }


def remove(actor: Actor, row: PlannedConnection) -> None:
    """Its open connection, if there is one, ends at once."""
    rights.require(actor, row.organisation, *PLANNERS)
    with transaction.atomic():
        if row.connection is not None:
            end_one(row.connection, today() - timedelta(days=1))
        steps.changed(actor, row.organisation, f"connection removed: {row}", row.environment)
        row.delete()


def _require_road(organisation: Organisation) -> None:
    """Raises StepOutOfOrder when the customer has no road, or it is over."""
    joining = Joining.objects.filter(organisation=organisation).first()
    if joining is None or joining.state in road.OVER:
        raise StepOutOfOrder(facts={"state": joining.state if joining else ""})


def require_may_call(actor: Actor, row: PlannedConnection) -> None:
    """Before the archive calls where a customer points: once it was accepted for testing, for who
    has only signed up could look through the archive's own network so. Raises ActorUnfit,
    StepOutOfOrder.
    """
    party = rights.require(actor, row.organisation, *PLANNERS)
    state = Joining.objects.values_list("state", flat=True).get(organisation=row.organisation)
    if party != Party.OFFICER and state not in road.TESTING | road.LIVE:
        raise StepOutOfOrder(facts={"state": state})


def target(row: PlannedConnection) -> Target:
    """Whom the "Test" button calls (archive.edges.dicom.client.echo)."""
    return Target(
        host=row.host,
        port=row.port or 0,
        called_aet=row.aet,
        calling_aet=settings().ae_title(row.environment),
        timeout=CALL_TIMEOUT,
        certificate_sha256=row.certificate_sha256 if row.tls else "",
    )


def renew_password(actor: Actor, connection: Connection) -> str:
    """A new random password of an XDS connection; shown once, kept as a digest."""
    rights.require(actor, connection.organisation, Party.CUSTOMER, Party.OFFICER)
    if connection.kind != ConnectionKind.XDS or connection.valid_until is not None:
        raise NotFound()
    password = secrets.token_urlsafe(24)
    system = XdsSystem(
        Environment(connection.environment),
        XdsRole(connection.xds_role),
        connection.xds_user,
        password,
    )
    with transaction.atomic():
        customers.connect_xds(
            actor, connection.organisation, system, valid_from=connection.valid_from
        )
        what = f"password of XDS connection {connection.xds_user} renewed"
        steps.changed(actor, connection.organisation, what, connection.environment)
    return password


def require_assertion(actor: Actor, connection: Connection, *, required: bool, reason: str) -> None:
    """Whether each message of an XDS connection needs a signed assertion; holds from the next
    message on (XD-4).
    """
    rights.require(actor, connection.organisation, Party.OFFICER)
    if connection.kind != ConnectionKind.XDS:
        raise NotFound()
    rows = Connection.objects.filter(id=connection.id).exclude(xua_required=required)
    with transaction.atomic():
        if rows.update(xua_required=required):
            what = "is required" if required else "is not required"
            said = f"assertion {what} of XDS connection {connection.xds_user}"
            of, where = connection.organisation, connection.environment
            steps.changed(actor, of, said, where, reason=reason)
