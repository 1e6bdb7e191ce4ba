"""Retired months as files: one JSON object a line, gzipped, each line provable by itself."""

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.chain import link
from archive.errors import Conflict, Malformed


@dataclass(frozen=True, slots=True)
class Line:
    """An event as it was sealed: `digest` is SHA-256 over the digest before it and `canonical`."""

    position: int
    digest: bytes
    previous: bytes
    canonical: str


def write(target: Path, lines: Iterable[Line]) -> str:
    """Mode 600, under its name only when whole and on the disk; its SHA-256. The digest before is
    left out where it is that of the line before.
    """
    fresh = target.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        # Without name and time, so that the same events are the same bytes.
        with gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
            before = None
            for line in lines:
                packed.write(_text(line, before).encode())
                before = line.digest
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(target)
    return sha256(target)


def _text(line: Line, before: bytes | None) -> str:
    facts: dict[str, object] = {"position": line.position, "digest": line.digest.hex()}
    if line.previous != before:
        facts["previous"] = line.previous.hex()
    return json.dumps({**facts, "canonical": line.canonical}, ensure_ascii=False) + "\n"


def read(source: Path) -> Iterator[Line]:
    """Raises Malformed."""
    before = b""
    try:
        with gzip.open(source, "rt", encoding="utf-8") as packed:
            for text in packed:
                facts = json.loads(text)
                previous = bytes.fromhex(facts["previous"]) if "previous" in facts else before
                before = bytes.fromhex(facts["digest"])
                yield Line(facts["position"], before, previous, facts["canonical"])
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise Malformed(f"{source.name} cannot be read") from error


def prove(source: Path) -> int:
    """Recompute every link of a file; how many events it has. Raises Malformed, Conflict."""
    count = 0
    for line in read(source):
        if link(line.previous, line.canonical) != line.digest:
            raise Conflict(f"{source.name} was changed at position {line.position}")
        count += 1
    return count


def sha256(source: Path) -> str:
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
