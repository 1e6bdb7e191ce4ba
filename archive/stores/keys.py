"""What a key says of what stands under it."""

from collections.abc import Callable

from archive.objects import part10

OBJECT = ".dcm"  # a Part 10 file, named by the digest of its data set

Standing = Callable[[], None]  # told that what is put under a key can be read there
# By which key what landed under a key is to be kept: another one when it is not whole.
Naming = Callable[[str, bytes], str]


def untold() -> None:
    """Nobody waits for it."""


def is_object(key: str) -> bool:
    return key.endswith(OBJECT)


def head_of(key: str) -> int:
    """How many bytes say when and from whom it came; they may differ where the content does not."""
    return part10.PREFIX_LENGTH if is_object(key) else 0
