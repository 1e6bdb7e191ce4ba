"""Days in forms."""

from typing import Any

from django import forms


def day_field(label: Any, **options: Any) -> forms.DateField:
    """As a browser's own calendar writes it; optional unless told otherwise."""
    return forms.DateField(
        label=label,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        **{"required": False, **options},
    )
