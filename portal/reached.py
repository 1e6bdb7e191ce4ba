"""Where customers' systems reach the listeners of the archive."""

from dataclasses import dataclass

from archive.config import settings
from portal.staff import Request


@dataclass(frozen=True, slots=True)
class Addresses:
    """Of the DICOM listener; `tls` is empty where it has no port for TLS."""

    plain: str
    tls: str


def dicom(request: Request) -> Addresses:
    config = settings()
    port = config.dicom_tls_port
    return Addresses(
        at(request, config.dicom_host, config.dicom_port),
        at(request, config.dicom_host, port) if port else "",
    )


def at(request: Request, listens: str, port: int) -> str:
    """A listener on all addresses is reached by the portal's name."""
    everywhere = listens in ("", "0.0.0.0", "::")
    return f"{request.get_host().rsplit(':', 1)[0] if everywhere else listens}:{port}"
