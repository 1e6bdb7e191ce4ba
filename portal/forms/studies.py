"""The filters of the list of studies, kept in the address."""

from collections.abc import Iterable
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from archive.models import Organisation, StudyState
from archive.queries.studies import Filters
from portal.forms.codes import PATTERN
from portal.forms.days import day_field

MODALITIES = (
    *("CR", "CT", "DX", "ECG", "ES", "IO", "MG", "MR", "NM", "OT", "PT", "PX", "RF", "SM", "SR"),
    *("US", "XA", "XC"),
)
ANY = ("", "–")


class StudyFilters(forms.Form):
    """Bound to the address. The patient is there by an opaque id only, once searched for."""

    patient = forms.ChoiceField(label=_("Patient"), required=False)
    organisation = forms.ChoiceField(label=_("Customer"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[ANY, *StudyState.choices])
    modality = forms.ChoiceField(
        label=_("Modality"), required=False, choices=[ANY, *((each, each) for each in MODALITIES)]
    )
    study_code = forms.RegexField(
        r"^[A-Za-z]{2}[A-Za-z0-9]{3}$", label=_("Study code"), required=False, max_length=5
    )
    accession = forms.CharField(
        label=_("Accession number"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"pattern": PATTERN, "autocomplete": "off"}),
    )
    received_from = day_field(_("Received from"))
    received_until = day_field(_("Received until"))

    def __init__(self, query: QueryDict, organisations: Iterable[Organisation]) -> None:
        super().__init__(query)
        named = [(str(each.id), each.name) for each in organisations]
        self.fields["organisation"].choices = [ANY, *named]  # type: ignore[attr-defined]
        if not query.get("patient"):
            del self.fields["patient"]  # set by its own search, not from a chip
        else:
            self.fields["patient"] = forms.TypedChoiceField(
                label=_("Patient"), choices=[(query["patient"], _("one person"))], coerce=UUID
            )

    def filters(self, environment: str) -> Filters | None:
        """What the list is narrowed by, or None when a filter cannot be read."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return Filters(
            environment=environment,
            organisation_id=given["organisation"] or None,
            state=given["state"],
            modality=given["modality"],
            study_code=given["study_code"].upper(),
            accession_number=given["accession"],
            patient_id=given.get("patient") or None,
            received_from=given["received_from"],
            received_until=given["received_until"],
        )
