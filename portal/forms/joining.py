"""Forms of a customer's road: evidence, systems, terms, people, notice (ON-2, ON-5, ON-6)."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings as django_settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.text import capfirst, format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.config import settings
from archive.models import Role
from archive.values import today
from onboarding.models import ContactKind, JoiningState, SpecificationVersion, TermsKind
from onboarding.queries.alarms import AlarmKind
from onboarding.services.memberships import CUSTOMER_ROLES
from portal.formats import day_text
from portal.forms import days
from portal.forms.codes import PATTERN, refuse_code

ANY = ("", "–")
WAITS_FOR = {
    "customer": _("the customer"),
    "officer": _("us"),
    "time": _("the last day of use"),
}
ALARMS = {
    AlarmKind.WINDOW: _("certificate or specification version runs out"),
    AlarmKind.TERMS: _("terms not accepted"),
    AlarmKind.NOTICE: _("notice running"),
}


def day_field(label: Any, **options: Any) -> forms.DateField:
    return days.day_field(label, **{"required": True, **options})


def line(label: Any, *, limit: int = 200, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=limit,
        validators=[refuse_code],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        **options,
    )


def prose(label: Any, *, is_kept: bool = True, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=10_000,
        validators=[refuse_code],
        widget=forms.Textarea(attrs={"rows": 4, **({"data-draft": ""} if is_kept else {})}),
        **options,
    )


class PipelineFilters(forms.Form):
    """Kept in the address."""

    name = forms.CharField(
        label=_("Name or business id"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"pattern": PATTERN, "autocomplete": "off"}),
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[ANY, *JoiningState.choices]
    )
    waits_for = forms.ChoiceField(
        label=_("Waits for"), required=False, choices=[ANY, *WAITS_FOR.items()]
    )
    warning = forms.ChoiceField(label=_("Warning"), required=False, choices=[ANY, *ALARMS.items()])


class MoveForm(forms.Form):
    """The reason of a step, which the customer's contacts read in their mail."""

    reason = prose(_("Reason"), required=False)

    def __init__(self, *args: Any, needed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needed


class EvidenceForm(forms.Form):
    number = line(_("Number"), limit=100, required=False, help_text=_("Of the certificate."))
    dated = day_field(_("Date"), required=False)
    note = prose(_("Note"), required=False)
    file = forms.FileField(label=_("File"), required=False, help_text=_("PDF, PNG, JPEG or ASiC."))

    def clean_file(self) -> UploadedFile | None:
        """The size before the content is read."""
        file: UploadedFile | None = self.cleaned_data["file"]
        limit = settings().evidence_max_bytes
        if file is not None and (file.size or 0) > limit:
            said = gettext("The file is too large. It may be at most %(limit)s.")
            raise forms.ValidationError(said % {"limit": filesizeformat(limit)})
        return file


class JudgeForm(forms.Form):
    """`seen` tells upon which evidence the officer judges."""

    judgement = prose(
        _("What was looked at, or why it is not accepted"),
        required=False,
        help_text=_("Needed when it is not accepted; the customer reads it."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)


class SystemForm(forms.Form):
    product = line(_("Product"))
    version = line(_("Version"), limit=60)
    certificate_number = line(_("Number of the certificate"), limit=100)
    regulation = line(_("Certified against"), help_text=_("For example THL 5/2021, annex 3e."))
    specification = forms.ModelChoiceField(
        SpecificationVersion.objects.all(), label=_("Specification version"), empty_label="–"
    )
    valid_from = day_field(_("Certificate valid from"))
    valid_until = day_field(_("Certificate valid until"), required=False)


class AcceptForm(forms.Form):
    """`document` is the version that was read."""

    document = forms.UUIDField(widget=forms.HiddenInput)
    authority = line(
        _("With what authority"),
        help_text=_("Your position and what it rests on, as in the rules of procedure."),
    )
    agreed = forms.BooleanField(label=_("I accept this for the organisation."))


class PublishForm(forms.Form):
    kind = forms.ChoiceField(label=_("Document"), choices=TermsKind.choices)
    version = line(_("Version"), limit=40)
    valid_from = day_field(_("In force from"), help_text=_("Today or later."))
    text_fi = prose(_("Text in Finnish"))
    text_sv = prose(_("Text in Swedish"))
    text_en = prose(_("Text in English"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("text_fi", "text_sv", "text_en"):
            text = self.fields[name]
            assert isinstance(text, forms.CharField)
            text.max_length = None
            text.validators = [refuse_code]
            text.widget.attrs.pop("maxlength", None)
            text.widget.attrs["rows"] = 12


class ContactsForm(forms.Form):
    """Three contacts on one page; fields are named as the service names them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in ContactKind:
            whose = capfirst(kind.label)
            self._add(kind, "name", line(_said(whose, _("name")), required=False))
            self._add(
                kind,
                "email",
                forms.EmailField(
                    label=_said(whose, _("e-mail address")),
                    max_length=254,
                    required=False,
                    error_messages={
                        "invalid": _(
                            "This is no e-mail address. It looks like name@organisation.fi."
                        )
                    },
                ),
            )
            self._add(
                kind,
                "phone",
                forms.RegexField(
                    r"^\+?[0-9 ()-]{5,}$",
                    label=_said(whose, _("telephone")),
                    max_length=40,
                    required=False,
                    widget=forms.TextInput(attrs={"type": "tel"}),
                    error_messages={"invalid": _("Write digits, blanks and a plus sign only.")},
                ),
            )
            self._add(
                kind,
                "language",
                forms.ChoiceField(
                    label=_said(whose, _("language")), choices=django_settings.LANGUAGES
                ),
            )

    def _add(self, kind: ContactKind, name: str, field: forms.Field) -> None:
        self.fields[f"{kind}-{name}"] = field

    def is_filled(self, kind: str) -> bool:
        return any(self.cleaned_data[f"{kind}-{name}"] for name in ("name", "email", "phone"))

    def told(self) -> dict[str, dict[str, str]]:
        """By kind, as `set_contacts` takes it."""
        found: dict[str, dict[str, str]] = {}
        for field, value in self.cleaned_data.items():
            kind, _dash, name = field.rpartition("-")
            found.setdefault(kind, {})[name] = value
        return found


def _said(whose: Any, what: Any) -> Any:
    return format_lazy("{whose}, {what}", whose=whose, what=what)


class InviteForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={
            "invalid": _("This is no e-mail address. It looks like name@organisation.fi.")
        },
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=[(role.value, role.label) for role in reversed(CUSTOMER_ROLES)]
    )
    language = forms.ChoiceField(
        label=_("Language of the invitation"), choices=django_settings.LANGUAGES
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=[(role.value, role.label) for role in CUSTOMER_ROLES])

    @property
    def chosen(self) -> Role:
        return Role(self.cleaned_data["role"])


class NoticeForm(forms.Form):
    given_on = day_field(_("Notice given on"), help_text=_("Today or later."))
    reason = line(_("Reason"), limit=2000, required=False)

    def __init__(self, *args: Any, earliest: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if earliest < today():  # for an officer, to whom a letter came
            said = gettext("The day on which it came, %(day)s or later.")
            self.fields["given_on"].help_text = said % {"day": day_text(earliest)}
