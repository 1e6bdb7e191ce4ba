"""Refuse to go on outside demo mode while demo accounts exist, or demo issuers are believed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive.config import settings
from onboarding.services import demo_citizens, demo_issuers, people


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()  # they would load all pages; `./test` makes them

    def handle(self, *args: Any, **options: Any) -> None:
        found = [
            *people.demo_accounts(),
            *demo_issuers.believed(),
            *demo_citizens.believed(),
        ]
        if found and not settings().demo:
            raise CommandError(
                f"demo accounts exist ({', '.join(found)}): this database was used in demo mode. "
                "Start with --data on an empty folder, or with a database of its own."
            )
