"""Corrections of what is recorded of a patient's wishes, each with its reason (AC-1)."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from archive.models import (
    ActingGround,
    Organisation,
    ProhibitionScope,
    RegisterType,
    WillSubject,
    WishSource,
)
from archive.queries import wishes as queries
from archive.rules.wishes import Wanted
from archive.services.wishes import Saying
from archive.values import now
from portal.forms.joining import day_field, line, prose
from portal.forms.moments import clock_field, moment_of
from portal.forms.reasons import reason_field

NONE = ("", "–")
STANCES = [
    ("yes", pgettext_lazy("will", "for")),
    ("no", pgettext_lazy("will", "against, or taken back")),
]


def _why() -> forms.CharField:
    """A patient's will is kept nowhere before it is recorded: of these forms the reason alone."""
    field = reason_field(_("How it is known that the record is wrong, and who asked for this."))
    field.widget.attrs["data-draft-alone"] = ""
    return field


class MistakeForm(forms.Form):
    """What is recorded never was so."""

    reason = _why()

    def saying(self) -> Saying:
        return Saying(WishSource.CORRECTION, reason=self.cleaned_data["reason"])


class CorrectionForm(forms.Form):
    """What was said and is not recorded, from the moment at which it was said."""

    day = day_field(_("Day on which it was said"))
    clock = clock_field(_("Time"))
    acting_ground = forms.ChoiceField(
        label=_("Said by another for the patient"),
        required=False,
        choices=[NONE, *((value, capfirst(label)) for value, label in ActingGround.choices)],
    )
    reason = _why()

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        at = moment_of(found)
        if at is not None and at > now():
            self.add_error("day", gettext("That moment has not come yet."))
        return found

    def saying(self) -> Saying:
        given = self.cleaned_data
        return Saying(
            WishSource.CORRECTION,
            effective_at=moment_of(given),
            acting_ground=given["acting_ground"],
            reason=given["reason"],
        )


class InformingForm(CorrectionForm):
    text_version = line(_("Version of the text"), limit=40, required=False)
    field_order = ("text_version",)


class WillForm(CorrectionForm):
    subject = forms.ChoiceField(label=_("Subject"), choices=WillSubject.choices)
    given = forms.ChoiceField(label=_("Will"), choices=STANCES)
    text = prose(_("In the patient’s words"), required=False, is_kept=False)
    field_order = ("subject", "given", "text")


class ProhibitionForm(CorrectionForm):
    scope = forms.ChoiceField(label=_("What is prohibited"), choices=ProhibitionScope.choices)
    provider = forms.ChoiceField(
        label=_("Service provider"),
        required=False,
        help_text=_("For a provider, one of its registers, or private occupational health care."),
    )
    register_type = forms.ChoiceField(
        label=_("Register"),
        required=False,
        choices=[NONE, *RegisterType.choices],
        help_text=_("Only for one register of a public provider."),
    )
    service_event = line(
        _("Service event"), limit=64, required=False, help_text=_("Only for one event: its OID.")
    )
    emergency_exception = forms.BooleanField(
        label=_("The patient allows use in an emergency"), required=False
    )
    field_order = (
        *("scope", "provider", "register_type", "service_event", "emergency_exception"),
        *("day", "clock", "acting_ground", "reason"),
    )

    def __init__(self, data: Any, providers: Iterable[Organisation]) -> None:
        super().__init__(data)
        self.providers = {str(each.id): each for each in providers}
        named = [(key, each.name) for key, each in self.providers.items()]
        self.fields["provider"].choices = [NONE, *named]  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        given = self.cleaned_data
        provider = self.providers.get(given["provider"])
        return Wanted(
            ProhibitionScope(given["scope"]),
            named=provider is not None,
            provider=queries.as_provider(provider) if provider else None,
            register_type=given["register_type"],
            service_event=given["service_event"],
            emergency_exception=given["emergency_exception"],
        )
