"""What was decided about objects, written down beside their bytes, so that the index can be made
again from the vault alone.

A record stands in an envelope that tells its SHA-256; records of before had none.
"""

import hashlib
import heapq
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from archive import stores
from archive.errors import BytesDamaged
from archive.values import uuid7
from archive.vault.reading import UNREADABLE

_OPENING, _BETWEEN, _END = b'{"sha256": "', b'", "record": ', b"}"
_BARE = b'{"kind": '  # so records of before begin, and no envelope does
Record = dict[str, Any]


def keep_record(
    environment: str, kind: str, facts: Mapping[str, Any], *, at: datetime, key: str = ""
) -> None:
    """To be called last in the transaction that decides. Under a key of its own it is found again,
    and written twice does no harm.
    """
    content = {"kind": kind, "at": at.isoformat(), **facts}
    body = json.dumps(content, ensure_ascii=False).encode()
    key = key or record_key(environment, at, uuid7())
    stores.default().put(key, (_sealed(body),), None)


def record_key(environment: str, at: datetime, subject_id: UUID) -> str:
    """Of what befell somebody at that moment, in its turn among all records."""
    milliseconds = int(at.timestamp() * 1000)
    name = UUID(int=(milliseconds << 80) | (subject_id.int & ((1 << 80) - 1)))
    return f"{environment}/records/{at:%Y%m}/{name.hex}.json"


def study_record_key(environment: str, kind: str, study_uid: str) -> str:
    """Of what befalls a study once. A peer's UID never names a file."""
    name = hashlib.sha256(study_uid.encode()).hexdigest()
    return f"{environment}/records/{kind}/{name}.json"


def record_keys(environment: str) -> list[str]:
    """Of all of them, in the order of time; what befell studies once comes last."""
    return sorted(set(records_behind(environment, "")), key=_turn)


def _turn(key: str) -> tuple[bool, str]:
    _, _, folder, name = key.split("/")
    return not folder.isdigit(), name


def moment_of(key: str) -> tuple[str, str]:
    """What a record's name tells of its time, which others may share."""
    _, _, folder, name = key.split("/")
    return folder, name[:12] if folder.isdigit() else name


def records_behind(environment: str, key: str) -> Iterator[str]:
    """In the order of their keys."""
    listed = [store.keys(f"{environment}/records", key) for store in stores.configured().values()]
    return (found for found, _ in heapq.merge(*listed))


def read_record(key: str) -> Record:
    """From the first store that has it whole. Raises BytesDamaged."""
    return _read(key)[0]


def check_record(key: str) -> int:
    """How many bytes were read. Raises BytesDamaged."""
    return _read(key)[1]


def find_record(key: str) -> Record | None:
    """None when there is none. Raises BytesDamaged."""
    known = tuple(stores.configured().values())
    return read_record(key) if any(store.has(key) for store in (*known, *known)) else None


def has_record(key: str) -> bool:
    """Whether it is there, and whole."""
    try:
        return find_record(key) is not None
    except BytesDamaged:
        return False


def _read(key: str) -> tuple[Record, int]:
    known = tuple(stores.configured().values())
    for store in (*known, *known):  # again: it may be moved to one that was asked already
        try:
            with store.open(key) as file:
                raw = file.read()
            return unsealed(raw), len(raw)
        except (FileNotFoundError, ValueError):
            continue
        except OSError as error:
            if error.errno in UNREADABLE:
                continue
            raise
    raise BytesDamaged(facts={"file": key})


# --- the envelope ---------------------------------------------------------------------------------


def _sealed(body: bytes) -> bytes:
    return _OPENING + hashlib.sha256(body).hexdigest().encode() + _BETWEEN + body + _END


def unsealed(raw: bytes) -> Record:
    """Raises ValueError when it is not as it was written."""
    content = json.loads(raw if raw.startswith(_BARE) else _checked(raw))
    if not isinstance(content, dict) or not content.keys() >= {"kind", "at"}:
        raise ValueError("not a record")
    return content


def _checked(raw: bytes) -> bytes:
    body = raw[len(_sealed(b"")) - len(_END) : -len(_END)]
    if raw != _sealed(body):
        raise ValueError("the record does not match its digest")
    return body
