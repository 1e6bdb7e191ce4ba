"""Forms of the trust store and of a connection's need for an assertion (XD-4)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.models import Environment
from archive.services.trust import MAX_PEM
from portal.forms.reasons import reason_field


class IssuerForm(forms.Form):
    environment = forms.ChoiceField(label=_("Environment"), choices=Environment.choices)
    entity_id = forms.CharField(
        label=_("Issuer"),
        max_length=256,
        help_text=_("Exactly as it stands in the Issuer element of its assertions."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    certificate = forms.CharField(
        label=_("Signing certificate"),
        max_length=MAX_PEM,
        help_text=_("In PEM form, from BEGIN CERTIFICATE to END CERTIFICATE; never a private key."),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
    )
    reason = reason_field(_("For example who asked, and how the certificate was checked."))


class RetireForm(forms.Form):
    reason = reason_field(_("Why its assertions are no longer believed."))


class SwitchForm(forms.Form):
    reason = reason_field(_("For example what was agreed with the customer, and until when."))
