"""What requests are made of: forms that take no unknown field, values of the engine parsed once,
moments that say their zone. Faults are told in words that repeat nothing of the message.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as Unfit
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from archive.values import Oid
from portal.forms.codes import looks_like_code

NO_FIELD = "there is no such field"
WITHOUT_CODE = "a personal identity code may not stand here"
PROBLEMS = {
    "required": "is missing",
    "null": "is missing",
    "blank": "is empty",
    "empty": "is empty",
    "invalid_choice": "is none of the allowed words",
    "max_length": "is too long",
    "unknown": "is no field of this message",
    "naive": "must say its offset from UTC",
    "personal_code": "may hold no personal identity code",
    "not_a_list": "must be a list",
}


class Strict(serializers.Serializer[Any]):
    """A field that it does not have is a mistake of the sender's, not something to pass over."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            raise serializers.ValidationError(
                {
                    _name(each): [ErrorDetail(NO_FIELD, "unknown")]
                    for each in sorted(unknown, key=str)
                }
            )
        return super().to_internal_value(data)


def _name(told: Any) -> str:
    """The name of an unknown field, unless it may be something else than a name."""
    return told if isinstance(told, str) and re.fullmatch(r"[A-Za-z_]{1,40}", told) else "?"


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
            raise serializers.ValidationError(WITHOUT_CODE, code="personal_code")
        return value_of(self.parse, text) if self.parse and text else text


def value_of(parse: Callable[[str], str], text: str) -> str:
    """The text as one of the engine's values. Raises ValidationError."""
    try:
        return parse(text)
    except ValueError:
        raise serializers.ValidationError("", code="invalid") from None


class SinceField(serializers.DateTimeField):
    """A moment; without an offset from UTC it is Finland's."""

    def enforce_timezone(self, value: datetime) -> datetime:
        try:
            return super().enforce_timezone(value)
        except OverflowError:
            raise serializers.ValidationError("out of range", code="overflow") from None


class MomentField(serializers.DateTimeField):
    """A moment with its offset from UTC, without which it could be two; as UTC."""

    default_error_messages: ClassVar = {"naive": "the offset from UTC is missing"}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        try:
            return value.astimezone(UTC)
        except OverflowError:
            raise serializers.ValidationError("out of range", code="overflow") from None


def oid(text: str) -> None:
    """A validator. Raises ValidationError."""
    try:
        Oid(text)
    except ValueError:
        raise Unfit("no object identifier") from None


def without_code(text: str) -> None:
    """A validator for texts that are kept in a log. Raises ValidationError."""
    if looks_like_code(text):
        raise Unfit(WITHOUT_CODE)


def day_field(**options: Any) -> serializers.DateField:
    """A day of a year that calendars and databases agree on."""
    return serializers.DateField(validators=[_plausible], **options)


def _plausible(day: date) -> None:
    """A validator. Raises ValidationError."""
    if not 1900 <= day.year <= 2199:
        raise Unfit("a year from 1900 to 2199")


def code_free(most: int, **options: Any) -> serializers.CharField:
    """A text in which no personal identity code may stand."""
    return serializers.CharField(max_length=most, validators=[without_code], **options)


def oid_field(**options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=64, validators=[oid], **options)


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
