"""How much a customer may load the archive."""

from dataclasses import fields

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.services.limits import Limits
from portal.forms.reasons import reason_field

MOST_ASSOCIATIONS, MOST_OBJECTS = 1_000, 10_000_000


class LimitsForm(forms.Form):
    associations = forms.IntegerField(
        label=_("Associations at once"),
        help_text=_(
            "In each environment, on each machine that receives: two machines take twice as many. "
            "Further ones are told to come later."
        ),
        min_value=1,
        max_value=MOST_ASSOCIATIONS,
    )
    objects_per_minute = forms.IntegerField(
        label=_("Objects stored a minute"),
        help_text=_(
            "In each environment, on each machine that receives: two machines take twice as many. "
            "What comes beyond them is answered A700, to be sent again later."
        ),
        min_value=1,
        max_value=MOST_OBJECTS,
    )
    calls_per_minute = forms.IntegerField(
        label=_("Calls of the API a minute"),
        help_text=_(
            "By all its tokens together, on all machines. Calls beyond it are told when to come "
            "again."
        ),
        min_value=1,
        max_value=MOST_OBJECTS,
    )
    token_calls_per_minute = forms.IntegerField(
        label=_("Calls of the API a minute by one token"),
        min_value=1,
        max_value=MOST_OBJECTS,
    )
    reason = reason_field(_("Why this customer needs limits of its own."))

    def limits(self) -> Limits:
        return Limits(**{each.name: self.cleaned_data[each.name] for each in fields(Limits)})


class EveryonesForm(forms.Form):
    reason = reason_field(_("Why everyone’s limits fit again."))
