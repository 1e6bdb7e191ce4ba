"""What requests are made of: forms that take no unknown field, moments that say their zone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as Unfit
from rest_framework import serializers

from archive.values import Oid
from portal.forms.codes import looks_like_code

NO_FIELD = "there is no such field"


class Strict(serializers.Serializer[Any]):
    """A field that it does not have is a mistake of the sender's, not something to pass over."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name: [NO_FIELD] for name in unknown})
        return super().to_internal_value(data)


class MomentField(serializers.DateTimeField):
    """A moment with its offset from UTC; without one it could be two."""

    default_error_messages: ClassVar = {"naive": "the offset from UTC is missing"}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("naive")
        return value


def oid(text: str) -> None:
    """A validator. Raises ValidationError."""
    try:
        Oid(text)
    except ValueError:
        raise Unfit("no object identifier") from None


def without_code(text: str) -> None:
    """A validator for texts that are kept in a log. Raises ValidationError."""
    if looks_like_code(text):
        raise Unfit("a personal identity code may not stand here")


def oid_field(**options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=64, validators=[oid], **options)
