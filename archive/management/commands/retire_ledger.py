"""Retire months of the ledger whose retention has run out (LG-4): prove chain and anchors, export
each month to DATA_DIR/retired, then drop it. Without --apply it only says what would go.
"""

from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from archive.errors import ArchiveError
from archive.services import ledger_retirement
from archive.values import today


def month(text: str) -> date:
    """2014-11 as its first day."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ArgumentTypeError("not a month such as 2014-11") from None


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()  # they would load all pages; `./test` makes them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--before", type=month, required=True, metavar="YYYY-MM", help="the first month kept"
        )
        parser.add_argument("--apply", action="store_true", help="do it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = ledger_retirement.plan(options["before"], today(), progress=self._progress)
            for each in found.months:
                self.stdout.write(f"{each.first:%Y-%m}  {each.events} events")
            self.stdout.write(
                f"The chain will begin after position {found.position}; "
                f"{len(found.strays)} events behind it go with their month."
            )
            if not options["apply"]:
                self.stdout.write("Nothing was done: add --apply.")
                return
            files = ledger_retirement.retire(found)
        except ArchiveError as error:
            raise CommandError(error.detail) from error
        for name, digest in files.items():
            self.stdout.write(f"{name}  SHA-256 {digest}")

    def _progress(self, proved: int, of: int) -> None:
        self.stderr.write(f"{proved} of {of} seals proved")
