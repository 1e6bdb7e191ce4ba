"""Who follows a controller, from which day on, and why (ON-8)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.models import CustomerState, Organisation
from portal.forms.joining import day_field, prose


class SuccessionForm(forms.Form):
    successor = forms.ModelChoiceField(
        Organisation.objects.none(), label=_("Successor"), empty_label="–"
    )
    on = day_field(
        _("Data controller from"),
        help_text=_("At the earliest the day after the last day of use of the former one."),
    )
    reason = prose(_("Reason"), help_text=_("For example the decision that it rests on."))

    def __init__(self, *args: Any, former: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        successor = self.fields["successor"]
        assert isinstance(successor, forms.ModelChoiceField)
        successor.queryset = (
            Organisation.objects.filter(is_operator=False, state=CustomerState.IN_PRODUCTION)
            .exclude(id=former.id)
            .order_by("name_fi")
        )

    @property
    def mark(self) -> str:
        """What was chosen, so that the effect that was shown is the effect that is asked for."""
        told = self.cleaned_data
        return f"{told['successor'].id} {told['on'].isoformat()}"
