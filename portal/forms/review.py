"""Forms of log review: filters in the address, acts on suspicions and cases, rules, watch list."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.models import (
    Organisation,
    ReviewCase,
    ReviewFinding,
    ReviewKind,
    ReviewRule,
    ReviewScope,
    ReviewState,
    SuspicionState,
)
from archive.queries import reviews
from archive.services import review_rules
from archive.values import today
from portal.forms.joining import day_field, line, prose
from portal.forms.moments import clock_field
from portal.forms.reasons import PatientForm, reason_field

ANY = ("", "–")
ALL = "all"
NEW = ("", _("a new review case"))


class SuspicionFilters(forms.Form):
    """Bound to the address; without a state those that nobody has looked at."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", SuspicionState.OPEN.label), *SuspicionState.choices[1:], (ALL, _("all"))],
    )
    kind = forms.ChoiceField(label=_("Cause"), required=False, choices=[ANY, *ReviewKind.choices])
    scope = forms.ChoiceField(
        label=_("Whose looks"), required=False, choices=[ANY, *ReviewScope.choices]
    )
    organisation = forms.ChoiceField(label=_("Customer"), required=False)

    def __init__(self, query: QueryDict, organisations: Iterable[Organisation]) -> None:
        super().__init__(query)
        named = [(str(each.id), each.name) for each in organisations]
        self.fields["organisation"].choices = [ANY, *named]  # type: ignore[attr-defined]

    def filters(self, environment: str) -> reviews.Filters | None:
        """What the list is narrowed by, or None when a filter cannot be read."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return reviews.Filters(
            environment=environment,
            state=_state(given["state"], SuspicionState.OPEN),
            kind=given["kind"],
            scope=given["scope"],
            organisation_id=UUID(given["organisation"]) if given["organisation"] else None,
        )


class ReviewCaseFilters(forms.Form):
    """Bound to the address; without a state the open ones."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", ReviewState.OPEN.label), *ReviewState.choices[1:], (ALL, _("all"))],
    )
    finding = forms.ChoiceField(
        label=_("Finding"), required=False, choices=[ANY, *ReviewFinding.choices]
    )
    owner = forms.ChoiceField(label=_("Owner"), required=False)

    def __init__(self, query: QueryDict, owners: Iterable[tuple[str, str]]) -> None:
        super().__init__(query)
        self.fields["owner"].choices = [ANY, *owners]  # type: ignore[attr-defined]

    def filters(self, environment: str) -> reviews.CaseFilters | None:
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return reviews.CaseFilters(
            environment=environment,
            state=_state(given["state"], ReviewState.OPEN),
            finding=given["finding"],
            owner_id=UUID(given["owner"]) if given["owner"] else None,
        )


def _state(given: str, unsaid: str) -> str:
    return "" if given == ALL else given or unsaid


# --- suspicions and cases -------------------------------------------------------------------------


class SettleForm(forms.Form):
    reason = reason_field(_("Why there is nothing to look into."))


class TakeForm(forms.Form):
    """Into an open case, or a new one."""

    case = forms.ChoiceField(label=_("Review case"), required=False)
    title = line(_("Title of a new case"), required=False)

    def __init__(self, data: Any, cases: Iterable[ReviewCase]) -> None:
        super().__init__(data)
        named = [(str(each.id), f"{each} {each.title}") for each in cases]
        self.fields["case"].choices = [NEW, *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if not found.get("case") and not found.get("title") and "title" not in self.errors:
            self.add_error("title", gettext("Give a new case a title."))
        return found


class NoteForm(forms.Form):
    text = prose(_("New note"))


class OwnerForm(forms.Form):
    owner = forms.ChoiceField(label=_("Owner"))

    def __init__(self, data: Any, owners: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["owner"].choices = list(owners)  # type: ignore[attr-defined]


class AskForm(forms.Form):
    organisation = forms.ChoiceField(label=_("Customer"))
    question = prose(
        _("Question"), help_text=_("The customer reads it with the entries, nothing else.")
    )

    def __init__(self, data: Any, organisations: Iterable[Organisation]) -> None:
        super().__init__(data)
        named = [(str(each.id), each.name) for each in organisations]
        self.fields["organisation"].choices = named  # type: ignore[attr-defined]


class FindingForm(forms.Form):
    finding = forms.ChoiceField(label=_("Finding"), choices=ReviewFinding.choices)
    text = prose(_("What it rests on"))


class ClosingForm(forms.Form):
    decision = prose(
        _("Decision"), help_text=_("What follows: measures, whom to tell, or that nothing follows.")
    )


class ReopenForm(forms.Form):
    reason = reason_field(_("Why the case is opened again."))


class AnswerForm(forms.Form):
    """The customer's explanation."""

    answer = prose(_("Explanation"))


# --- rules, the watch list ------------------------------------------------------------------------


class RuleForm(forms.Form):
    """The next version of a rule, with the fields that its kind has."""

    first_day = day_field(_("From"), help_text=_("Of today: from this moment."))
    is_on = forms.BooleanField(label=_("The rule raises suspicions"), required=False)
    threshold = forms.IntegerField(label=_("From how many on"), min_value=1, max_value=100_000)
    window_minutes = forms.IntegerField(
        label=_("Within how many minutes"), min_value=1, max_value=review_rules.MOST_MINUTES
    )
    opens = clock_field(_("Ordinary hours begin"))
    closes = clock_field(_("Ordinary hours end"))
    weekdays_only = forms.BooleanField(label=_("Weekends are outside the hours"), required=False)
    source = line(_("Source"), help_text=_("The decision or instruction that this rests on."))
    reason = reason_field(_("Why it changes."))

    def __init__(self, data: Any, rule: ReviewRule) -> None:
        names = ("is_on", "threshold", "window_minutes", "opens", "closes", "weekdays_only")
        told = {name: getattr(rule, name) for name in names}
        super().__init__(data, initial={**told, "first_day": today(), "source": rule.source})
        if rule.kind not in review_rules.COUNTED:
            del self.fields["threshold"]
        if rule.kind not in review_rules.TIMED:
            del self.fields["window_minutes"]
        if rule.kind != ReviewKind.OUTSIDE_HOURS:
            for name in ("opens", "closes", "weekdays_only"):
                del self.fields[name]

    def settings(self) -> review_rules.Settings:
        left = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        return review_rules.Settings(**left)


class WatchForm(PatientForm):
    """A person by exact code; posted always."""

    first_day = day_field(_("From"))
    last_day = day_field(_("Until"), required=False)
    field_order = ("code", "issuer", "first_day", "last_day", "reason")


class EndWatchForm(forms.Form):
    last_day = day_field(_("Last day"))
    reason = reason_field(_("Why the person is watched for no longer."))
