"""What was decided about objects, written down beside their bytes, so that the index can be made
again from the vault alone.
"""

import errno
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from archive import stores
from archive.errors import BytesDamaged
from archive.values import uuid7


def keep_record(environment: str, kind: str, facts: Mapping[str, Any], *, at: datetime) -> None:
    """To be called last in the transaction that decides."""
    content = {"kind": kind, "at": at.isoformat(), **facts}
    key = f"{environment}/records/{at:%Y%m}/{uuid7().hex}.json"
    stores.default().put(key, (json.dumps(content, ensure_ascii=False).encode(),), None)


def record_keys(environment: str) -> list[str]:
    """Of all of them, in the order of time."""
    keys = {
        key
        for store in stores.configured().values()
        for key, _ in store.keys(f"{environment}/records")
    }
    return sorted(keys, key=lambda key: key.rsplit("/", 1)[-1])


def read_record(key: str) -> dict[str, Any]:
    """From the first store that has it whole. Raises BytesDamaged."""
    known = tuple(stores.configured().values())
    for store in (*known, *known):  # again: it may be moved to one that was asked already
        try:
            with store.open(key) as file:
                content = json.load(file)
        except (FileNotFoundError, ValueError):  # ValueError: neither JSON nor its characters
            continue
        except OSError as error:
            if error.errno == errno.EIO:  # the medium cannot give it back
                continue
            raise
        if isinstance(content, dict):
            return content
    raise BytesDamaged(facts={"file": key})
