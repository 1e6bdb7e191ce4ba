"""The filters of HL7 messages and of merges, kept in the address; and the forms of a merge."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from archive.models import MessageOutcome, Organisation
from archive.queries import messages, persons
from archive.values import PatientIdentifier
from portal.forms.codes import refuse_code
from portal.forms.desk import ANY, PERIODS, since
from portal.forms.reasons import reason_field
from portal.hl7_words import EVENTS

MERGE_STATES = {
    persons.LIVE: _("in force"),
    persons.ASKED: _("undoing waits for a second person"),
    persons.UNDONE: pgettext_lazy("merge", "undone"),
}


class OfCustomers(forms.Form):
    organisation = forms.ChoiceField(label=_("Customer"), required=False)

    def __init__(self, query: QueryDict, organisations: Iterable[Organisation]) -> None:
        super().__init__(query)
        named = [(str(each.id), each.name) for each in organisations]
        self.fields["organisation"].choices = [ANY, *named]  # type: ignore[attr-defined]
        if len(named) < 2:
            del self.fields["organisation"]


class MessageFilters(OfCustomers):
    outcome = forms.ChoiceField(
        label=_("Outcome"), required=False, choices=[ANY, *MessageOutcome.choices]
    )
    event = forms.ChoiceField(label=_("Message"), required=False, choices=[ANY, *EVENTS.items()])
    period = forms.ChoiceField(label=_("Period"), required=False, choices=[ANY, *PERIODS.items()])
    control_id = forms.CharField(
        label=_("Message control id"), required=False, max_length=200, validators=[refuse_code]
    )

    def filters(
        self, environment: str, of_organisations: tuple[UUID, ...] | None
    ) -> messages.Filters | None:
        """What the list is narrowed by, or None when a filter cannot be read."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return messages.Filters(
            environment=environment,
            of_organisations=of_organisations,
            organisation_id=given.get("organisation") or None,
            event=given["event"],
            outcome=given["outcome"],
            control_id=given["control_id"].strip(),
            since=since(given["period"]),
        )


class MergeFilters(OfCustomers):
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[ANY, *MERGE_STATES.items()]
    )

    def filters(self, environment: str) -> persons.Filters | None:
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return persons.Filters(environment, given.get("organisation") or None, given["state"])


def _code(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


def _issuer() -> forms.CharField:
    return forms.CharField(
        label=_("Its issuer"),
        help_text=_("Only for a temporary code: the issuer’s OID."),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class MergeForm(forms.Form):
    """Two ids and why. Posted always: codes stand in no address and in no log."""

    retired = _code(_("Id that is retired"), _("For example a temporary code."))
    retired_issuer = _issuer()
    survivor = _code(_("Id that survives"), _("The whole code, for example 010181-900C."))
    survivor_issuer = _issuer()
    reason = reason_field(_("For example a case number, or who asked and why."))

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        for name in ("retired", "survivor"):
            if name not in found:
                continue
            issuer = found.get(f"{name}_issuer", "").strip()
            try:
                found[f"{name}_id"] = PatientIdentifier.parse(found[name], issuer)
            except ValueError:
                self.add_error(name, _("This is no valid code. Check each character."))
        return found


class ConfirmForm(MergeForm):
    """The same again, once the preview has been looked at."""

    looked = forms.BooleanField(
        label=_("I have looked at the differences, and both are the same person"), required=False
    )

    def __init__(self, *args: Any, differs: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["looked"].required = differs
        for name, field in self.fields.items():
            if name != "looked" or not differs:
                field.widget = forms.HiddenInput()


class UndoForm(forms.Form):
    reason = reason_field(_("What was found to be wrong with the merge."))
