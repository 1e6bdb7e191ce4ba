"""Forms of retention: rules, holds, the day of a death, destruction lists (AR-9)."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from archive.models import Organisation, RegisterType, RetentionBasis
from archive.queries import content_policies
from archive.services.retention_rules import LONGEST, Rule
from archive.values import today
from portal.forms.days import day_field
from portal.forms.desk import ANY
from portal.forms.joining import line
from portal.forms.reasons import PatientForm, reason_field

IN_FORCE, ALL = "in-force", "all"
MONTH_DAYS = [(str(day), str(day)) for day in range(1, 32)]


def _why() -> forms.CharField:
    return reason_field(_("The act, decision or request that this rests on."))


def _several(label: Any, choices: Any, help_text: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        help_text=help_text,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )


def _content_types() -> list[tuple[str, str]]:
    named = sorted(content_policies.names(today()).items(), key=lambda each: each[1].casefold())
    return [(content_type, capfirst(name)) for content_type, name in named]


class RuleForm(forms.Form):
    """A new rule. Without a period it keeps for ever."""

    name_fi = line(_("Name in Finnish"))
    name_sv = line(_("Name in Swedish"))
    name_en = line(_("Name in English"))
    basis = forms.ChoiceField(
        label=_("Runs from"),
        required=False,
        choices=[("", _("nothing: for ever")), *RetentionBasis.choices],
    )
    years = forms.IntegerField(
        label=_("Years"),
        required=False,
        min_value=1,
        max_value=LONGEST,
        help_text=_("Empty when it keeps for ever."),
    )
    content_types = _several(_("Content types"), _content_types, _("None chosen: every content."))
    register_types = _several(
        _("Registers"), RegisterType.choices, _("None chosen: every register.")
    )
    birth_days = _several(
        _("Days of birth"),
        MONTH_DAYS,
        _("For a permanent sample: days of the month on which the patients were born."),
    )
    priority = forms.IntegerField(
        label=_("Priority"),
        initial=10,
        min_value=0,
        max_value=100,
        help_text=_("Of the periods that fit, those of the highest priority count."),
    )
    valid_from = day_field(_("First day"), required=True, help_text=_("Today at the earliest."))
    valid_until = day_field(_("Last day"))
    source = line(_("Source"), help_text=_("Act and section, as people quote it."))
    verified = forms.BooleanField(label=_("I have read it in the source itself"), required=False)
    reason = _why()

    def rule(self) -> Rule:
        given = self.cleaned_data
        plain = ("name_fi", "name_sv", "name_en", "source", "valid_from", "valid_until")
        return Rule(
            **{name: given[name] for name in (*plain, "basis", "years", "priority", "verified")},
            content_types=tuple(given["content_types"]),
            register_types=tuple(given["register_types"]),
            birth_days=tuple(int(day) for day in given["birth_days"]),
        )


class CloseForm(forms.Form):
    last_day = day_field(_("Last day"), required=True, help_text=_("Today at the earliest."))
    reason = _why()


class ConfirmForm(forms.Form):
    reason = reason_field(_("Where it was read: act, section, day."))


class HoldFilters(forms.Form):
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[ANY, (IN_FORCE, _("in force"))],
    )


def _not_past(day: date) -> None:
    """Told before the preview, which would promise what is then refused."""
    if day < today():
        raise forms.ValidationError(_("Today at the earliest."))


def _last_day() -> forms.DateField:
    field = day_field(_("Last day"), help_text=_("Empty: until it is released."))
    field.validators.append(_not_past)
    return field


class StudyHoldForm(forms.Form):
    reason = reason_field(_("Who asked for it and why: a court case, a complaint, research."))
    until = _last_day()


class PatientHoldForm(PatientForm):
    until = _last_day()
    field_order = ("code", "issuer", "until", "reason")


class ReleaseForm(forms.Form):
    reason = reason_field(_("Why it is not needed any more."))


class DeathForm(PatientForm):
    day = day_field(_("Day of death"), help_text=_("Empty: the patient is not known to have died."))
    field_order = ("code", "issuer", "day", "reason")


class ProposeForm(forms.Form):
    """What a destruction list is to hold."""

    ended_by = day_field(
        _("Retention ended by"), required=True, help_text=_("Yesterday at the latest.")
    )
    organisation = forms.ChoiceField(label=_("Data controller"), required=False)
    reason = _why()

    def __init__(self, data: Any, organisations: Iterable[Organisation]) -> None:
        super().__init__(data, initial={"ended_by": today() - timedelta(days=1)})
        named = [(str(each.id), each.name) for each in organisations]
        self.fields["organisation"].choices = [ANY, *named]  # type: ignore[attr-defined]

    def given(self) -> dict[str, Any]:
        given = self.cleaned_data
        chosen = given["organisation"]
        return {
            "ended_by": given["ended_by"],
            "organisation_id": UUID(chosen) if chosen else None,
        }


class MoveForm(forms.Form):
    reason = reason_field(_("Why the list is moved so."))
