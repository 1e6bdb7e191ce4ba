"""Recompute the ledger's chain from its first seal to its last (LG-4). Exit code 1 when it does not
hold.
"""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from archive import ledger


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = ledger.verify()
        facts = {
            "holds": verdict.holds,
            "sealed": verdict.sealed,
            "unsealed": verdict.unsealed,
            "broken_at": verdict.broken_at,
            "broken_event": str(verdict.broken_event) if verdict.broken_event else None,
            "why": verdict.why,
        }
        if options["json"]:
            self.stdout.write(json.dumps(facts))
        elif verdict.holds:
            self.stdout.write(
                f"The chain holds: {verdict.sealed} events sealed, {verdict.unsealed} to be sealed."
            )
        else:
            self.stdout.write(
                f"THE CHAIN IS BROKEN at position {verdict.broken_at}, "
                f"event {verdict.broken_event}: {verdict.why}. "
                f"{verdict.sealed} events before it hold."
            )
        if not verdict.holds:
            raise SystemExit(1)
