"""ArchiveError and its eight families:

    Malformed      cannot be read
    Unacceptable   read, may not be kept
    Unsupported    we do not speak that
    NotFound       no such subject
    Conflict       clashes with what is archived
    Refused        the rules say no
    Busy           try later
    Broken         our fault

An edge turns a family (or a subclass it names) into its protocol's reply by one table; the support
desk and `portal.advice` key on `reason`, so a class here is also a cause that a person can act on.
"""

import re
from collections.abc import Iterator, Mapping
from typing import ClassVar


class ArchiveError(Exception):
    """`code` is what a peer and the desk see; `comment` is ASCII and names no patient (PS3.7 C:
    ErrorComment).
    """

    code: ClassVar[str] = "0110"
    comment: ClassVar[str] = "processing failure"
    offending: ClassVar[tuple[int, ...]] = ()

    def __init__(
        self, detail: str = "", *, facts: Mapping[str, str] | None = None, tag: int | None = None
    ) -> None:
        """`tag` is the one element at fault, where the class alone does not say which."""
        super().__init__(detail or self.comment)
        self.detail = detail or self.comment
        self.facts = dict(facts or {})
        self.tags = (tag,) if tag is not None else self.offending

    @classmethod
    def reason(cls) -> str:
        """The class name as a stable word: `StudyCodeUnknown` is `study-code-unknown`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @property
    def error_comment(self) -> str:
        return self.comment_as(self.code)

    def comment_as(self, code: str) -> str:
        """At most 64 ASCII characters, the code first (VR LO of Error Comment (0000,0902))."""
        return f"{code}: {self.comment}"[:64]


# --- the eight families ---------------------------------------------------------------------------


class Malformed(ArchiveError):
    code = "C000"
    comment = "cannot be read"


class Unacceptable(ArchiveError):
    code = "A900"
    comment = "read, but may not be kept"


class Unsupported(ArchiveError):
    code = "0122"
    comment = "not supported here"


class NotFound(ArchiveError):
    code = "0112"
    comment = "no such object"


class Conflict(ArchiveError):
    code = "0111"
    comment = "clashes with what is archived"


class Refused(ArchiveError):
    code = "0124"
    comment = "not authorised"


class Busy(ArchiveError):
    code = "A700"
    comment = "out of resources, send again later"


class Broken(ArchiveError):
    code = "0110"
    comment = "processing failure in the archive"


FAMILIES: tuple[type[ArchiveError], ...] = (
    Malformed,
    Unacceptable,
    Unsupported,
    NotFound,
    Conflict,
    Refused,
    Busy,
    Broken,
)


def every_error() -> Iterator[type[ArchiveError]]:
    """All classes below ArchiveError, families first; what tables and advice must cover."""
    yield from FAMILIES
    for family in FAMILIES:
        yield from family.__subclasses__()
