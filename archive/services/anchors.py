"""Anchors: the chain's head, written every day where the database cannot reach it (LG-4).

A chain that was rewritten from some event on proves itself; it no longer goes through the anchors
that were taken of the old one. Keep copies of the file, or have anchors mailed, outside this
machine.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TextIO

from django.conf import settings as django_settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from archive import chain, ledger
from archive.config import settings
from archive.errors import ArchiveError, Malformed
from archive.services import mailing
from archive.values import now

log = logging.getLogger(__name__)

FILE = "anchors.jsonl"
MAILED = "mailed"  # how many lines of it have been mailed


@dataclass(frozen=True, slots=True)
class Anchor:
    """The chain's head at one time; `count` is how many events it had sealed."""

    day: str
    position: int
    digest: str
    sealed_at: str
    count: int
    at: str


@dataclass(frozen=True, slots=True)
class Lost:
    """An anchor that the chain does not go through."""

    anchor: Anchor
    why: str


def path() -> Path:
    return settings().anchors_dir / FILE


def anchor_due(day: date) -> Anchor | None:
    """Write the day's anchor if it is not written; then mail what has not gone out."""
    with _opened() as file:
        known = _read(file)
        fresh = None if known and known[-1].day >= day.isoformat() else _write(file, day)
        if fresh is not None:
            known.append(fresh)
    _mail(known)
    return fresh


def _write(file: TextIO, day: date) -> Anchor | None:
    head = chain.head()
    if head is None:
        return None
    position, digest, sealed_at = head
    count = position - chain.base().position
    fresh = Anchor(
        day.isoformat(), position, digest.hex(), sealed_at.isoformat(), count, now().isoformat()
    )
    with transaction.atomic():
        facts = {"position": position, "digest": digest.hex()}
        ledger.record(ledger.Kind.LEDGER_ANCHORED, ledger.About(), facts)
        file.write(json.dumps(asdict(fresh)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return fresh


@contextmanager
def _opened() -> Iterator[TextIO]:
    """The file, for us alone: two workers write no two anchors of a day."""
    settings().anchors_dir.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path(), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        whole = file.read().rpartition("\n")
        file.truncate(len(f"{whole[0]}{whole[1]}".encode()))  # half a line is left by a power cut
        file.seek(0)
        yield file


def read(source: Path) -> list[Anchor]:
    """The anchors of a file or of mails put together in one. Raises Malformed."""
    with source.open() as file:
        return _read(file)


def _read(file: TextIO) -> list[Anchor]:
    try:
        return [Anchor(**json.loads(line)) for line in file if line.strip()]
    except (ValueError, TypeError) as error:
        raise Malformed("a line of the file is no anchor") from error


def lost(anchors: Sequence[Anchor]) -> list[Lost]:
    """The anchors that the chain does not go through. Of what was retired only the last position is
    still known; those before it are proved by the anchors behind them.
    """
    base = chain.base()
    found = []
    for anchor in anchors:
        if anchor.position < base.position:
            continue
        at_base = anchor.position == base.position and base.position
        digest = base.digest if at_base else chain.digest_at(anchor.position)
        if digest is None:
            found.append(Lost(anchor, "the chain ends before it"))
        elif digest.hex() != anchor.digest:
            found.append(Lost(anchor, "the chain has another digest there"))
    return found


# --- mail -----------------------------------------------------------------------------------------


def _mail(known: Sequence[Anchor]) -> None:
    """What was not mailed yet, in one mail; it is tried again with the next look."""
    receivers, mark = settings().anchor_mail, settings().anchors_dir / MAILED
    done = int(mark.read_text()) if mark.is_file() else 0
    # A file with fewer lines has been begun anew.
    unsent = known[done:] if done <= len(known) else known
    if not receivers or not unsent:
        return
    with translation.override(django_settings.LANGUAGE_CODE):
        subject = _("Anchor of the log, %(day)s") % {"day": unsent[-1].day}
        body = _("Keep this mail: the lines below prove that the log has not been rewritten.")
    lines = "\n".join(json.dumps(asdict(each)) for each in unsent)
    try:
        mailing.send(receivers, subject, f"{body}\n\n{lines}\n")
    except ArchiveError as error:
        log.warning("anchors not mailed: %s", error.detail)
        return
    mark.touch(mode=0o600)
    mark.write_text(str(len(known)))
