"""What is said of one happening, and the counts in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import ngettext

from portal.advice import told
from portal.formats import number_text


@dataclass(frozen=True, slots=True)
class Said:
    """The words for one happening; an empty shape leaves it to the outcome."""

    what: str
    answer: str = ""
    shape: str = ""
    took: timedelta | None = None
    reason: str = ""  # why somebody did it


def objects_words(count: int) -> str:
    return ngettext("%(count)s object", "%(count)s objects", count) % {"count": number_text(count)}


def series_words(count: int) -> str:
    return ngettext("%(count)s series", "%(count)s series", count) % {"count": number_text(count)}


def with_reason(said: str, facts: Mapping[str, Any]) -> Said:
    reason = str(facts.get("reason") or "")
    return Said(f"{said}: {reason}" if reason else said)


def error_words(facts: Mapping[str, Any]) -> str:
    """Why something did not go, and what the machines said."""
    return told(str(facts.get("cause") or ""), str(facts.get("error") or ""))
