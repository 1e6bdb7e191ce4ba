"""A moment as people give it: a day and a time in Finland."""

from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.values import HELSINKI, now
from portal.forms.joining import day_field


def clock_field(label: Any, **options: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        input_formats=["%H:%M", "%H:%M:%S"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        **options,
    )


def moment_of(given: dict[str, Any], prefix: str = "") -> datetime | None:
    """Without a time the day’s beginning; of the doubled hour in autumn the earlier one."""
    day, clock = given.get(f"{prefix}day"), given.get(f"{prefix}clock")
    if day is None:
        return None
    return datetime.combine(day, clock or time(), HELSINKI)


class AsOfForm(forms.Form):
    """The moment of which a page tells; empty is now. Kept in the address."""

    day = day_field(_("Day"), required=False)
    clock = clock_field(_("Time"), required=False)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        at = moment_of(found)
        if at is not None and at > now():
            self.add_error("day", gettext("That moment has not come yet."))
        return found

    def moment(self) -> datetime | None:
        return moment_of(self.cleaned_data) if self.is_valid() else None
