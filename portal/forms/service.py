"""Planned breaks and notices, in the three languages."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.models import ServicePart
from archive.services.service_status import Text
from portal.forms.codes import refuse_code
from portal.forms.days import day_field
from portal.forms.joining import line
from portal.forms.moments import clock_field, moment_of


def _text(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=2000,
        validators=[refuse_code],
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class BreakForm(forms.Form):
    starts_day = day_field(_("Begins on"), required=True)
    starts_clock = clock_field(_("at"), help_text=_("Finnish time."))
    ends_day = day_field(_("Ends on"), required=True)
    ends_clock = clock_field(_("at"), help_text=_("Finnish time."))
    parts = forms.MultipleChoiceField(
        label=_("What is out of use"),
        choices=ServicePart.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    text_fi = _text(_("Text in Finnish"))
    text_sv = _text(_("Text in Swedish"))
    text_en = _text(_("Text in English"))

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        starts, ends = moment_of(found, "starts_"), moment_of(found, "ends_")
        if starts and ends and ends <= starts:
            self.add_error("ends_day", gettext("A break ends after it begins."))
        return {**found, "starts": starts, "ends": ends}

    def given(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "starts_at": given["starts"],
            "ends_at": given["ends"],
            "parts": given["parts"],
            "text": _in_three(given, "text"),
        }


class AnnouncementForm(forms.Form):
    title_fi = line(_("Title in Finnish"))
    title_sv = line(_("Title in Swedish"))
    title_en = line(_("Title in English"))
    text_fi = _text(_("Text in Finnish"))
    text_sv = _text(_("Text in Swedish"))
    text_en = _text(_("Text in English"))
    is_acknowledged = forms.BooleanField(
        label=_("Each customer acknowledges it"), required=False, initial=True
    )

    def given(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "title": _in_three(given, "title"),
            "text": _in_three(given, "text"),
            "is_acknowledged": given["is_acknowledged"],
        }


def _in_three(given: dict[str, Any], name: str) -> Text:
    return Text(*(given[f"{name}_{language}"] for language in ("fi", "sv", "en")))
