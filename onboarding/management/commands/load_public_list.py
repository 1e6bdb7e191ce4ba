"""Load the public list of customers from the web page's text or from our CSV; says what is odd in
it.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding.errors import FieldInvalid
from onboarding.services import public_list


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()  # they would load all pages; `./test` makes them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", default="", help="what the lines are quoted from")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            text = path.read_text(encoding="utf-8")
            reading = public_list.read(text, options["source"] or path.name)
        except (OSError, UnicodeDecodeError, FieldInvalid) as error:
            raise CommandError(f"{path}: {error}") from error
        for oddity in reading.oddities:
            self.stderr.write(oddity)
        changed = public_list.load(reading.lines)
        self.stdout.write(f"{len(reading.lines)} customers read, {changed} changed")
