"""Fields of messages: values of the engine, parsed once; what is at fault is told by JSON pointer,
in words that repeat nothing of the message.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from portal.forms.codes import looks_like_code

PROBLEMS = {
    "required": "is missing",
    "null": "is missing",
    "blank": "is empty",
    "empty": "is empty",
    "invalid_choice": "is none of the allowed words",
    "max_length": "is too long",
    "unknown": "is no field of this message",
    "no_zone": "must say its offset from UTC",
    "personal_code": "may hold no personal identity code",
    "not_a_list": "must be a list",
}


class Text(serializers.CharField):
    """A text that is kept: no personal identity code stands in it. Optional unless told
    otherwise.
    """

    def __init__(self, *, parse: Callable[[str], str] | None = None, **options: Any) -> None:
        if not options.get("required"):
            options = {"required": False, "default": "", "allow_blank": True, **options}
        super().__init__(**options)
        self.parse = parse

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if looks_like_code(text):
            raise serializers.ValidationError("", code="personal_code")
        return value_of(self.parse, text) if self.parse and text else text


def value_of(parse: Callable[[str], str], text: str) -> str:
    """The text as one of the engine's values. Raises ValidationError."""
    try:
        return parse(text)
    except ValueError:
        raise serializers.ValidationError("", code="invalid") from None


class Instant(serializers.DateTimeField):
    """A time with its offset, as UTC."""

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise serializers.ValidationError("", code="no_zone")
        return value.astimezone(UTC)


class Message(serializers.Serializer[Any]):
    """A part of a message. A field that is not known is a fault: it may be a mistyped one."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            raise serializers.ValidationError(
                {_name(name): [ErrorDetail("", "unknown")] for name in sorted(unknown, key=str)}
            )
        return super().to_internal_value(data)


def _name(told: Any) -> str:
    """The name of an unknown field, unless it may be something else than a name."""
    return told if isinstance(told, str) and re.fullmatch(r"[A-Za-z_]{1,40}", told) else "?"


def faults(found: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """JSON pointer (RFC 6901) and problem of everything that a serializer found wrong."""
    if isinstance(found, Mapping):
        for name, below in found.items():
            whole = name == "non_field_errors"
            step = "" if whole else f"/{str(name).replace('~', '~0').replace('/', '~1')}"
            yield from faults(below, f"{pointer}{step}")
    elif isinstance(found, list) and any(isinstance(each, ErrorDetail) for each in found):
        code = next(each.code for each in found if isinstance(each, ErrorDetail))
        yield pointer or "/", PROBLEMS.get(code, "is not valid")
    elif isinstance(found, list):
        for place, below in enumerate(found):
            yield from faults(below, f"{pointer}/{place}")
