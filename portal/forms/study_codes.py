"""Study codes: the list's filters, a list as a file, and applying it (AR-8)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.queries.study_codes import Filters
from archive.services.code_lists import Upload
from archive.values import today
from portal.forms.codes import refuse_code
from portal.forms.days import day_field
from portal.forms.reasons import reason_field

OPEN, CLOSED = "open", "closed"


class CodeFilters(forms.Form):
    """Kept in the address."""

    text = forms.CharField(
        label=_("Code or name"), required=False, max_length=100, validators=[refuse_code]
    )
    standing = forms.ChoiceField(
        label=_("State today"),
        required=False,
        choices=[("", "–"), (OPEN, _("in force")), (CLOSED, _("not in force"))],
    )

    def filters(self) -> Filters | None:
        """What the list is narrowed by, or None when a filter cannot be read."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return Filters(
            text=given["text"].strip(),
            open_on=today() if given["standing"] == OPEN else None,
            closed_on=today() if given["standing"] == CLOSED else None,
        )


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("List"),
        help_text=_(
            "CSV in UTF-8 with the columns code, system_oid, name_fi and valid_from; name_sv,"
            " name_en and valid_until may be there too."
        ),
    )
    last_day = day_field(
        _("Last day of the codes that the list does not name"),
        help_text=_(
            "Only when the list is the whole of its code systems: what it does not name is closed"
            " with this day. Leave it empty otherwise."
        ),
    )

    def upload(self) -> Upload:
        file = self.cleaned_data["file"]
        return Upload(file.name, file.read(), self.cleaned_data["last_day"])


class ApplyForm(forms.Form):
    """`shown` is the digest of what was looked at."""

    shown = forms.CharField(widget=forms.HiddenInput, max_length=64)
    reason = reason_field(_("Which release of the nomenclature the list is, or who asked."))

    def __init__(self, data: Any, shown: str) -> None:
        super().__init__(data, initial={"shown": shown})
