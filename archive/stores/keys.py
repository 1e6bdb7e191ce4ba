"""What a key says of what stands under it."""

from collections.abc import Callable, Sequence

from archive.objects import part10

OBJECT = ".dcm"  # a Part 10 file, named by the digest of its data set

# Told that what is put under a key can be read there, and whether that is where small objects land.
Standing = Callable[[bool], None]
# By which key what landed under a key is to be kept: another one when it is not whole.
Naming = Callable[[str, bytes], str]
Looking = Callable[
    [Sequence[tuple[str, bytes]]], None
]  # keys and contents; what it raises, ends it


def untold(landed: bool) -> None:
    """Nobody waits for it."""


def unseen(landed: Sequence[tuple[str, bytes]]) -> None:
    """Nobody looks at it."""


def is_object(key: str) -> bool:
    return key.endswith(OBJECT)


def head_of(key: str) -> int:
    """How many bytes say when and from whom it came; they may differ where the content does not."""
    return part10.PREFIX_LENGTH if is_object(key) else 0
