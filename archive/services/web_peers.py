"""Who asks over DICOMweb: a customer's system, by the credentials of its XDS connection, as at
every address for systems.
"""

from uuid import UUID

from archive.config import settings
from archive.errors import ArchiveError, PeerEnded, PeerUnknown
from archive.errors.web import ClientCertificateWrong, ProxyUntrusted
from archive.models import Environment, Organisation
from archive.services import callers, credentials, error_desk, limits
from archive.services.associations import Peer
from archive.services.callers import Caller
from archive.services.error_desk import Place, What

EDGE = "dicomweb"
SIGN_IN = Place(EDGE, "sign-in")


def establish(caller: Caller, *, correlation_id: UUID) -> Peer:
    """Production or test follows from the credentials. Raises PeerUnknown, PeerEnded,
    ProxyUntrusted, ClientCertificateWrong; they are on the desk then, unless no credentials came at
    all: clients try so first.
    """
    try:
        actor = callers.identify(caller)
    except (PeerUnknown, PeerEnded, ProxyUntrusted, ClientCertificateWrong) as error:
        if caller.authorization:
            _report(error, caller.address, correlation_id)
        raise
    user, _ = credentials.basic(caller.authorization)
    owner = Organisation.objects.get(id=actor.customer_id)
    return Peer(
        association_id=correlation_id,
        connection_id=actor.connection_id,
        organisation_id=owner.id,
        organisation_name=owner.name_fi,
        environment=actor.environment,
        calling=user,
        called=settings().ae_title(actor.environment),
        address=caller.address,
        limits=limits.of(owner.id),
        edge=EDGE,
    )


def _report(error: ArchiveError, address: str, correlation_id: UUID) -> None:
    """Credentials that are nobody's belong to no environment; production's desk is watched."""
    error_desk.report(
        error,
        environment=Environment.PRODUCTION.value,
        place=SIGN_IN,
        what=What(correlation_id=correlation_id),
        facts={"address": address},
    )
