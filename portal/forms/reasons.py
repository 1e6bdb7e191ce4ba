"""Reasons: for looking at a patient's data, for closing a case."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.values import PatientIdentifier
from portal.forms.codes import refuse_code


def reason_field(help_text: Any) -> forms.CharField:
    """A reason as the log keeps it."""
    return forms.CharField(
        label=_("Reason"),
        help_text=help_text,
        min_length=3,
        max_length=200,
        validators=[refuse_code],
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-draft": ""}),
    )


class ReasonForm(forms.Form):
    """Asked once per patient and session."""

    reason = reason_field(_("For example a case number, or who asked and why."))


class ResolveForm(forms.Form):
    reason = reason_field(_("What was done, or why nothing needs doing."))


class PatientForm(forms.Form):
    """A patient by exact code. Posted always: the code stands in no address and in no log."""

    code = forms.CharField(
        label=_("Personal identity code"),
        help_text=_("The whole code, for example 010181-900C."),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    issuer = forms.CharField(
        label=_("Issuer of a temporary code"),
        help_text=_("Only for a temporary code: the issuer’s OID."),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = reason_field(_("For example a case number, or who asked and why."))

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if "code" in found:
            try:
                found["identifier"] = PatientIdentifier.parse(
                    found["code"], found.get("issuer", "").strip()
                )
            except ValueError:
                self.add_error("code", _("This is no valid code. Check each character."))
        return found
