"""Columns that many tables have."""

from django.db import models

from archive.values import uuid7


def key() -> tuple[str, models.Field]:
    return "id", models.UUIDField(default=uuid7, editable=False, primary_key=True, serialize=False)


def environment() -> tuple[str, models.Field]:
    choices = [("production", "production"), ("test", "test")]
    return "environment", models.CharField(choices=choices, max_length=10)
