"""Bytes that a refused object left: noted, and taken away in two steps.

Another association may be about to name them, so they are not removed at once, and never between
two looks at the database: they are out of the way first, and go when nobody has come to name them
since.
"""

import os
import time
from pathlib import Path

from archive import config, stores
from archive.stores import files
from archive.vault.incoming import key_of


def doubt(environment: str, digest: bytes, sop_instance_uid: str) -> None:
    """Note them; `doubted` gives them when they are old enough to be judged."""
    note = _note(environment, digest)
    files.make_room(config.settings().vault_dir, note.parent)
    note.write_text(sop_instance_uid)


def doubted(environment: str, older_than: float) -> list[tuple[bytes, str]]:
    """Digests noted more than `older_than` seconds ago, each with its SOP Instance UID."""
    folder = _note(environment, b"").parent
    if not folder.is_dir():
        return []
    before = time.time() - older_than
    notes = [note for note in folder.iterdir() if note.stat().st_mtime < before]
    return [(bytes.fromhex(note.name), note.read_text()) for note in notes]


def take_away(environment: str, digest: bytes) -> bool:
    """Out of the way for now: they are judged once more, as late as if they were noted today. False
    when nothing is left to take.
    """
    os.utime(_note(environment, digest))
    moved = [
        store.move(key_of(environment, digest), _away(environment, digest))
        for store in stores.configured().values()
    ]
    return any(moved)


def put_back(environment: str, digest: bytes) -> None:
    """They are somebody's. What has come under their digest meanwhile stays."""
    for store in stores.configured().values():
        key, away = key_of(environment, digest), _away(environment, digest)
        if not store.has(away):
            continue
        if any(each.has(key) for each in stores.configured().values()):
            store.remove(away)
        else:
            store.move(away, key)
    _note(environment, digest).unlink(missing_ok=True)


def forget(environment: str, digest: bytes) -> None:
    """Those that were taken away are removed, durable on return."""
    for store in stores.configured().values():
        store.remove(_away(environment, digest))
    _note(environment, digest).unlink(missing_ok=True)


def _note(environment: str, digest: bytes) -> Path:
    return config.settings().vault_dir / environment / "doubted" / (digest.hex() or "any")


def _away(environment: str, digest: bytes) -> str:
    return f"{environment}/taken-away/{digest.hex()}.dcm"
