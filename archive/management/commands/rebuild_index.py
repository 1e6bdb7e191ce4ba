"""Makes the imaging rows of the database again from the vault alone. May be repeated; what is there
stays.
"""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from archive.models import Environment
from archive.services import rebuilding
from archive.services.indexing import Indexed
from archive.services.rebuilding import Progress

EVERY = 1_000  # files between two lines


class Command(BaseCommand):
    help = (
        "Makes patients, studies, series and objects again from the vault's files, with what was "
        "rejected, corrected and committed. Organisations and connections must be there."
    )
    requires_system_checks = ()  # they would load all pages; `./test` makes them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--environment", choices=Environment.values, help="only this one")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        chosen = options["environment"]
        environments = (chosen,) if chosen else tuple(Environment.values)

        def tell(progress: Progress) -> None:
            if progress.files % EVERY == 0:
                rate = progress.files / max(time.monotonic() - began, 0.001)
                self.stdout.write(f"{progress.files} files, {rate:.0f} a second")

        done = rebuilding.rebuild(tell, environments)
        self.stdout.write(
            f"{done.files} files: {done.outcomes[Indexed.ADDED]} objects added, "
            f"{done.outcomes[Indexed.KNOWN]} known, {done.versions} corrected versions, "
            f"{done.outcomes[Indexed.OTHER] - done.versions} versions that were known or refused, "
            f"{done.decisions} decisions, {done.outcomes[Indexed.NOTE]} rejection notes, "
            f"{done.outcomes[Indexed.OURS]} manifests, "
            f"{done.outcomes[Indexed.DESTROYED]} of destroyed studies and removed, "
            f"{done.outcomes[Indexed.UNPLACED]} of no register or sender here, "
            f"{done.unreadable} unreadable"
        )
        if done.missing:
            self.stdout.write(
                f"{done.missing} objects that were set aside are missing: see the error desk"
            )
        if done.lost_notes:
            self.stdout.write(
                f"{done.lost_notes} rejection notes are missing or damaged, so that what they hid "
                "is shown: see the error desk"
            )
        if done.damaged_records:
            self.stdout.write(
                f"{done.damaged_records} records of decisions are damaged and were not replayed: "
                "see the error desk"
            )
