"""Let an organisation's system bring documents to the repository (ITI-41, RAD-68), and print its
credentials, once.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive.actors import SYSTEM
from archive.models import Environment, Organisation
from onboarding.services import openings


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()  # they would load all pages; `./test` makes them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("business_id")
        parser.add_argument("--environment", choices=Environment.values, default="test")

    def handle(self, *args: Any, **options: Any) -> None:
        organisation = Organisation.objects.filter(business_id=options["business_id"]).first()
        if organisation is None:
            raise CommandError("no organisation has this business id")
        environment = Environment(options["environment"])
        connection, password = openings.open_source(SYSTEM, organisation, environment)
        self.stdout.write(f"user      {connection.xds_user}")
        self.stdout.write(f"password  {password}")
