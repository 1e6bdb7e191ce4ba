"""Starting a take-over: a list as a file, or a question to a customer's system (AR-12)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.models import Connection, LineOutcome, Organisation
from archive.services.takeovers import Upload
from portal.forms.days import TO_COME, is_to_come
from portal.forms.joining import day_field


class ListForm(forms.Form):
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Customer"), empty_label=None
    )
    file = forms.FileField(
        label=_("List of studies"),
        help_text=_(
            "CSV in UTF-8 with a heading: study_uid or accession or both, and if you have them"
            " study_date and instances. Leave patients’ names and codes out; they are not read."
        ),
    )

    def __init__(self, organisations: QuerySet[Organisation], *given: Any) -> None:
        super().__init__(*given)
        self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]

    def upload(self) -> Upload:
        file = self.cleaned_data["file"]
        return Upload(file.name, file.file, file.size)


class _System(forms.ModelChoiceField):
    def label_from_instance(self, obj: Connection) -> str:
        return f"{obj.organisation.name}: {obj.aet} ({obj.host}:{obj.port})"


class AskForm(forms.Form):
    system = _System(Connection.objects.none(), label=_("System"), empty_label=None)
    first_day = day_field(_("Studies from"))
    last_day = day_field(_("Studies until"))

    def __init__(self, systems: QuerySet[Connection], *given: Any) -> None:
        super().__init__(*given)
        self.fields["system"].queryset = systems  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        first, last = found.get("first_day"), found.get("last_day")
        if isinstance(first, date) and isinstance(last, date):
            if last < first:
                self.add_error("last_day", gettext("The last day is before the first."))
            elif is_to_come(last):
                self.add_error("last_day", TO_COME)
        return found


def outcome_of(text: str, there: Iterable[str]) -> str:
    """An outcome from the address, if the take-over has any of it."""
    return text if text in LineOutcome.values and text in there else ""
