"""The forms of a planned connection, with the checks that help (ON-3)."""

from abc import abstractmethod
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.models import ConnectionKind, Environment
from archive.values import AeTitle
from onboarding.errors import CertificateUnreadable
from onboarding.models import PlannedConnection
from onboarding.rules.certificates import MAX_PEM, as_pem
from onboarding.services.connections import Plan
from portal.forms.joining import line

KEPT = (
    *("environment", "name", "aet", "host", "port", "may_store", "may_fetch", "ian_on"),
    *("retrieve_destination", "tls", "certificate"),
    *("hl7_application", "hl7_facility"),
)


class _Certified(forms.Form):
    """The part that all kinds have: a certificate, pasted or as a file."""

    certificate = forms.CharField(
        label=_("TLS certificate"),
        required=False,
        max_length=MAX_PEM,
        help_text=_("In PEM form, from BEGIN CERTIFICATE to END CERTIFICATE; never a private key."),
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "class": "mono"}),
    )
    certificate_file = forms.FileField(
        label=_("or as a file"), required=False, help_text=_("In PEM or DER form.")
    )

    def clean_certificate_file(self) -> UploadedFile | None:
        """Its text takes the place of what was pasted."""
        file: UploadedFile | None = self.cleaned_data["certificate_file"]
        if file is None:
            return None
        if (file.size or 0) > MAX_PEM:
            raise forms.ValidationError(gettext("The file is too large for a certificate."))
        try:
            self.cleaned_data["certificate"] = as_pem(file.read())
        except CertificateUnreadable:
            said = gettext("This file is no certificate in PEM or DER form.")
            raise forms.ValidationError(said) from None
        return file

    @abstractmethod
    def plan(self) -> Plan:
        """The connection as it was filled in."""


def _environment() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Environment"), choices=Environment.choices)


class DicomForm(_Certified):
    environment = _environment()
    name = line(_("Name of the system"), limit=100, required=False)
    aet = forms.CharField(
        label=_("AE title"),
        max_length=64,
        help_text=_("At most 16 characters; capitals, digits and underscores are safest."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    host = line(
        _("Host name or address"),
        limit=255,
        help_text=_("From where the system calls, and where it is called."),
    )
    port = forms.IntegerField(
        label=_("Port"),
        min_value=1,
        max_value=65_535,
        error_messages={
            name: _("A port is a number from 1 to 65535.")
            for name in ("invalid", "min_value", "max_value")
        },
    )
    may_store = forms.BooleanField(
        label=_("It stores studies, and corrects them"), required=False, initial=True
    )
    may_fetch = forms.BooleanField(
        label=_("It queries studies, and fetches them back"),
        required=False,
        initial=True,
        help_text=_("Leave out what the system does not do: the archive then refuses it."),
    )
    ian_on = forms.BooleanField(
        label=_("Send confirmations of registration (IAN) to it"), required=False
    )
    retrieve_destination = forms.BooleanField(
        label=_("Studies that are fetched (C-MOVE) may be returned to it"),
        required=False,
        initial=True,
    )
    tls = forms.BooleanField(
        label=_("Encrypted connections (TLS) only, in both directions"),
        required=False,
        help_text=_("The system shows its certificate when it calls and when it is called."),
    )
    field_order = (*KEPT[:-2], "certificate_file")

    def clean_aet(self) -> str:
        try:
            return AeTitle(self.cleaned_data["aet"])
        except ValueError:
            raise forms.ValidationError(
                gettext(
                    "An AE title has 1 to 16 characters of the English alphabet, digits and "
                    "signs, and no backslash."
                )
            ) from None

    def plan(self) -> Plan:
        given: dict[str, Any] = {name: self.cleaned_data[name] for name in KEPT[:-2]}
        environment = Environment(given.pop("environment"))
        return Plan(environment=environment, kind=ConnectionKind.DICOM, **given)


class Hl7Form(_Certified):
    environment = _environment()
    name = line(_("Name of the system"), limit=100, required=False)
    hl7_application = line(
        _("Sending application"), limit=100, help_text=_("MSH-3 of its messages, first component.")
    )
    hl7_facility = line(
        _("Sending facility"), limit=100, help_text=_("MSH-4 of its messages, first component.")
    )
    host = line(_("Host name or address"), limit=255, help_text=_("From where the system calls."))
    field_order = (
        *("environment", "name", "hl7_application", "hl7_facility", "host"),
        *("certificate", "certificate_file"),
    )

    def plan(self) -> Plan:
        given = self.cleaned_data
        return Plan(
            environment=Environment(given["environment"]),
            kind=ConnectionKind.HL7,
            **{
                name: given[name]
                for name in ("name", "hl7_application", "hl7_facility", "host", "certificate")
            },
        )


class XdsForm(_Certified):
    environment = _environment()
    name = line(_("Name of the system"), limit=100)
    field_order = ("environment", "name", "certificate", "certificate_file")

    def plan(self) -> Plan:
        given = self.cleaned_data
        return Plan(
            environment=Environment(given["environment"]),
            kind=ConnectionKind.XDS,
            name=given["name"],
            certificate=given["certificate"],
        )


class SourceForm(forms.Form):
    """A document source needs no plan: it is of the operator's making."""

    environment = _environment()


FORMS: dict[str, type[_Certified]] = {
    ConnectionKind.DICOM.value: DicomForm,
    ConnectionKind.XDS.value: XdsForm,
    ConnectionKind.HL7.value: Hl7Form,
}


def kept(row: PlannedConnection) -> dict[str, Any]:
    return {name: getattr(row, name) for name in KEPT}
