"""Who is at the door: an AE title, an address, a called title, and what they amount to (ON-3)."""

import socket
import time
from dataclasses import dataclass, field, replace
from functools import lru_cache
from uuid import UUID

from django.db.models import QuerySet

from archive import ledger
from archive.actors import Actor, connection_actor
from archive.config import settings
from archive.errors import (
    ArchiveError,
    CalledTitleUnknown,
    PeerAddressWrong,
    PeerCertificateWrong,
    PeerEnded,
    PeerUnencrypted,
    PeerUnknown,
    ServiceNotAllowed,
)
from archive.models import Connection, ConnectionKind, CustomerState, Environment
from archive.models.dated import valid_on
from archive.services import error_desk, limits
from archive.services.error_desk import Place, What, Who
from archive.services.limits import Limits
from archive.values import AeTitle, today

DOOR = Place("dicom", "association")
NAMES_SECONDS = 3.0  # for the names of customers' systems, when a caller told no title


@dataclass(frozen=True, slots=True)
class Peer:
    """An association's other side, established before it is accepted."""

    association_id: UUID
    connection_id: UUID
    organisation_id: UUID
    organisation_name: str
    environment: str
    calling: str
    called: str
    address: str
    limits: Limits = field(default_factory=Limits)
    edge: str = "dicom"
    may_store: bool = True
    may_fetch: bool = True  # and query

    @property
    def title(self) -> str:
        """As an AE title; of a system that has none, what of its name fits into one."""
        return self.calling.encode("ascii", "replace").decode()[:16]

    @property
    def by_web(self) -> dict[str, str]:
        """What a log entry says of the interface when it is not DICOM's own."""
        return {"interface": "DICOMweb"} if self.edge == "dicomweb" else {}

    def at(self, place: Place) -> Place:
        """The same step on the peer's own interface."""
        return replace(place, edge=self.edge)

    def require_fetching(self) -> None:
        """Raises ServiceNotAllowed for a system that is registered to store only."""
        if not self.may_fetch:
            raise ServiceNotAllowed()

    @property
    def actor(self) -> Actor:
        return connection_actor(
            connection_id=self.connection_id,
            name=f"{self.calling} ({self.address})",
            organisation_id=self.organisation_id,
            environment=self.environment,
        )

    @property
    def who(self) -> Who:
        return Who(self.organisation_id, self.connection_id)


def environment_of(called: str) -> str:
    """Production or test follows from the called title. Raises CalledTitleUnknown."""
    titles = {
        settings().ae_production: Environment.PRODUCTION.value,
        settings().ae_test: Environment.TEST.value,
    }
    if called not in titles:
        raise CalledTitleUnknown(facts={"called": called})
    return titles[called]


def establish(
    *,
    calling: str,
    called: str,
    address: str,
    association_id: UUID,
    certificate: str | None = None,
) -> Peer:
    """Name the peer; `certificate` is the SHA-256 of the one it showed, None without TLS. Or put it
    on the desk and raise PeerUnknown, PeerEnded, PeerAddressWrong, PeerUnencrypted,
    PeerCertificateWrong, CalledTitleUnknown.
    """
    try:
        return _establish(calling.strip(), called.strip(), address, association_id, certificate)
    except ArchiveError as error:
        report(
            error, calling=calling, called=called, address=address, association_id=association_id
        )
        raise


def _establish(
    calling: str, called: str, address: str, association_id: UUID, certificate: str | None
) -> Peer:
    environment = environment_of(called)
    try:
        title = AeTitle(calling)
    except ValueError:
        raise PeerUnknown("calling AE title is not a title", facts={"called": called}) from None
    live = _system_of(title, environment)
    if live is None:
        raise PeerUnknown(facts={"calling": calling, "called": called})
    owner = live.organisation
    if owner.has_left(today()) or not live.is_valid_on(today()):
        raise PeerEnded(facts={"calling": calling, "called": called})
    if not _is_in_use(owner.state, environment):
        raise PeerUnknown(
            "customer is not in production", facts={"calling": calling, "called": called}
        )
    if address not in addresses_of(live.host):
        raise PeerAddressWrong(
            facts={"calling": calling, "address": address, "expected": live.host}
        )
    _check_certificate(live, certificate)
    return Peer(
        association_id,
        live.id,
        owner.id,
        owner.name_fi,
        environment,
        calling,
        called,
        address,
        limits.of(owner.id),
        may_store=live.may_store,
        may_fetch=live.may_fetch,
    )


def _is_in_use(state: str, environment: str) -> bool:
    return environment != Environment.PRODUCTION or state == CustomerState.IN_PRODUCTION


