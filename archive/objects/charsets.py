"""Text values in the character sets of PS3.3 C.12.1.1.2, decoded and encoded."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from pydicom.charset import convert_encodings, decode_bytes, default_encoding, python_encoding

UTF_8 = "ISO_IR 192"
ASCII = frozenset(("", "ISO_IR 6", "ISO 2022 IR 6"))
_DICOM_CODECS = frozenset(python_encoding.values())
_warnings_lock = threading.Lock()


@lru_cache(256)
def codecs_of(character_set: bytes) -> tuple[str, ...]:
    """Python's codecs for a value of Specific Character Set (0008,0005)."""
    terms = [
        term.strip(" \0").replace("\0", "")
        for term in character_set.decode("ascii", "replace").split("\\")
    ]
    with quiet():
        codecs = convert_encodings(terms)
    # pydicom takes any name Python knows for a codec, which may be none of DICOM's.
    return tuple(codec if codec in _DICOM_CODECS else default_encoding for codec in codecs)


def is_told(character_set: bytes) -> bool:
    """Whether it names any that can hold more than ASCII."""
    terms = (term.strip(" \0") for term in character_set.decode("ascii", "replace").split("\\"))
    return any(term in python_encoding and term not in ASCII for term in terms)


def decode(raw: bytes, codecs: tuple[str, ...]) -> str:
    if b"\x1b" not in raw:
        return raw.decode(codecs[0], "replace")
    with quiet():  # code extensions, PS3.5 section 6.1.2.5; both kinds of delimiters reset them
        return decode_bytes(raw, codecs, {0x5C, 0x5E, 0x3D})


@contextmanager
def quiet() -> Iterator[None]:
    """pydicom's complaints about a sender's bytes may quote values: none for our log."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
