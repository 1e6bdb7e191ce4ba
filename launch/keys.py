"""Secrets: made once, kept in DATA/secrets (folder 700, files 600)."""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launch.errors import LaunchError

CORE = "core.json"
NAMES = (
    *("secret_key", "postgres_password", "owner_password", "app_password", "pdr_secret"),
    "machine",  # no secret: tells this data folder from one of a machine of the same name
)


def made() -> dict[str, str]:
    # Hexadecimal, so that a password needs no quoting in an address.
    return {name: secrets.token_hex(32 if name == "secret_key" else 24) for name in NAMES}


def load(folder: Path) -> dict[str, str]:
    """The system's own secrets; made and stored the first time. Raises LaunchError."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    path = folder / CORE
    try:
        kept = json.loads(path.read_text()) if path.is_file() else {}
    except ValueError:
        raise LaunchError(
            f"{path} is not as ./run wrote it, and the database's passwords were in it: put it "
            "back from a copy, then start again."
        ) from None
    full = {**made(), **kept}
    if full != kept:
        write_private(path, full)
    return full


def write_private(path: Path, content: Mapping[str, Any]) -> None:
    """Mode 600 from the first byte, and never half a file under its name."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
