"""A token of the API: what it is called, what it is for, how long it is good."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.models import ApiScope, Environment, Organisation, Role
from portal.forms.joining import line

DAYS = ((30, _("a month")), (90, _("three months")), (365, _("a year")))


class TokenForm(forms.Form):
    name = line(_("Name"), limit=100, help_text=_("What the token is for, and where it is kept."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may be used for"), widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(label=_("Good for"), choices=DAYS, coerce=int, initial=90)

    def __init__(self, data: Any, scopes: Iterable[ApiScope]) -> None:
        super().__init__(data)
        self.fields["scopes"].choices = [  # type: ignore[attr-defined]
            (each.value, each.label) for each in scopes
        ]


class SystemTokenForm(TokenForm):
    """A system's: it has one role in one organisation, and one environment."""

    organisation = forms.ChoiceField(label=_("Organisation"))
    role = forms.ChoiceField(label=_("Role"))
    environment = forms.ChoiceField(label=_("Environment"), choices=Environment.choices)
    field_order = ("name", "organisation", "role", "environment", "scopes", "days")

    def __init__(
        self,
        data: Any,
        scopes: Iterable[ApiScope],
        organisations: Iterable[Organisation],
        roles: Iterable[Role],
    ) -> None:
        super().__init__(data, scopes)
        named = [(str(each.id), each.name) for each in organisations]
        self.fields["organisation"].choices = named  # type: ignore[attr-defined]
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (each.value, each.label) for each in roles
        ]
