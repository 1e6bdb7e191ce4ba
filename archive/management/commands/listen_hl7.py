"""Listen for HL7 v2 messages over MLLP on the configured port until stopped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive.config import ConfigError, settings
from archive.edges.hl7.server import listener
from archive.edges.listening import PortTaken, listen


class Command(BaseCommand):
    help = "Run the HL7 listener."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        config = settings()
        try:
            listening = listen(config.hl7_host, config.hl7_port)
        except PortTaken as error:
            raise CommandError(
                f"HL7 port is not free ({error}). Stop what listens there, or choose another "
                "port with ./run --hl7-port or HL7_PORT."
            ) from error
        try:
            listener(listening, config.hl7_processes).run()
        except ConfigError as error:
            raise CommandError(str(error)) from None
