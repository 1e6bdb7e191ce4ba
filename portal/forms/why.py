"""Who would see what: an asker, what for, and one or two moments (AC-5). Kept in the address, in
which the patient stands by an opaque id.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from archive.actors import Purpose, Requester
from archive.models import Organisation, RegisterType
from archive.rules.access import Action
from archive.services.why import WHAT_IF, Question
from archive.values import now
from portal.forms.codes import PATTERN
from portal.forms.joining import day_field, line
from portal.forms.moments import clock_field, moment_of

VOUCHED, ASSERTED = "vouched", "asserted"
OTHER_PURPOSE = "other"
PURPOSES = (
    (Purpose.TREATMENT.value, _("treatment")),
    (Purpose.EMERGENCY.value, pgettext_lazy("purpose", "emergency")),
    (OTHER_PURPOSE, _("another purpose")),
)
ACTIONS = (
    (Action.QUERY.value, _("XDS, WADO and FHIR: query and retrieve")),
    (Action.RETURN.value, _("DICOM and DICOMweb: return to own system")),
)


def _text(label: Any, limit: int, **options: Any) -> forms.CharField:
    field = line(label, limit=limit, required=False, **options)
    field.widget.attrs["pattern"] = PATTERN
    return field


class WhyForm(forms.Form):
    organisation = forms.ChoiceField(label=_("Organisation that asks"))
    action = forms.ChoiceField(label=_("By which interface"), choices=ACTIONS, required=False)
    how = forms.ChoiceField(
        label=_("Who vouches"),
        required=False,
        choices=[
            (VOUCHED, _("the organisation, by its system’s credentials")),
            (ASSERTED, _("an assertion about the professional (XUA)")),
        ],
    )
    purpose = forms.ChoiceField(
        label=_("Purpose in the assertion"), choices=PURPOSES, required=False
    )
    care_relation = forms.BooleanField(label=_("It names a care relation"), required=False)
    role = _text(_("Professional role"), 40, help_text=_("The code in the assertion."))
    register_type = forms.ChoiceField(
        label=_("Own register it works for"),
        required=False,
        choices=[("", _("any of its own")), *RegisterType.choices],
    )
    register_specifier = _text(_("Specifier of that register"), 64)
    day = day_field(_("As of, day"), required=False)
    clock = clock_field(_("Time"), required=False)
    other_day = day_field(_("Compared with, day"), required=False)
    other_clock = clock_field(_("Time"), required=False)

    def __init__(self, query: QueryDict, organisations: Iterable[Organisation]) -> None:
        self.organisations = {str(each.id): each for each in organisations}
        super().__init__(query if query.get("organisation") else None)
        named = [(key, each.name) for key, each in self.organisations.items()]
        self.fields["organisation"].choices = [("", "–"), *named]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        for name, usual in (
            ("action", Action.QUERY.value),
            ("how", VOUCHED),
            ("purpose", Purpose.TREATMENT.value),
        ):
            found[name] = found.get(name) or usual
        for prefix in ("", "other_"):
            at = moment_of(found, prefix)
            if at is not None and at > now():
                self.add_error(f"{prefix}day", gettext("That moment has not come yet."))
        return found

    def question(self) -> Question:
        given = self.cleaned_data
        asker = self.organisations[given["organisation"]]
        action = Action(given["action"])
        if given["how"] != ASSERTED:
            return Question(asker, action)
        requester = Requester(
            WHAT_IF,
            role=given["role"],
            purpose=given["purpose"],
            care_relation=WHAT_IF if given["care_relation"] else "",
            register_type=given["register_type"],
            register_specifier=given["register_specifier"],
        )
        return Question(asker, action, requester)

    def moments(self) -> list[datetime | None]:
        """The moment asked of, None for now; and the other one when a comparison is wanted."""
        given = self.cleaned_data
        other = moment_of(given, "other_")
        return [moment_of(given), *([other] if other is not None else [])]

    def told(self) -> list[tuple[str, str]]:
        """The question as label and value, for the page and its print."""
        asserted = ("purpose", "care_relation", "role", "register_type", "register_specifier")
        names = ["organisation", "action", "how"]
        names += asserted if self.cleaned_data["how"] == ASSERTED else []
        return [(str(self.fields[name].label), self._shown(name)) for name in names]

    def _shown(self, name: str) -> str:
        value = self.cleaned_data[name]
        if isinstance(value, bool):
            return gettext("yes") if value else gettext("no")
        choices = dict(getattr(self.fields[name], "choices", ()))
        return str(choices.get(value, value)) or "–"
