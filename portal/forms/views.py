"""Keeping a list as it is under a name, and its columns."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms.codes import PATTERN, refuse_code


class NameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        validators=[refuse_code],
        widget=forms.TextInput(attrs={"pattern": PATTERN, "autocomplete": "off"}),
    )


class SaveViewForm(NameForm):
    """The filters, the order and the columns of the list."""

    is_shared = forms.BooleanField(label=_("For everybody who reads this list"), required=False)
    opens = forms.BooleanField(label=_("Open the list with it"), required=False)
    query = forms.CharField(
        max_length=1_000, required=False, validators=[refuse_code], widget=forms.HiddenInput()
    )
