"""Filters of interfaces, what is expected of a channel, alarms and their rules."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from archive.models import (
    STAFF_ROLES,
    AlarmRule,
    Environment,
    Interface,
    Measure,
    Organisation,
    Role,
    Severity,
)
from archive.rules.silence import Learning
from archive.services.alarm_rules import Rule
from archive.services.silence_learning import MOST_WEEKS
from portal.forms.days import day_field
from portal.forms.joining import line
from portal.forms.moments import clock_field
from portal.forms.reasons import reason_field

ANY = ("", "–")
CLEARED, ENDED, UNTOLD = "cleared", "ended", "untold"
LEARN, LAID_DOWN, NEVER = "learn", "laid-down", "never"
WEEKDAYS = (
    ("0", _("Monday")),
    ("1", _("Tuesday")),
    ("2", _("Wednesday")),
    ("3", _("Thursday")),
    ("4", _("Friday")),
    ("5", _("Saturday")),
    ("6", _("Sunday")),
)


class InterfaceFilters(forms.Form):
    """Kept in the address."""

    name = forms.CharField(label=_("Name or business id"), required=False, max_length=100)
    interface = forms.ChoiceField(
        label=_("Interface"), required=False, choices=[ANY, *Interface.choices]
    )
    look = forms.ChoiceField(
        label=_("State"), required=False, choices=[ANY, ("needs", _("needs a look"))]
    )


class AlarmFilters(forms.Form):
    """Kept in the address. Without it those that stand open."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[ANY, (CLEARED, _("cleared"))]
    )

    @property
    def of_the_past(self) -> bool:
        return self.is_valid() and self.cleaned_data["state"] == CLEARED


class RuleFilters(forms.Form):
    """Kept in the address. Without it those in force."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[ANY, (ENDED, _("no longer in force"))]
    )

    @property
    def of_the_past(self) -> bool:
        return self.is_valid() and self.cleaned_data["state"] == ENDED


class AlarmRuleFilters(RuleFilters):
    """Those of alarms may also be narrowed to the ones that tell nobody."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[
            ANY,
            (UNTOLD, _("in force, tells nobody by mail")),
            (ENDED, _("no longer in force")),
        ],
    )

    @property
    def untold(self) -> bool:
        return self.is_valid() and self.cleaned_data["state"] == UNTOLD


class ExpectedForm(forms.Form):
    what = forms.ChoiceField(
        label=_("When should something have come?"),
        choices=(
            (LEARN, _("as it always has: learned from its own weeks")),
            (LAID_DOWN, _("on the days and by the time given below")),
            (NEVER, _("never: its silence says nothing")),
        ),
    )
    weekdays = forms.MultipleChoiceField(
        label=_("Days"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    by = clock_field(_("By what time"), required=False, help_text=_("Finnish time."))
    reason = reason_field(_("Who said so, or what is known of the system."))

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("what") == LAID_DOWN:
            if not found.get("weekdays"):
                self.add_error("weekdays", gettext("Choose at least one day."))
            if found.get("by") is None and "by" not in self.errors:
                self.add_error("by", gettext("This is missing."))
        return found


class LearningForm(forms.Form):
    first_day = day_field(_("First day"), required=True, help_text=_("Tomorrow at the earliest."))
    weeks = forms.IntegerField(
        label=_("Weeks looked at"),
        min_value=1,
        max_value=MOST_WEEKS,
        help_text=_("The same day of so many weeks before."),
    )
    least_days = forms.IntegerField(
        label=_("Days seen, at least"),
        min_value=1,
        help_text=_("Of a system that is newer than so many weeks nothing is expected."),
    )
    most_silent = forms.IntegerField(
        label=_("Of them silent, at most"),
        min_value=0,
        help_text=_("When more of them were silent, nothing is expected on that day of the week."),
    )
    source = line(_("Source"), required=False)
    reason = reason_field(_("Why it is learned so."))

    def learning(self) -> Learning:
        given = self.cleaned_data
        return Learning(given["weeks"], given["least_days"], given["most_silent"])


class AcknowledgeForm(forms.Form):
    reason = reason_field(_("What is being done about it."))


class EndForm(forms.Form):
    reason = reason_field(_("Why it is not needed any more."))


class RuleForm(forms.Form):
    """A rule of alarms, new or in the place of another."""

    name_fi = line(_("Name in Finnish"))
    name_sv = line(_("Name in Swedish"))
    name_en = line(_("Name in English"))
    measure = forms.ChoiceField(label=_("What is measured"), choices=Measure.choices)
    environment = forms.ChoiceField(
        label=_("Environment"), required=False, choices=[("", _("both")), *Environment.choices]
    )
    interface = forms.ChoiceField(
        label=_("Interface"),
        required=False,
        choices=[("", pgettext_lazy("interface", "each")), *Interface.choices],
    )
    organisation = forms.ChoiceField(label=_("Customer"), required=False)
    threshold = forms.FloatField(label=_("Raised at"), help_text=_("This value or a worse one."))
    clear_at = forms.FloatField(
        label=_("Cleared at"),
        help_text=_("On the good side of it; between the two an alarm stays as it is."),
    )
    minutes = forms.IntegerField(
        label=_("Must have lasted, minutes"), min_value=0, max_value=10_000, initial=10
    )
    hours = forms.IntegerField(label=_("Measured over hours"), min_value=1, max_value=48, initial=1)
    least = forms.IntegerField(
        label=_("Least number of exchanges"),
        min_value=0,
        max_value=1_000_000,
        initial=0,
        help_text=_("Of fewer nothing is said."),
    )
    cool_down_minutes = forms.IntegerField(
        label=_("Not told again within, minutes"), min_value=0, max_value=100_000, initial=60
    )
    severity = forms.ChoiceField(
        label=_("Severity"), choices=Severity.choices, initial=Severity.NORMAL
    )
    roles = forms.MultipleChoiceField(
        label=_("Told by mail: everybody who is"),
        choices=[(role.value, role.label) for role in Role if role in STAFF_ROLES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    recipients = forms.CharField(
        label=_("Told by mail: addresses"),
        required=False,
        max_length=1000,
        help_text=_("With commas between them. Nobody at all: it stands on the page only."),
    )
    reason = reason_field(_("Why the rule is so."))

    def __init__(self, data: Any, organisations: Iterable[Organisation], **options: Any) -> None:
        super().__init__(data, **options)
        named = [(str(each.id), each.name) for each in organisations]
        self.fields["organisation"].choices = [  # type: ignore[attr-defined]
            ("", _("every customer")),
            *named,
        ]

    @classmethod
    def of(cls, row: AlarmRule, organisations: Iterable[Organisation]) -> "RuleForm":
        initial = {name: getattr(row, name) for name in cls.base_fields if hasattr(row, name)}
        initial |= {
            "organisation": str(row.organisation_id or ""),
            "recipients": ", ".join(row.recipients),
        }
        return cls(None, organisations, initial=initial)

    def rule(self) -> Rule:
        given = {**self.cleaned_data}
        chosen = given.pop("organisation")
        given.pop("reason")
        addresses = given.pop("recipients").replace(";", ",").split(",")
        roles = tuple(given.pop("roles"))
        return Rule(
            **given,
            organisation_id=chosen or None,
            roles=roles,
            recipients=tuple(each.strip() for each in addresses if each.strip()),
        )
