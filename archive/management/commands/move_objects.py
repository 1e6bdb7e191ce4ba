"""Moves what is stored from one store to another while the archive works; may be stopped and begun
anew.
"""

import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from archive import stores
from archive.services import storage
from archive.services.storage import Moved

EVERY = 500  # files between two lines


def positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError("not a number above nought")
    return int(text)


class Command(BaseCommand):
    help = (
        "Empties the other stores into this one: copied, read again, named, removed. New objects "
        "go where VAULT_STORE says, so set that first."
    )
    requires_system_checks = ()  # they would load all pages; `./test` makes them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, help="files or s3")
        parser.add_argument("--most", type=positive, default=1 << 62, help="files of this run")
        parser.add_argument(
            "--mb-per-second", type=positive, default=50, help="rate that is not exceeded"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        to = options["to"]
        if to not in stores.configured():
            known = ", ".join(stores.configured())
            raise CommandError(f"No store {to} is configured; there are: {known}")
        began = time.monotonic()

        def tell(moved: Moved) -> None:
            if moved.files and moved.files % EVERY == 0:
                rate = moved.files / max(time.monotonic() - began, 0.001)
                self.stdout.write(f"{moved.files} files moved, {rate:.0f} a second")

        done = storage.move(
            to, tell, most=options["most"], per_second=options["mb_per_second"] << 20
        )
        self.stdout.write(
            f"{done.files} files moved to {to}, {done.size} bytes; {done.left} left: damaged"
        )
