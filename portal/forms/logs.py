"""The filters of the logs, kept in the address, and the form of a report on who has seen."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from archive.models import Organisation, Register, User
from archive.queries import disclosures, use_log
from archive.queries.disclosures import DISCLOSED
from archive.values import PatientIdentifier, midnight
from portal.forms.codes import PATTERN, refuse_code
from portal.forms.days import day_field
from portal.forms.reasons import reason_field
from portal.log_words import GROUNDS, KINDS

ANY = ("", "–")
GROUND = re.compile(r"^[a-z0-9-]{1,40}$")


def _patient_field(query: QueryDict) -> forms.TypedChoiceField:
    """Set by its own search, not from a chip; in the address by an opaque id only."""
    return forms.TypedChoiceField(
        label=_("Patient"), choices=[(query["patient"], _("one person"))], coerce=UUID
    )


class LogFilters(forms.Form):
    """What both logs are narrowed by. Bound to the address."""

    organisation = forms.ChoiceField(label=_("Organisation"), required=False)
    since = day_field(_("From"))
    until = day_field(_("Until"))

    def __init__(self, query: QueryDict, organisations: Iterable[Organisation]) -> None:
        super().__init__(query)
        named = [(str(each.id), each.name) for each in organisations]
        _offer(self, "organisation", named)
        if query.get("patient"):
            self.fields["patient"] = _patient_field(query)

    @property
    def period(self) -> dict[str, datetime | None]:
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        return {
            "since": midnight(since) if since else None,
            "until": midnight(until + timedelta(days=1)) if until else None,
        }


class DisclosureFilters(LogFilters):
    user = forms.CharField(
        label=_("Professional’s id"),
        required=False,
        max_length=64,
        validators=[refuse_code],
        widget=forms.TextInput(attrs={"pattern": PATTERN, "autocomplete": "off"}),
    )
    controller = forms.ChoiceField(label=_("Data controller"), required=False)
    ground = forms.ChoiceField(label=_("Ground"), required=False)
    source = forms.ChoiceField(
        label=_("Source"),
        required=False,
        choices=[ANY, *((kind, KINDS[kind]) for kind in DISCLOSED)],
    )

    def __init__(
        self,
        query: QueryDict,
        organisations: Iterable[Organisation],
        registers: Iterable[Register],
    ) -> None:
        super().__init__(query, organisations)
        self.fields["organisation"].label = _("Receiver")
        _offer(
            self,
            "controller",
            [(each.controller_oid, each.organisation.name) for each in registers],
        )
        known = list(GROUNDS.items())
        other = query.get("ground", "")
        if other not in GROUNDS and GROUND.match(other):
            known.append((other, other))  # a ground of a policy row
        _offer(self, "ground", known)

    def filters(self, environment: str) -> disclosures.Filters | None:
        """What the log is narrowed by, or None when a filter cannot be read."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return disclosures.Filters(
            environment=environment,
            patient_id=given.get("patient") or None,
            receiver_id=UUID(given["organisation"]) if given["organisation"] else None,
            controller=given["controller"],
            user=given["user"],
            ground=given["ground"],
            kinds=(given["source"],) if given["source"] else DISCLOSED,
            **self.period,
        )


class UseFilters(LogFilters):
    person = forms.ChoiceField(label=_("Person"), required=False)
    kind = forms.ChoiceField(label=_("What happened"), required=False)

    def __init__(
        self, query: QueryDict, organisations: Iterable[Organisation], people: Iterable[User]
    ) -> None:
        super().__init__(query, organisations)
        _offer(
            self,
            "person",
            [(str(each.id), each.get_full_name() or each.username) for each in people],
        )
        kinds = [(kind, KINDS.get(kind, kind)) for kind in use_log.KINDS]
        _offer(self, "kind", sorted(kinds, key=lambda kind: str(kind[1]).casefold()))

    def filters(self, environment: str) -> use_log.Filters | None:
        """What the log is narrowed by, or None when a filter cannot be read."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return use_log.Filters(
            environment=environment,
            patient_id=given.get("patient") or None,
            organisation_id=UUID(given["organisation"]) if given["organisation"] else None,
            person_id=UUID(given["person"]) if given["person"] else None,
            kind=given["kind"],
            **self.period,
        )


def _offer(form: forms.Form, name: str, choices: Iterable[tuple[str, Any]]) -> None:
    form.fields[name].choices = [ANY, *choices]  # type: ignore[attr-defined]


def told(filters: disclosures.Filters | use_log.Filters) -> dict[str, str]:
    """The filters as the log keeps them: the patient stands in the event itself."""
    named = {each.name: getattr(filters, each.name) for each in fields(filters)}
    left_out = ("environment", "patient_id", "kinds")
    return {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name, value in named.items()
        if value and name not in left_out
    }


class WhoHasSeen(forms.Form):
    """A report for a patient or a controller. Posted always: the code stands in no address."""

    code = forms.CharField(
        label=_("Patient’s personal identity code"),
        help_text=_("For a report on one patient. Leave empty for a report on a controller."),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    issuer = forms.CharField(
        label=_("Issuer of a temporary code"),
        help_text=_("Only for a temporary code: the issuer’s OID."),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    controller = forms.ChoiceField(label=_("Data controller"), required=False)
    since = day_field(_("From"), required=True)
    until = day_field(_("Until"), required=True)
    reason = reason_field(_("For example a case number, or who asked and why."))
    special_reason = forms.CharField(
        label=_("Special reason"),
        help_text=_("Demanded when the report goes further back than the law gives without one."),
        min_length=3,
        max_length=200,
        required=False,
        validators=[refuse_code],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        registers: Iterable[Register],
        today: date,
        free_from: date,
    ) -> None:
        super().__init__(data, initial={"since": free_from, "until": today})
        self.today, self.free_from = today, free_from
        _offer(
            self,
            "controller",
            [(each.controller_oid, each.organisation.name) for each in registers],
        )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        self._clean_subject(found)
        since, until = found.get("since"), found.get("until")
        if until and until > self.today:
            self.add_error("until", _("The day is in the future."))
        if since and until and since > until:
            self.add_error("since", _("The first day is after the last."))
        if since and since < self.free_from and not found.get("special_reason"):
            if "special_reason" not in self.errors:
                self.add_error(
                    "special_reason",
                    _("Older entries are given for a special reason only. State it."),
                )
        return found

    def _clean_subject(self, found: dict[str, Any]) -> None:
        code, controller = found.get("code", ""), found.get("controller", "")
        if "code" in self.errors or "controller" in self.errors:
            return
        if bool(code) == bool(controller):
            self.add_error("code", _("Give either a patient’s code or a data controller."))
        elif code:
            try:
                found["identifier"] = PatientIdentifier.parse(code, found["issuer"].strip())
            except ValueError:
                self.add_error("code", _("This is no valid code. Check each character."))
