"""Correcting a study's metadata, rejecting objects, and who may correct by sending."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.models import Organisation, RejectionTitle
from archive.objects.study_facts import FACTS, StudyFacts, is_one_value
from archive.values import dicom_date, dicom_time, today
from portal.correcting_words import DAYS, FIELDS, SEXES, value_words
from portal.forms.days import TO_COME, is_to_come
from portal.forms.reasons import reason_field

BY_ARCHIVIST = (RejectionTitle.QUALITY, RejectionTitle.PATIENT_SAFETY, RejectionTitle.WORKLIST)


_label = lazy(lambda name: capfirst(str(FIELDS[name])), str)


def _text(name: str, limit: int, help_text: Any = "", *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=_label(name),
        max_length=limit,
        required=required,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


def _day(name: str) -> forms.DateField:
    return forms.DateField(
        label=_label(name),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class CorrectionForm(forms.Form):
    """What a study says now, to be changed; fields are named as in the standard."""

    PatientID = _text("PatientID", 64, required=True)
    IssuerOfPatientID = _text(
        "IssuerOfPatientID", 64, _("OID. 1.2.246.21 is that of personal identity codes.")
    )
    PatientName = _text("PatientName", 324, _("Family name^given names"))
    PatientBirthDate = _day("PatientBirthDate")
    PatientSex = forms.ChoiceField(
        label=_label("PatientSex"), required=False, choices=[("", "–"), *SEXES.items()]
    )
    AccessionNumber = _text("AccessionNumber", 64, required=True)
    StudyDescription = _text("StudyDescription", 64, _("Begins with the study code."))
    StudyID = _text("StudyID", 16)
    StudyDate = _day("StudyDate")
    StudyTime = _text("StudyTime", 16, _("Hours, minutes and seconds: 14.15.00"))

    def __init__(self, data: Any, facts: StudyFacts) -> None:
        values = facts.to_json()
        for name in DAYS:
            values[name] = dicom_date(values[name])  # type: ignore[assignment]
        super().__init__(data, initial=values)
        for name, field in self.fields.items():
            # What was changed is told by what the study said when the form was filled in.
            field.show_hidden_initial = data is None or self.add_initial_prefix(name) in data

    def clean(self) -> dict[str, Any]:
        """What is changed is written as the standard has it; what a sender wrote may stay."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in set(self.changed_data) & set(cleaned):
            value = cleaned[name]
            if name in DAYS and value and is_to_come(value):
                self.add_error(name, TO_COME)
            elif isinstance(value, str) and not is_one_value(value):
                self.add_error(name, _("No backslash and no line break may be in it."))
            elif name == "StudyTime" and value:
                cleaned[name] = dicom_time(value)
                if cleaned[name] is None:
                    self.add_error(name, _("This is no time. It looks like 14.15.00."))
        return cleaned

    def given(self) -> dict[str, str]:
        """The attributes that were changed, as DICOM has them."""
        cleaned = self.cleaned_data
        return {name: _dicom(cleaned[name]) for name in FACTS if name in self.changed_data}

    def after(self, facts: StudyFacts) -> "CorrectionForm":
        """The same on what the study says now, which is not what it said: what was typed stays,
        what was not follows, and each field that moved says so.
        """
        data, moved = {name: self.data[name] for name in self.data}, {}
        for bound in CorrectionForm(None, facts):
            was, now = data.get(bound.html_initial_name), _text_of(bound.initial)
            data[bound.html_initial_name] = now
            if bound.name not in self.changed_data:
                data[bound.name] = now
            if was not in (now, None):
                moved[bound.name] = (was, now)
        made = CorrectionForm(data, facts)
        for name, (was, now) in moved.items():
            made.add_error(name, _moved(name, was, now, typed=name in self.changed_data))
        return made


def _text_of(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "")


def _moved(name: str, was: str, now: str, *, typed: bool) -> str:
    before, after = (
        value_words(name, each.replace("-", "") if name in DAYS else each) for each in (was, now)
    )
    if typed:
        return gettext("Changed meanwhile: the archive now has %(value)s.") % {"value": after}
    return gettext("Changed meanwhile: it was %(value)s.") % {"value": before}


def _dicom(value: Any) -> str:
    return value.strftime("%Y%m%d") if hasattr(value, "strftime") else str(value or "")


class WhyCorrectForm(forms.Form):
    reason = reason_field(_("What was wrong, and who found it. Kept with the correction."))


class UndoForm(forms.Form):
    reason = reason_field(_("Why it is undone. Kept with the correction."))


class RejectForm(forms.Form):
    """Which objects come as check boxes beside the form."""

    title = forms.ChoiceField(
        label=_("Why"), choices=[(each.value, each.label) for each in BY_ARCHIVIST]
    )
    reason = reason_field(_("What happened, and who asked. Kept with the rejection."))


class RevokeForm(forms.Form):
    """Its field stands among the objects to be chosen, outside the form's own element."""

    reason = reason_field(_("Why it is revoked. Kept with the rejection."))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["reason"].widget.attrs["form"] = "revoke"


class MayCorrectForm(forms.Form):
    """A dated row of what a customer may correct by sending."""

    organisation = forms.ChoiceField(label=_("Customer"), required=False)
    metadata = forms.BooleanField(
        label=_("Metadata: the same objects again with another patient or study"), required=False
    )
    note_first = forms.BooleanField(
        label=_("A rejection note may come before its objects"), required=False, initial=True
    )
    retention = forms.BooleanField(
        label=_("A note may end the retention of what need not be kept any longer"), required=False
    )
    valid_from = forms.DateField(
        label=_("From"),
        input_formats=["%Y-%m-%d"],
        initial=today,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=200,
        help_text=_("The service description, or what was agreed on and when."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self, data: Mapping[str, Any] | None, organisations: Iterable[Organisation]
    ) -> None:
        super().__init__(data)
        named = [(str(each.id), each.name) for each in organisations]
        choices = [("", _("all who have no row of their own")), *named]
        self.fields["organisation"].choices = choices  # type: ignore[attr-defined]
