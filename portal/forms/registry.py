"""The filters of the registry, kept in the address: nothing of them names a patient."""

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.models import DocumentKind, DocumentStatus
from archive.queries import registry_messages
from archive.queries.registry import Filters
from portal.forms.codes import refuse_code
from portal.forms.desk import ANY, PERIODS, since
from portal.forms.messages import OfCustomers
from portal.registry_words import ACTIONS

OUTCOMES = {
    registry_messages.TAKEN: _("taken"),
    registry_messages.REFUSED: _("refused"),
}


class RegistryFilters(OfCustomers):
    kind = forms.ChoiceField(
        label=_("Document"), required=False, choices=[ANY, *DocumentKind.choices]
    )
    status = forms.ChoiceField(
        label=_("State"), required=False, choices=[ANY, *DocumentStatus.choices]
    )
    period = forms.ChoiceField(label=_("Period"), required=False, choices=[ANY, *PERIODS.items()])
    named = forms.CharField(
        label=_("Accession number or identifier"),
        required=False,
        max_length=128,
        validators=[refuse_code],
    )

    def filters(self, environment: str) -> Filters | None:
        """What the list is narrowed by, or None when a filter cannot be read."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return Filters(
            environment=environment,
            organisation_id=given.get("organisation") or None,
            kind=given["kind"],
            status=given["status"],
            named=given["named"].strip(),
            since=since(given["period"]),
        )


class MessageFilters(OfCustomers):
    action = forms.ChoiceField(label=_("Message"), required=False, choices=[ANY, *ACTIONS.items()])
    outcome = forms.ChoiceField(
        label=_("Outcome"), required=False, choices=[ANY, *OUTCOMES.items()]
    )
    period = forms.ChoiceField(label=_("Period"), required=False, choices=[ANY, *PERIODS.items()])
    named = forms.CharField(
        label=_("MessageID or reference"),
        required=False,
        max_length=128,
        validators=[refuse_code],
    )

    def filters(self, environment: str) -> registry_messages.Filters | None:
        """What the list is narrowed by, or None when a filter cannot be read."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return registry_messages.Filters(
            environment=environment,
            organisation_id=given.get("organisation") or None,
            action=given["action"],
            outcome=given["outcome"],
            named=given["named"].strip(),
            since=since(given["period"]),
        )