def require_still(peer: Peer) -> None:
    """Whoever keeps an association open keeps no right by it: a connection that was ended, or a
    customer whose use has, asks and stores no more. What else was changed holds from the next one
    on. Raises PeerEnded, which is on the desk then.
    """
    rows = Connection.objects.filter(valid_on(today()), id=peer.connection_id)
    live = rows.select_related("organisation").first()
    owner = live.organisation if live is not None else None
    if owner and not owner.has_left(today()) and _is_in_use(owner.state, peer.environment):
        return
    error = PeerEnded(facts={"calling": peer.calling, "called": peer.called})
    report(
        error,
        calling=peer.calling,
        called=peer.called,
        address=peer.address,
        association_id=peer.association_id,
    )
    raise error


def _system_of(title: str, environment: str) -> Connection | None:
    known = Connection.objects.filter(kind=ConnectionKind.DICOM, environment=environment, aet=title)
    return whose_it_is(known)


def whose_it_is(known: QuerySet[Connection]) -> Connection | None:
    """Of all connections of one name the one in force, else the last that was: a name that its
    customer has given up may be another's by now.
    """
    rows = list(known.select_related("organisation").order_by("-valid_from", "-id"))
    return next((row for row in rows if row.is_valid_on(today())), rows[0] if rows else None)


def _check_certificate(connection: Connection, certificate: str | None) -> None:
    """Raises PeerUnencrypted, PeerCertificateWrong."""
    if certificate is None:
        if connection.tls:
            raise PeerUnencrypted()
    elif connection.certificate_sha256 not in ("", certificate):
        facts = {"certificate": certificate, "certificate_expected": connection.certificate_sha256}
        # The customer's own alone: what another's systems are called is nothing to tell it.
        own = Connection.objects.filter(valid_on(today()), certificate_sha256=certificate)
        others = own.filter(
            organisation=connection.organisation, environment=connection.environment
        )
        if titles := sorted(set(others.exclude(aet="").values_list("aet", flat=True))):
            facts["certificate_of"] = ", ".join(titles)
        raise PeerCertificateWrong(facts=facts)


def verified(peer: Peer) -> None:
    """A C-ECHO was answered: its trace, by which a customer's connection is known to work (ON-4).

    The edge calls this once an association, however many echoes it brings.
    """
    about = ledger.About(
        environment=peer.environment,
        organisation_id=peer.organisation_id,
        subject_id=peer.connection_id,
        correlation_id=peer.association_id,
    )
    facts = {"calling": peer.calling, "called": peer.called, "address": peer.address}
    ledger.record(ledger.Kind.ASSOCIATION_VERIFIED, about, facts, actor=peer.actor)


def addresses_of(host: str) -> frozenset[str]:
    """The addresses a connection may come from; empty when its host does not resolve."""
    try:
        return frozenset(str(entry[4][0]) for entry in socket.getaddrinfo(host, None))
    except OSError:
        return frozenset()


@lru_cache(maxsize=4096)
def _addresses_lately(host: str, minute: int) -> frozenset[str]:
    """Asked once a minute, however often somebody unknown knocks."""
    return addresses_of(host)


def report_unheard(
    error: ArchiveError,
    *,
    address: str,
    correlation_id: UUID,
    kind: ConnectionKind = ConnectionKind.DICOM,
    place: Place = DOOR,
) -> None:
    """A call that ended before it told a name, on the desk when it came from where a customer's
    system is: under that customer when it is the only one there. Who calls from elsewhere is
    nobody's, and stands in the log of the listener alone.
    """
    likely = _systems_at(address, kind)
    if not likely:
        return
    if len(likely) == 1:
        who = Who(likely[0].organisation_id, likely[0].id)
    elif len({row.organisation_id for row in likely}) == 1:
        who = Who(likely[0].organisation_id)
    else:
        who = Who(name=address)
    error_desk.report(
        error,
        environment=likely[0].environment,
        place=place,
        who=who,
        what=What(correlation_id=correlation_id),
        facts={"address": address},
    )


def _systems_at(address: str, kind: ConnectionKind) -> list[Connection]:
    """Those in force; of production if there are any, and such as are to use TLS before others.

    A name service that is slow costs a stranger's call its case, not the listener a thread.
    """
    found, until = [], time.monotonic() + NAMES_SECONDS
    rows = Connection.objects.filter(valid_on(today()), kind=kind)
    for row in rows.order_by("environment"):
        at = time.monotonic()
        if at > until:
            break
        if address in _addresses_lately(row.host, int(at // 60)):
            found.append(row)
    found = [row for row in found if row.tls or row.certificate_sha256] or found
    return [row for row in found if row.environment == found[0].environment]


def report(
    error: ArchiveError, *, calling: str, called: str, address: str, association_id: UUID
) -> None:
    """An association that was not accepted, on the desk under its customer if it has one."""
    title = calling.strip()
    environment = (
        Environment.TEST if called.strip() == settings().ae_test else Environment.PRODUCTION
    ).value
    connection = _system_of(title, environment)
    who = Who(connection.organisation_id, connection.id) if connection else Who(name=title)
    error_desk.report(
        error,
        environment=environment,
        place=DOOR,
        who=who,
        what=What(correlation_id=association_id),
        facts={"calling": title[:16], "called": called.strip()[:16], "address": address},
    )
