"""Files that were given as evidence: named by their digest, mode 600, never run or unpacked.

What a file is, its first bytes say; its name must not say otherwise.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from archive.config import settings
from archive.errors import NotFound
from archive.values import uuid7
from onboarding.errors import FileTooLarge, FileTypeRefused

PDF, PNG, JPEG = "application/pdf", "image/png", "image/jpeg"
ASICE = "application/vnd.etsi.asic-e+zip"
ASICS = "application/vnd.etsi.asic-s+zip"
SUFFIXES: Mapping[str, frozenset[str]] = {
    PDF: frozenset({".pdf"}),
    PNG: frozenset({".png"}),
    JPEG: frozenset({".jpg", ".jpeg"}),
    ASICE: frozenset({".asice", ".sce"}),
    ASICS: frozenset({".asics", ".scs"}),
}
FIELD = {"field": "file"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    name: str
    type: str
    digest: str


def keep(upload: Upload) -> Kept:
    """Raises FileTooLarge, FileTypeRefused. The same content is kept once."""
    limit = settings().evidence_max_bytes
    if len(upload.content) > limit:
        raise FileTooLarge(facts={**FIELD, "limit": str(limit)})
    kind = type_of(upload.content)
    name = bare_name(upload.name)
    if kind is None or PurePosixPath(name.lower()).suffix not in SUFFIXES[kind]:
        raise FileTypeRefused(facts=FIELD)
    digest = hashlib.sha256(upload.content).hexdigest()
    _write(digest, upload.content)
    return Kept(name, kind, digest)


def type_of(content: bytes) -> str | None:
    """From the first bytes; None for what is not accepted."""
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    # ETSI EN 319 162-1 A.1: the first member of the container is `mimetype`, stored as it is.
    if content.startswith(b"PK\x03\x04") and content[30:38] == b"mimetype":
        for kind in (ASICE, ASICS):
            if content[38:].startswith(kind.encode()):
                return kind
    return None


def bare_name(name: str) -> str:
    """Without folders of either kind, control characters and excess."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    return "".join(char for char in last if char.isprintable())[-200:]


def read(digest: str) -> bytes:
    """Raises NotFound, also when the bytes are not those that were given."""
    path = _path(digest)
    if not path.is_file():
        raise NotFound()
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise NotFound()
    return content


def _path(digest: str) -> Path:
    return settings().evidence_dir / digest


def _write(digest: str, content: bytes) -> None:
    """Renamed into place, so that no half file ever has the name."""
    path = _path(digest)
    if path.is_file():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{digest}.{uuid7().hex}.new")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
