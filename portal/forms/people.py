"""Forms about the operator's own people, and of an account made by an invitation (NF-3)."""

from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from onboarding.services.staff import ROLES
from portal.forms.joining import line

ROLE_CHOICES = [(role.value, role.label) for role in ROLES]


class StaffInviteForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={
            "invalid": _("This is no e-mail address. It looks like name@organisation.fi.")
        },
    )
    role = forms.ChoiceField(label=_("Role"), choices=[("", "–"), *ROLE_CHOICES])
    language = forms.ChoiceField(
        label=_("Language of the invitation"), choices=django_settings.LANGUAGES
    )


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=ROLE_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("A member of staff has at least one role.")},
    )


class NewAccountForm(forms.Form):
    first_name = line(_("First name"), limit=150)
    last_name = line(_("Last name"), limit=150)
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 8 characters, and nothing that is easy to guess."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=gettext_lazy("Password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password)
        return password

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if "password" in found and found.get("again") != found["password"]:
            self.add_error("again", gettext("The two passwords are not the same."))
        return found
