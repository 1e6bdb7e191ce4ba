"""Clients of the citizen API: a service's key, and its end (AC-6)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.models import Environment
from archive.services.api_clients import MAX_KEY
from portal.forms.joining import line
from portal.forms.reasons import reason_field


class ClientForm(forms.Form):
    environment = forms.ChoiceField(label=_("Environment"), choices=Environment.choices)
    name = line(_("Name of the service"), limit=100)
    issuer = line(_("Issuer"), limit=100, help_text=_("What its assertions say in the claim iss."))
    public_key = forms.CharField(
        label=_("Public key"),
        max_length=MAX_KEY,
        help_text=_("PEM or JWK, for ES256 or RS256; never a private key."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "mono"}),
    )
    calls_a_minute = forms.IntegerField(
        label=_("Calls a minute at most"), min_value=1, max_value=100_000, initial=600
    )
    reason = reason_field(_("The agreement, or who asked for the change of key."))


class RetireForm(forms.Form):
    reason = reason_field(_("Why it may not be used any more."))
