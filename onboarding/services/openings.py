"""Planned connections made real and ended again (ON-3, ON-6)."""

import secrets
from datetime import date, timedelta

from django.db import transaction

from archive.actors import Actor
from archive.models import (
    Connection,
    ConnectionKind,
    CustomerState,
    Environment,
    Organisation,
    XdsRole,
)
from archive.values import AeTitle, now, today
from onboarding.errors import SenderTaken, StepOutOfOrder, TitleTaken
from onboarding.models import Joining, PlannedConnection
from onboarding.rules import road
from onboarding.rules.changes import columns_of, differences
from onboarding.rules.road import Party
from onboarding.services import certificate_watch, customers, rights, steps
from onboarding.services.customers import DicomSystem, Hl7System, XdsSystem

PLANNERS = (Party.CUSTOMER, Party.TECHNICAL, Party.OFFICER)


def open_planned(actor: Actor, row: PlannedConnection) -> Connection:
    """Make the plan real, from this second on. Test: once the customer is accepted for testing.
    Production: by an officer, once it is in production. Raises StepOutOfOrder, TitleTaken,
    SenderTaken.
    """
    organisation = row.organisation
    if row.environment == Environment.TEST:
        rights.require(actor, organisation, *PLANNERS, Party.SYSTEM)
    else:
        rights.require(actor, organisation, Party.OFFICER, Party.SYSTEM)
    with transaction.atomic():
        _require_open(organisation, row.environment)
        if row.kind == ConnectionKind.DICOM:
            require_free(row, row.aet, row.environment)
            made = _open_dicom(actor, row)
        elif row.kind == ConnectionKind.HL7:
            require_free_sender(row, row.hl7_application, row.hl7_facility, row.environment)
            made = _open_hl7(actor, row)
        else:
            made = _open_xds(actor, row)
        row.connection, row.opened_at = made, now()
        row.save(update_fields=["connection", "opened_at"])
        certificate_watch.look(made)
        return made


def _open_dicom(actor: Actor, row: PlannedConnection) -> Connection:
    """An open one of the same title is changed in place, so that its studies stay with it."""
    kept = row.connection
    if kept is not None and kept.valid_until is None:
        if kept.aet == row.aet:
            was = columns_of(kept, TAKEN_OVER)
            _take_over(kept, row)
            what = f"DICOM connection {row.aet} changed"
            changed = differences(was, columns_of(kept, TAKEN_OVER))
            steps.changed(actor, row.organisation, what, row.environment, **changed)
            return kept
        end_one(kept, today() - timedelta(days=1))
    system = DicomSystem(
        Environment(row.environment), AeTitle(row.aet), row.host, row.port or 0, row.ian_on
    )
    made = customers.connect_dicom(actor, row.organisation, system, valid_from=today())
    _take_over(made, row)
    return made


def _open_hl7(actor: Actor, row: PlannedConnection) -> Connection:
    """An open one of the same names is changed in place, so that its messages stay with it."""
    kept, names = row.connection, ("hl7_application", "hl7_facility")
    if kept is not None and kept.valid_until is None:
        if all(getattr(kept, name) == getattr(row, name) for name in names):
            was = columns_of(kept, OF_SENDER)
            for name in OF_SENDER:
                setattr(kept, name, getattr(row, name))
            kept.save(update_fields=OF_SENDER)
            changed = differences(was, columns_of(kept, OF_SENDER))
            what = f"HL7 sender {row} changed"
            steps.changed(actor, row.organisation, what, row.environment, **changed)
            return kept
        end_one(kept, today() - timedelta(days=1))
    system = Hl7System(
        Environment(row.environment),
        row.hl7_application,
        row.hl7_facility,
        row.host,
        row.certificate_sha256,
    )
    made = customers.connect_hl7(actor, row.organisation, system, valid_from=today())
    made.name = row.name
    made.save(update_fields=["name"])
    return made


TAKEN_OVER = (
    *("name", "host", "port", "ian_on"),
    *("may_store", "may_fetch", "retrieve_destination", "tls", "certificate_sha256"),
)


OF_SENDER = ("name", "host", "certificate_sha256")


def _take_over(connection: Connection, row: PlannedConnection) -> None:
    """What was planned holds from the next association on."""
    for name in TAKEN_OVER:
        setattr(connection, name, getattr(row, name))
    connection.save(update_fields=TAKEN_OVER)


