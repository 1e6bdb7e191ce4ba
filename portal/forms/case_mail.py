"""How a person is told of cases by mail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.services import case_mails

HOURS = [(hour, f"{hour:02}.00") for hour in range(24)]


class CaseMailForm(forms.Form):
    pace = forms.ChoiceField(label=_("Mails about cases"))
    digest_hour = forms.TypedChoiceField(
        label=_("Hour of the daily mail"), choices=HOURS, coerce=int
    )
    quiet_from = forms.TypedChoiceField(label=_("Quiet from"), choices=HOURS, coerce=int)
    quiet_until = forms.TypedChoiceField(
        label=_("Quiet until"),
        help_text=_("Equal hours: no hour is quiet. What comes in quiet hours follows after them."),
        choices=HOURS,
        coerce=int,
    )

    def __init__(self, *args: Any, of_desk: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pace"].choices = case_mails.paces(of_desk=of_desk)  # type: ignore[attr-defined]
