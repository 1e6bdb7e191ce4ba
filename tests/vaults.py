"""What stands in the vault, as files to look at and to harm."""

from collections.abc import Callable
from pathlib import Path

import pytest

from archive import config, vault
from archive.stores import files, writing
from archive.stores.segments import Segment


def file_of(environment: str, digest: bytes) -> Path:
    """The object's own file, which what landed has got by now; there need not be one."""
    vault.give_files(environment, quiet_seconds=0)
    return config.settings().vault_dir / vault.key_of(environment, digest)


def syncing_by(patch: pytest.MonkeyPatch, act: Callable[[int], None]) -> None:
    """What is done instead of syncing an object's bytes, wherever it comes to stand."""
    for module in (writing, files):
        patch.setattr(module, "sync_data", act)
    patch.setattr(Segment, "sync", lambda segment: act(segment.file))
