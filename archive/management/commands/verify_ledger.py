"""Recompute the ledger's chain, whole or between two days or positions, and see that it goes
through its anchors (LG-4). Exit code 1 when it does not hold.
"""

import json
from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from archive import chain
from archive.chain import Verdict
from archive.errors import ArchiveError
from archive.services import anchors
from archive.services.anchors import Lost

Bound = int | date


def bound(text: str) -> Bound:
    """A position, or a day as 2026-11-30."""
    try:
        return int(text) if text.isdigit() else date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("neither a position nor a day such as 2026-11-30") from None


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()  # they would load all pages; `./test` makes them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
        parser.add_argument(
            "--from", dest="start", type=bound, metavar="DAY|POSITION", help="the first to prove"
        )
        parser.add_argument(
            "--until", dest="end", type=bound, metavar="DAY|POSITION", help="the last to prove"
        )
        parser.add_argument(
            "--anchor",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="anchors that the chain must go through; may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known = [each for source in options["anchor"] for each in self._anchors(source)]
        first, last = _positions(options["start"], options["end"])
        verdict = chain.verify(first, last, progress=self._progress)
        lost = anchors.lost(known)
        if options["json"]:
            self.stdout.write(json.dumps(_facts(verdict, len(known), lost)))
        else:
            self.stdout.write("\n".join(_lines(verdict, len(known), lost)))
        if lost or not verdict.holds:
            raise SystemExit(1)

    def _anchors(self, source: Path) -> list[anchors.Anchor]:
        try:
            return anchors.read(source)
        except (ArchiveError, OSError) as error:
            raise CommandError(f"{source}: {error}") from error

    def _progress(self, proved: int, of: int) -> None:
        """To stderr: whoever reads stdout gets the verdict only."""
        if of > chain.BATCH:
            self.stderr.write(f"{proved} of {of} seals proved")


def _positions(start: Bound | None, end: Bound | None) -> tuple[int | None, int | None]:
    """Days as positions. Raises CommandError when nothing was sealed on them."""
    first, last = start, end
    days = [each if isinstance(each, date) else None for each in (start, end)]
    if any(days):
        found = chain.positions_of(*days)
        if found is None:
            raise CommandError("no event was sealed on these days")
        first = found[0] if days[0] else first
        last = found[1] if days[1] else last
    return _there(_number(first), _number(last))


def _there(first: int | None, last: int | None) -> tuple[int | None, int | None]:
    """A mistaken position is no broken chain. Raises CommandError."""
    if first is not None and last is not None and first > last:
        raise CommandError(f"there is nothing from position {first} until {last}")
    end = (chain.head() or (0,))[0]
    if first is not None and first > end:
        raise CommandError(f"there is no position {first}: the chain ends at {end}")
    return first, last


def _number(place: Bound | None) -> int | None:
    return place if isinstance(place, int) else None


def _facts(verdict: Verdict, anchored: int, lost: list[Lost]) -> dict[str, Any]:
    return {
        "holds": verdict.holds and not lost,
        "sealed": verdict.sealed,
        "unsealed": verdict.unsealed,
        "broken_at": verdict.broken_at,
        "broken_event": str(verdict.broken_event) if verdict.broken_event else None,
        "why": verdict.why,
        "anchors": anchored,
        "anchors_lost": [{"position": each.anchor.position, "why": each.why} for each in lost],
    }


def _lines(verdict: Verdict, anchored: int, lost: list[Lost]) -> list[str]:
    lines = [
        f"THE CHAIN LEFT ITS ANCHOR of {each.anchor.at} at position {each.anchor.position}: "
        f"{each.why}."
        for each in lost
    ]
    if anchored and not lost:
        lines.append(f"The chain goes through all {anchored} anchors.")
    if verdict.holds:
        lines.append(
            f"The chain holds: {verdict.sealed} events sealed, {verdict.unsealed} to be sealed."
        )
    elif verdict.broken_at is None:
        lines.append(f"THE CHAIN IS BROKEN: {verdict.why}. {verdict.sealed} seals hold.")
    else:
        lines.append(
            f"THE CHAIN IS BROKEN at position {verdict.broken_at}, "
            f"event {verdict.broken_event}: {verdict.why}. "
            f"{verdict.sealed} events before it hold."
        )
    return lines
