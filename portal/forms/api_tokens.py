"""A token of the API: what it is called, what it is for, how long it is good."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.config import settings
from archive.models import ApiScope, Environment, Organisation, Role
from archive.services import api_tokens
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
    subject = line(
        _("Subject at the sign-on provider"),
        limit=200,
        required=False,
        help_text=_(
            "When the system calls with access tokens of the sign-on provider: their claim sub. "
            "Then there is no secret."
        ),
    )
    field_order = ("name", "organisation", "role", "environment", "subject", "scopes", "days")

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
        if not settings().oidc_api_issuer:
            del self.fields["subject"]
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (each.value, each.label) for each in roles
        ]

    def clean_subject(self) -> str:
        subject = str(self.cleaned_data["subject"])
        if subject and api_tokens.is_known(subject):
            raise forms.ValidationError(_("Another system is already known by this."))
        return subject
