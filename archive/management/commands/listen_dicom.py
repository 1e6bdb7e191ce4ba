"""Listen for DICOM associations on the configured port until stopped."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from archive import vault
from archive.config import Config, settings
from archive.edges.dicom import tls
from archive.edges.dicom.server import Entrance, Listener, PortTaken, listen
from archive.services import landed, unsettled

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run the DICOM listener."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        config = settings()
        try:
            entrances = [
                Entrance(listen(config.dicom_host, config.dicom_port)),
                *_encrypted(config),
            ]
        except PortTaken as error:
            raise CommandError(
                f"DICOM port is not free ({error}). Stop what listens there, or choose another "
                "port with ./run --dicom-port or DICOM_PORT."
            ) from error
        vault.sweep_incoming()  # half-written files of a listener that was killed
        _look_after_power_cut()
        Listener(entrances, config.dicom_processes).run()


def _look_after_power_cut() -> None:
    """A listener that cannot look takes calls all the same: verification finds it in its turn."""
    try:
        unsettled.look_after_boot()
        landed.watch.look()
    except (DatabaseError, OSError):
        log.exception("what a power cut may have left was not looked for")
    finally:
        connections.close_all()  # the processes that answer are made by forking


def _encrypted(config: Config) -> list[Entrance]:
    """The port for TLS, when one is set. Raises PortTaken, CommandError."""
    if not config.dicom_tls_port:
        return []
    try:
        context = tls.server_context()
    except (OSError, ValueError) as error:
        raise CommandError(
            "DICOM_TLS_PORT needs DICOM_TLS_CERTIFICATE, DICOM_TLS_KEY and DICOM_TLS_CA, PEM files "
            f"that can be read ({error})."
        ) from error
    return [Entrance(listen(config.dicom_host, config.dicom_tls_port), context)]
