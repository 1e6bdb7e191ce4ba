"""What one may say on the try-out page of the citizen API."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.models import Organisation, ProhibitionScope, RegisterType

NONE = ("", "–")


class TryProhibitionForm(forms.Form):
    """Sent as it is: what does not fit is the API's to refuse."""

    scope = forms.ChoiceField(label=_("What is prohibited"), choices=ProhibitionScope.choices)
    provider = forms.ChoiceField(label=_("Service provider"), required=False)
    register_type = forms.ChoiceField(
        label=_("Register"), required=False, choices=[NONE, *RegisterType.choices]
    )
    service_event = forms.CharField(
        label=_("Service event"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    emergency_exception = forms.BooleanField(label=_("Allow use in an emergency"), required=False)

    def __init__(self, data: Any, providers: Iterable[Organisation]) -> None:
        super().__init__(data)
        named = [(each.oid, each.name) for each in providers]
        self.fields["provider"].choices = [NONE, *named]  # type: ignore[attr-defined]

    def body(self) -> dict[str, Any]:
        """The request's body, without what is empty."""
        return {name: value for name, value in self.cleaned_data.items() if value != ""}
