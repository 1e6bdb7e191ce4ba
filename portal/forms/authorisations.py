"""Forms of purchased-service authorisations: filters, the steps of an order, reasons (AC-3)."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors.authorisations import AuthorisationInvalid
from archive.models import (
    AuthorisationLevel,
    AuthorisationState,
    Organisation,
    Patient,
    Register,
    Urgency,
)
from archive.queries import authorisations as queries
from archive.rules.authorisations import LENGTHS, ORDER_FIELDS, Order
from archive.services.authorisation_rows import faults_of
from archive.values import PatientIdentifier
from portal.advice import ADVICE
from portal.authorisation_words import FAULTS, FIELDS
from portal.forms.codes import PATTERN, refuse_code
from portal.forms.joining import day_field, line
from portal.forms.reasons import reason_field

ANY = ("", "–")
SORTS = {
    "-made": _("newest first"),
    "due": _("by the day it is wanted"),
    "ends": _("by the end of validity"),
    "-changed": _("last changed first"),
}


def _optional_day(label: Any) -> forms.DateField:
    return day_field(label, required=False)


class AuthorisationFilters(forms.Form):
    """Bound to the address. The patient is there by an opaque id only, once searched for."""

    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[ANY, (queries.LIVE, _("open")), *AuthorisationState.choices],
    )
    organiser = forms.ChoiceField(label=_("Organiser"), required=False)
    producer = forms.ChoiceField(label=_("Producer"), required=False)
    level = forms.ChoiceField(
        label=_("Level"), required=False, choices=[ANY, *AuthorisationLevel.choices]
    )
    service = forms.CharField(
        label=_("Service"),
        required=False,
        max_length=100,
        validators=[refuse_code],
        widget=forms.TextInput(attrs={"pattern": PATTERN, "autocomplete": "off"}),
    )
    late = forms.ChoiceField(
        label=_("Late"), required=False, choices=[ANY, ("yes", _("late only"))]
    )
    made_from = _optional_day(_("Made from"))
    made_until = _optional_day(_("Made until"))
    due_until = _optional_day(_("Wanted by"))
    valid_on = _optional_day(_("Valid on"))
    sort = forms.ChoiceField(label=_("Sort"), required=False, choices=[ANY, *SORTS.items()])

    def __init__(self, query: QueryDict, parties: Mapping[str, Iterable[Organisation]]) -> None:
        """`parties` are the organisers and producers to choose from; one alone is no choice."""
        super().__init__(query)
        for name in ("organiser", "producer"):
            named = [(str(each.id), each.name) for each in parties.get(name, ())]
            self.fields[name].choices = [ANY, *named]  # type: ignore[attr-defined]
            if not named:
                del self.fields[name]
        if query.get("patient"):
            self.fields["patient"] = forms.TypedChoiceField(
                label=_("Patient"), choices=[(query["patient"], _("one person"))], coerce=UUID
            )

    def filters(self) -> queries.Filters | None:
        """What the list is narrowed by, or None when a filter cannot be read."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        return queries.Filters(
            state=given["state"],
            organiser_id=given.get("organiser") or None,
            producer_id=given.get("producer") or None,
            level=given["level"],
            service=given["service"],
            person_id=given.get("patient") or None,
            late=bool(given["late"]),
            made_from=given["made_from"],
            made_until=given["made_until"],
            due_until=given["due_until"],
            valid_on=given["valid_on"],
        )

    @property
    def sorted_by(self) -> str:
        return self.cleaned_data.get("sort") or queries.FIRST_SORT


# --- the steps of an order ------------------------------------------------------------------------


class RegisterField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return register_words(obj)


