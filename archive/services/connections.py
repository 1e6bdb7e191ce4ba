"""A customer's systems as we call them."""

from archive.config import settings
from archive.models import Connection
from archive.objects.messages import Target

CALL_TIMEOUT = 10.0  # seconds, for connecting and for each answer


def target_of(connection: Connection) -> Target:
    """A customer's application entity, called from its environment's archive title."""
    return Target(
        host=connection.host,
        port=connection.port or 0,
        called_aet=connection.aet,
        calling_aet=settings().ae_title(connection.environment),
        timeout=CALL_TIMEOUT,
        certificate_sha256=connection.certificate_sha256 if connection.tls else "",
    )
