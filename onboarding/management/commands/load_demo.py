"""Load the demo world: invented customers, people and patients."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive.config import settings
from onboarding.services import demo


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()  # they would load all pages; `./test` makes them

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings().demo:
            raise CommandError(
                "demo data is loaded in demo mode only: start with ./run without --no-demo"
            )
        world = demo.load(settings())
        self.stderr.write(
            f"{len(world['customers'])} demo customers, {len(world['logins'])} logins"
        )
