"""The pages of a registration: one thing each, checked before anything is kept (ON-1)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.models import Sector
from archive.values import BusinessId
from onboarding.models import ActivityRole
from onboarding.services.registration import IDENTITY
from portal.forms.codes import refuse_code
from portal.forms.guide import NONE, Choice, Question

_DASHES = re.compile("[‐‑‒–−]")
_SHAPE = re.compile(r"^[0-9]{6,7}-?[0-9]$")
SECTORS = {"public": Sector.PUBLIC, "private": Sector.PRIVATE}
SECTOR_WORDS = {str(value): word for word, value in SECTORS.items()}

ROLES = Question(
    "roles",
    _("What does the organisation do with images?"),
    _("Choose all that hold."),
    (
        Choice(
            ActivityRole.PRODUCES,
            _("Produces images"),
            _("It images patients, and stores the studies."),
        ),
        Choice(ActivityRole.REPORTS, _("Reports on images"), _("Its own, or those of others.")),
        Choice(
            ActivityRole.USES,
            _("Uses images"),
            _("It retrieves images and documents to care for patients."),
        ),
    ),
    several=True,
)


def contents_question(contents: Mapping[str, Any]) -> Question:
    """`contents`: content type and its name in the reader's language."""
    choices = [Choice(code, name) for code, name in contents.items()]
    return Question(
        "content_types",
        _("Which contents will it archive?"),
        _("The rollout test asks for one study of each. More can be taken into use later."),
        (*choices, Choice(NONE, _("None: it only views or reports"), apart=True)),
        several=True,
    )


def services_question(services: Mapping[str, Any]) -> Question:
    """`services`: code and name of each Kanta service."""
    choices = [Choice(code, name) for code, name in services.items()]
    return Question(
        "services_used",
        _("Which Kanta services does it use already?"),
        _("The Patient Data Repository must be in use before the Imaging Data Repository."),
        (*choices, Choice(NONE, _("None yet"), apart=True)),
        several=True,
    )


class BusinessIdForm(forms.Form):
    business_id = forms.CharField(
        label=_("Business id"),
        help_text=_("Seven digits, a hyphen and a check digit, for example 1234567-1."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": _("Give the business id.")},
    )

    def clean_business_id(self) -> BusinessId:
        """Also without the hyphen, and an old one of six digits without its zero."""
        typed = _DASHES.sub("-", "".join(self.cleaned_data["business_id"].split()))
        if not _SHAPE.match(typed):
            raise ValidationError(
                gettext(
                    "A business id has seven digits, a hyphen and a check digit, as in 1234567-1."
                )
            )
        try:
            return BusinessId(typed.replace("-", "").zfill(8))
        except ValueError:
            raise ValidationError(
                gettext("The check digit does not fit the other digits. Check each of them.")
            ) from None


def _name(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=200,
        validators=[refuse_code],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        **options,
    )


class NamesForm(forms.Form):
    name_fi = _name(
        _("Name in Finnish"),
        help_text=_("The official name, as in the Business Information System."),
        error_messages={"required": _("Give the name in Finnish.")},
    )
    name_sv = _name(_("Name in Swedish"), required=False)
    name_en = _name(_("Name in English"), required=False)


class ContactForm(forms.Form):
    """Of one kind; the page says which."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        validators=[refuse_code],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Give a name: a person’s, or the unit’s.")},
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={
            "required": _("Give an e-mail address."),
            "invalid": _("This is no e-mail address. It looks like name@organisation.fi."),
        },
    )
    phone = forms.RegexField(
        r"^\+?[0-9 ()-]{5,}$",
        label=_("Telephone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
        error_messages={"invalid": _("Write digits, blanks and a plus sign only.")},
    )
    language = forms.ChoiceField(
        label=_("Language"),
        help_text=_("Mails to this contact are in it."),
        choices=settings.LANGUAGES,
    )


class QuestionForm(forms.Form):
    """A question with its choices; the answer is always a list."""

    def __init__(
        self, question: Question, data: Mapping[str, Any] | None, chosen: Iterable[str] = ()
    ) -> None:
        super().__init__(data)
        self.question = question
        self.kept = list(chosen)
        self.fields[question.name] = forms.Field(label=question.title, required=False)

    @property
    def chosen(self) -> list[str]:
        """What is ticked: as sent, else as kept."""
        return self._sent() if self.is_bound else self.kept

    @property
    def wrong(self) -> str:
        found = self.errors.get(self.question.name) if self.is_bound else None
        return str(found[0]) if found else ""

    def _sent(self) -> list[str]:
        given = self.data
        name = self.question.name
        return list(given.getlist(name)) if hasattr(given, "getlist") else list(given[name])

    def clean(self) -> dict[str, Any]:
        answers = self.question.answers(self._sent())
        if not answers:
            self.add_error(self.question.name, str(self.question.wrong))
        return {self.question.name: [each for each in answers if each != NONE]}


class DetailsForm(forms.Form):
    """What a registration told, all on one page, for whoever keeps it true later. Names and sector
    are left out for those who may not change them.
    """

    name_fi = _name(_("Name in Finnish"))
    name_sv = _name(_("Name in Swedish"), required=False)
    name_en = _name(_("Name in English"), required=False)
    sector = forms.ChoiceField(label=_("Sector"), choices=Sector.choices)
    roles = forms.MultipleChoiceField(
        label=_("What the organisation does with images"),
        choices=ActivityRole.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    content_types = forms.MultipleChoiceField(
        label=_("Contents that it archives"),
        help_text=_(
            "The rollout test asks for one study of each, and volumes are held against it."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    services_used = forms.MultipleChoiceField(
        label=_("Kanta services in use"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        kept: Mapping[str, Any],
        *,
        contents: Mapping[str, Any],
        services: Mapping[str, Any],
        identity: bool,
    ) -> None:
        """`contents` and `services`: codes with their names in the reader's language."""
        super().__init__(data, initial=dict(kept))
        for name, choices in (("content_types", contents), ("services_used", services)):
            self.fields[name].choices = list(choices.items())  # type: ignore[attr-defined]
        if not identity:
            for name in IDENTITY:
                del self.fields[name]
