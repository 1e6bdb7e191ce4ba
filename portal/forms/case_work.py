"""What is asked when people work on a case."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.models import Connection, Severity, User
from portal.forms.codes import refuse_code, without_codes
from portal.forms.reasons import reason_field

NUMBER = re.compile(r"^\s*[Ee]?-?([0-9]{1,15})\s*$")
MARK = "\x1f"  # between a fact's name and its value


class OwnerForm(forms.Form):
    owner = forms.ChoiceField(label=_("Owner"), required=False)

    def __init__(self, data: Any, people: Iterable[User], owner_id: Any = None) -> None:
        super().__init__(data, initial={"owner": str(owner_id or "")})
        named = [(str(each.id), each.get_full_name() or each.username) for each in people]
        self.fields["owner"].choices = [("", _("nobody")), *named]  # type: ignore[attr-defined]


class SeverityForm(forms.Form):
    severity = forms.ChoiceField(label=_("Severity"), choices=Severity.choices)


class _Written(forms.Form):
    """Text that a person wrote: when it is refused it is not lost, but for the codes in it."""

    def given_back(self) -> Self:
        told = {name: self.data[name] for name in self.data}  # one value each, as the fields are
        self.data = {**told, "text": without_codes(str(told.get("text", "")))}
        return self


class CommentForm(_Written):
    """A note; what the customer reads, and whether the case waits for its answer."""

    OWN, SHARED, ASKING = "own", "shared", "asking"

    text = forms.CharField(
        label=_("Comment"),
        max_length=2000,
        validators=[refuse_code],
        widget=forms.Textarea(attrs={"rows": 3, "data-draft": ""}),
    )
    readers = forms.ChoiceField(
        label=_("Who reads it"),
        choices=(
            (OWN, _("the desk only")),
            (SHARED, _("the customer too")),
            (ASKING, _("the customer too, and the case waits for its answer")),
        ),
    )


class ReplyForm(_Written):
    text = forms.CharField(
        label=_("Reply to technical support"),
        help_text=_("Write no patient’s name or personal identity code."),
        max_length=2000,
        validators=[refuse_code],
        widget=forms.Textarea(attrs={"rows": 3, "data-draft": ""}),
    )


class JoinForm(forms.Form):
    case = forms.CharField(
        label=_("Join to case"),
        help_text=_("The number of the case that stays, for example E-1042."),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_case(self) -> int:
        found = NUMBER.match(self.cleaned_data["case"])
        if not found:
            raise forms.ValidationError(_("This is no case number."))
        return int(found[1])


class SplitForm(forms.Form):
    """The facts whose values differ among the case's events."""

    fact = forms.ChoiceField(
        label=_("Split off the events with"),
        help_text=_("Events to come with the same fact go to the new case too."),
    )

    def __init__(self, data: Any, facts: Sequence[tuple[str, str, str]]) -> None:
        super().__init__(data)
        self.fields["fact"].choices = [  # type: ignore[attr-defined]
            (f"{name}{MARK}{value}", words) for name, value, words in facts
        ]

    @property
    def chosen(self) -> tuple[str, str]:
        name, _mark, value = self.cleaned_data["fact"].partition(MARK)
        return name, value


class IgnoreForm(forms.Form):
    reason = reason_field(_("Why nothing needs doing. It can be undone."))


class RedirectForm(forms.Form):
    connection = forms.ChoiceField(
        label=_("Send to"),
        help_text=_("Another system of the same customer. What had arrived is not sent again."),
    )

    def __init__(self, data: Any, systems: Iterable[Connection]) -> None:
        super().__init__(data)
        self.fields["connection"].choices = [  # type: ignore[attr-defined]
            (str(each.id), f"{each} ({each.host}:{each.port})") for each in systems
        ]
