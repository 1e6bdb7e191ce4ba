"""Days in forms."""

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from archive.values import today

TO_COME = _("Today at the latest.")  # said by forms and by the API


def is_to_come(day: date) -> bool:
    return day > today()


def day_field(label: Any, **options: Any) -> forms.DateField:
    """As a browser's own calendar writes it; optional unless told otherwise."""
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        # Years that calendars and databases agree on, and whose next day there is.
        validators=[MinValueValidator(date(1900, 1, 1)), MaxValueValidator(date(2199, 12, 31))],
        **{"required": False, **options},
    )