def _open_xds(actor: Actor, row: PlannedConnection) -> Connection:
    """With a password that nobody knows; `renew_password` gives one that somebody does. In
    production each message needs a signed assertion, unless an officer decides otherwise.
    """
    kept = row.connection
    if kept is not None:
        Connection.objects.filter(id=kept.id).update(
            name=row.name, certificate_sha256=row.certificate_sha256, valid_until=None
        )
        kept.refresh_from_db()
        return kept
    user = f"{row.organisation.business_id}-{row.environment}-{secrets.token_hex(3)}"
    system = XdsSystem(
        Environment(row.environment), XdsRole.CONSUMER, user, secrets.token_urlsafe(24)
    )
    made = customers.connect_xds(actor, row.organisation, system, valid_from=today())
    made.name, made.xua_required = row.name, row.environment == Environment.PRODUCTION
    made.certificate_sha256 = row.certificate_sha256
    made.save(update_fields=["name", "xua_required", "certificate_sha256"])
    return made


def open_source(
    actor: Actor, organisation: Organisation, environment: Environment
) -> tuple[Connection, str]:
    """Let a document source in (ITI-41, RAD-68); with its password, which is shown once. In
    production each message needs a signed assertion, unless an officer decides otherwise.
    """
    user = f"{organisation.business_id}-{environment.value}-source-{secrets.token_hex(3)}"
    password = secrets.token_urlsafe(24)
    system = XdsSystem(environment, XdsRole.SOURCE, user, password)
    with transaction.atomic():
        made = customers.connect_xds(actor, organisation, system, valid_from=today())
        made.xua_required = environment == Environment.PRODUCTION
        made.save(update_fields=["xua_required"])
    return made, password


def open_all(actor: Actor, organisation: Organisation, environment: Environment) -> None:
    """Every plan of an environment that has just been opened to the customer."""
    rows = PlannedConnection.objects.filter(organisation=organisation, environment=environment)
    for row in rows.select_related("organisation", "connection"):
        open_planned(actor, row)


def end_all(actor: Actor, organisation: Organisation, *, last_day: date | None = None) -> None:
    """In both environments; at once unless a last day is named, and that has passed by now."""
    day = last_day or today() - timedelta(days=1)
    rows = Connection.objects.filter(organisation=organisation, valid_until=None)
    if rows.update(valid_until=day):
        steps.changed(actor, organisation, f"connections ended, last day {day}")
    PlannedConnection.objects.filter(organisation=organisation).update(opened_at=None)


def end_one(connection: Connection, last_day: date) -> None:
    Connection.objects.filter(id=connection.id, valid_until=None).update(valid_until=last_day)


def is_open(organisation: Organisation, environment: str) -> bool:
    """Whether the environment is open to this customer."""
    return _is_open(_state(organisation), organisation, environment)


def _is_open(state: str, organisation: Organisation, environment: str) -> bool:
    live = state in road.LIVE and organisation.state == CustomerState.IN_PRODUCTION
    return live or (environment == Environment.TEST and state in road.TESTING)


def _state(organisation: Organisation) -> str:
    """Where its road stands; empty without one."""
    states = Joining.objects.filter(organisation=organisation).values_list("state", flat=True)
    return states.first() or ""


def _require_open(organisation: Organisation, environment: str) -> None:
    """Raises StepOutOfOrder."""
    state = _state(organisation)
    if not _is_open(state, organisation, environment):
        raise StepOutOfOrder(facts={"state": state})


def require_free(row: PlannedConnection, title: str, environment: str) -> None:
    """Raises TitleTaken; whose it is, is nobody's business."""
    planned = PlannedConnection.objects.filter(environment=environment, aet=title)
    live = Connection.objects.filter(
        kind=ConnectionKind.DICOM, environment=environment, aet=title, valid_until=None
    )
    others = live.exclude(organisation=row.organisation)  # an own one is taken over
    if planned.exclude(id=row.id).exists() or others.exists():
        raise TitleTaken(facts={"field": "aet"})


def require_free_sender(
    row: PlannedConnection, application: str, facility: str, environment: str
) -> None:
    """Raises SenderTaken; whose it is, is nobody's business."""
    named = {
        "environment": environment,
        "kind": ConnectionKind.HL7,
        "hl7_application": application,
        "hl7_facility": facility,
    }
    planned = PlannedConnection.objects.filter(**named).exclude(id=row.id)
    live = Connection.objects.filter(**named, valid_until=None)
    if planned.exists() or live.exclude(organisation=row.organisation).exists():
        raise SenderTaken(facts={"field": "hl7_application"})
