"""Queues held and jobs narrowed, webhooks made, and what was sent to them narrowed."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from archive.models import (
    Environment,
    Job,
    JobKind,
    Organisation,
    Webhook,
    WebhookDelivery,
    WebhookEvent,
)
from portal.forms.joining import line
from portal.forms.reasons import reason_field

PAUSE, DRAIN, GO_ON = "pause", "drain", "go-on"
ANY = ("", "–")
DELIVERED, OWED = "delivered", "owed"


class HoldForm(forms.Form):
    what = forms.ChoiceField(
        label=_("What is done"),
        choices=(
            (PAUSE, _("pause: nothing more is begun")),
            (DRAIN, _("drain: what is owed by now is still done, what comes later waits")),
            (GO_ON, _("let it go on")),
        ),
    )
    reason = reason_field(_("Why, and until when."))


class JobFilters(forms.Form):
    """Kept in the address."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[ANY, *JobKind.choices])

    def narrowed(self, rows: QuerySet[Job]) -> QuerySet[Job]:
        """By a form that is valid."""
        kind = self.cleaned_data["kind"]
        return rows.filter(kind=kind) if kind else rows


class WebhookForm(forms.Form):
    name = line(_("Name"), limit=100)
    organisation = forms.ChoiceField(label=_("Organisation"))
    environment = forms.ChoiceField(label=_("Environment"), choices=Environment.choices)
    url = forms.URLField(label=_("Address of the receiver"), max_length=400, assume_scheme="https")
    events = forms.MultipleChoiceField(
        label=_("What it is told of"),
        choices=WebhookEvent.choices,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any, organisations: Iterable[Organisation]) -> None:
        super().__init__(data)
        named = [(str(each.id), each.name) for each in organisations]
        self.fields["organisation"].choices = named  # type: ignore[attr-defined]


class DeliveryFilters(forms.Form):
    """Kept in the address."""

    webhook = forms.ChoiceField(label=_("Webhook"), required=False)
    event = forms.ChoiceField(
        label=_("Event"), required=False, choices=[ANY, *WebhookEvent.choices]
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[ANY, (DELIVERED, _("delivered")), (OWED, _("not delivered"))],
    )

    def __init__(self, query: Any, webhooks: Iterable[Webhook]) -> None:
        super().__init__(query)
        named = [(str(each.id), each.name) for each in webhooks]
        self.fields["webhook"].choices = [ANY, *named]  # type: ignore[attr-defined]

    def narrowed(self, rows: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
        """By a form that is valid."""
        given = self.cleaned_data
        exact = {"webhook_id": given["webhook"], "event": given["event"]}
        rows = rows.filter(**{name: value for name, value in exact.items() if value})
        if given["state"]:
            rows = rows.filter(delivered_at__isnull=given["state"] == OWED)
        return rows
