"""Listen for DICOM associations on the configured port until stopped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive import vault
from archive.config import settings
from archive.edges.dicom.server import Listener, PortTaken, listen


class Command(BaseCommand):
    help = "Run the DICOM listener."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        config = settings()
        try:
            listener = listen(config.dicom_host, config.dicom_port)
        except PortTaken as error:
            raise CommandError(
                f"DICOM port is not free ({error}). Stop what listens there, or choose another "
                "port with ./run --dicom-port or DICOM_PORT."
            ) from error
        vault.sweep_incoming()  # half-written files of a listener that was killed
        Listener(listener, config.dicom_processes).run()