class WhomForm(forms.Form):
    """Whose images, and whose register. Posted: the code stands in no address."""

    level = forms.ChoiceField(
        label=_("Level"),
        choices=AuthorisationLevel.choices,
        help_text=_("At population level the producer works for every patient of the register."),
    )
    code = forms.CharField(
        label=_("Personal identity code"),
        help_text=_("For one patient: the whole code, for example 010181-900C."),
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
    register = RegisterField(Register.objects.none(), label=_("Register"))

    def __init__(
        self, *args: Any, registers: Any, known: Patient | None = None, **kwargs: Any
    ) -> None:
        """`known` is whose it was before: the code is not shown again, and stays when none is
        written.
        """
        super().__init__(*args, **kwargs)
        self.known = known
        if known is not None:
            said = _("It is %(code)s. Write another code only to change the patient.")
            self.fields["code"].help_text = said % {"code": known.masked}
        choice = self.fields["register"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = registers
        first = registers.first()
        if first is not None and registers.count() == 1:
            choice.initial, choice.empty_label = first.pk, None

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        found["patient"] = None
        if found.get("level") != AuthorisationLevel.PATIENT:
            return found
        code = found.get("code", "")
        if not code and self.known is not None:
            found["patient"] = PatientIdentifier(self.known.identifier, self.known.issuer)
            return found
        if not code:
            self.add_error("code", _("Give the patient’s code."))
            return found
        try:
            found["patient"] = PatientIdentifier.parse(code, found.get("issuer", "").strip())
        except ValueError:
            self.add_error("code", _("This is no valid code. Check each character."))
        return found


def register_words(register: Register) -> str:
    """Whose it is, of what type, and its specifier."""
    said = f"{register.organisation.name}, {register.get_type_display()}"
    return f"{said} {register.specifier}".strip()


class OrderForm(forms.Form):
    """What is ordered."""

    service_code = line(
        FIELDS["service_code"],
        limit=LENGTHS["service_code"],
        required=False,
        help_text=_("A study code, for example AA1AD, or another code you have agreed on."),
    )
    service_code.widget.attrs["list"] = "study-codes"  # what is suggested
    service_text = line(FIELDS["service_text"], limit=LENGTHS["service_text"], required=False)
    order_text = forms.CharField(
        label=FIELDS["order_text"],
        max_length=LENGTHS["order_text"],
        required=False,
        validators=[refuse_code],
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What the producer needs to know for the work."),
    )
    urgency = forms.ChoiceField(
        label=FIELDS["urgency"], choices=Urgency.choices, initial=Urgency.ROUTINE
    )
    due_on = day_field(
        FIELDS["due_on"],
        required=False,
        help_text=_("Follow-up shows the order as late after this day."),
    )
    service_event = line(
        FIELDS["service_event"],
        limit=64,
        required=False,
        help_text=_("The OID of the service event in your patient system."),
    )


class TermsForm(forms.Form):
    """For whom, from when to when, with which rights."""

    producer = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=FIELDS["producer"],
        required=False,
        empty_label=_("not known yet"),
        help_text=_("Without a producer the authorisation gives no rights; you can name it later."),
    )
    valid_from = day_field(FIELDS["valid_from"])
    valid_until = day_field(
        FIELDS["valid_until"],
        required=False,
        help_text=_("The last day. Without one it holds until you revoke it."),
    )
    may_read = forms.BooleanField(
        label=_("The producer may see what the register holds of the patient"),
        required=False,
        initial=True,
    )
    may_write = forms.BooleanField(
        label=_("The producer may store images into the register"), required=False, initial=True
    )
    voucher_number = line(FIELDS["voucher_number"], limit=LENGTHS["voucher_number"], required=False)
    voucher_value = forms.DecimalField(
        label=FIELDS["voucher_value"],
        required=False,
        max_digits=9,
        decimal_places=2,
        min_value=Decimal(0),
        localize=True,
    )
    voucher_expires_on = day_field(FIELDS["voucher_expires_on"], required=False)

    def __init__(self, *args: Any, producers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["producer"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = producers


class VersionForm(TermsForm, OrderForm):
    """A whole version on one page, for an amendment."""

    field_order = ("producer", *ORDER_FIELDS)


class ReasonOfMove(forms.Form):
    reason = reason_field(_("The other party reads it. Do not write the patient’s code here."))


def order_of(given: Mapping[str, Any]) -> Order:
    """What valid forms were told."""
    return Order(**{name: given[name] for name in ORDER_FIELDS})


def kept(form: forms.Form) -> dict[str, Any]:
    """What a step was told, as JSON keeps it and the form reads it again."""
    return {name: _plain(value) for name, value in form.cleaned_data.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (Organisation, Decimal)):
        return str(value.pk) if isinstance(value, Organisation) else str(value)
    return value


def blame(form: forms.Form, error: ArchiveError) -> None:
    """Each fault at its field, else above the form."""
    if isinstance(error, AuthorisationInvalid) and "faults" in error.facts:
        for field, fault in faults_of(error):
            form.add_error(field if field in form.fields else None, str(FAULTS[fault]))
        return
    form.add_error(None, refusal(error))


def refusal(error: ArchiveError) -> str:
    """What was refused and what to do, in the customer's words."""
    advice = ADVICE[next(each for each in type(error).__mro__ if each in ADVICE)]
    return f"{advice.customer_cause} {advice.customer_step}"
