"""Field shapes that several rows share."""

from typing import Any

from django.db import models

from archive.models.choices import Environment
from archive.values import uuid7


def uuid_key() -> Any:
    """Primary key that may stand in an address: a time-ordered UUID."""
    return models.UUIDField(primary_key=True, default=uuid7, editable=False)


def environment_field() -> Any:
    """Production or test; follows from called AE title or credentials, never from content."""
    return models.CharField(max_length=10, choices=Environment)


def oid_field(**kwargs: Any) -> Any:
    return models.CharField(max_length=64, **kwargs)
