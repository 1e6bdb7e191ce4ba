"""Queues held and webhooks made."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.models import Environment, Organisation, WebhookEvent
from portal.forms.joining import line
from portal.forms.reasons import reason_field

PAUSE, DRAIN, GO_ON = "pause", "drain", "go-on"


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
