"""Who sends HL7 messages: application, facility and address name a customer's system (ON-3)."""

from uuid import UUID

from archive.actors import Actor, connection_actor
from archive.config import settings
from archive.errors import ArchiveError, PeerEnded
from archive.errors.persons import ReceiverUnknown, SenderAddressWrong, SenderUnknown
from archive.models import Connection, ConnectionKind, CustomerState, Environment
from archive.objects.adt import Header
from archive.services import error_desk
from archive.services.associations import addresses_of, report_unheard, whose_it_is
from archive.services.error_desk import Place, What, Who
from archive.values import today, without_codes

DOOR = Place("hl7", "door")


def environment_of(application: str, facility: str) -> str:
    """Production or test follows from MSH-5; MSH-6 is ours or empty. Raises ReceiverUnknown."""
    named = {
        settings().hl7_application: Environment.PRODUCTION.value,
        settings().hl7_test_application: Environment.TEST.value,
    }
    if application not in named:
        raise ReceiverUnknown(facts={"place": "MSH^1^5"})
    if facility not in ("", settings().hl7_facility):
        raise ReceiverUnknown(facts={"place": "MSH^1^6"})
    return named[application]


def establish(
    header: Header, *, address: str, certificate_sha256: str, correlation_id: UUID
) -> Actor:
    """Name the sender, or put it on the desk and raise ReceiverUnknown, SenderUnknown, PeerEnded,
    SenderAddressWrong.
    """
    try:
        return _establish(header, address, certificate_sha256)
    except ArchiveError as error:
        report(error, header=header, address=address, correlation_id=correlation_id)
        raise


def _establish(header: Header, address: str, certificate_sha256: str) -> Actor:
    environment = environment_of(header.receiving_application, header.receiving_facility)
    live = _system_of(header, environment)
    place = {"place": "MSH^1^3"}
    if live is None:
        raise SenderUnknown(facts=place)
    owner = live.organisation
    if owner.has_left(today()) or not live.is_valid_on(today()):
        raise PeerEnded(facts=place)
    if environment == Environment.PRODUCTION and owner.state != CustomerState.IN_PRODUCTION:
        raise SenderUnknown("customer is not in production", facts=place)
    if address not in addresses_of(live.host):
        raise SenderAddressWrong(facts={"expected": live.host})
    if live.certificate_sha256 and certificate_sha256 not in ("", live.certificate_sha256):
        raise SenderAddressWrong("client certificate is another one")
    return connection_actor(
        connection_id=live.id,
        name=f"{live} ({address})",
        organisation_id=live.organisation_id,
        environment=environment,
    )


def _system_of(header: Header, environment: str) -> Connection | None:
    named = Connection.objects.filter(
        kind=ConnectionKind.HL7,
        environment=environment,
        hl7_application=header.application,
        hl7_facility=header.facility,
    )
    return whose_it_is(named)


def report(
    error: ArchiveError, *, header: Header | None, address: str, correlation_id: UUID
) -> None:
    """What was not let in or could not be read, on the desk under its customer if it has one."""
    test = header is not None and header.receiving_application == settings().hl7_test_application
    environment = (Environment.TEST if test else Environment.PRODUCTION).value
    known = _system_of(header, environment) if header is not None else None
    facts = {"address": address}
    if header is not None:
        facts |= {
            "sender": f"{_word(header.application)}|{_word(header.facility)}",
            "receiver": _word(header.receiving_application),
        }
    name = facts.get("sender", address)
    error_desk.report(
        error,
        environment=environment,
        place=DOOR,
        who=Who(known.organisation_id, known.id) if known else Who(name=name),
        what=What(correlation_id=correlation_id),
        facts=facts,
    )


def report_unencrypted(error: ArchiveError, *, address: str, correlation_id: UUID) -> None:
    """A connection that ended before a message could tell whose it is."""
    report_unheard(
        error,
        address=address,
        correlation_id=correlation_id,
        kind=ConnectionKind.HL7,
        place=DOOR,
    )


def _word(text: str) -> str:
    return without_codes(text)[:40]
