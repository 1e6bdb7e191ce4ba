"""A version of a content type from a day on, and the end of one (AR-2)."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.models import ContentPolicy
from archive.objects import storage_classes
from archive.services.content_policies import Version
from portal.forms.codes import refuse_code
from portal.forms.joining import day_field, line, prose
from portal.forms.reasons import reason_field


def _why() -> forms.CharField:
    return reason_field(_("The act, decision or request that this rests on."))


class VersionForm(forms.Form):
    content_type = line(
        _("Word of the content type"),
        limit=32,
        help_text=_("Small letters, digits and underscores, such as visible_light."),
    )
    name_fi = line(_("Name in Finnish"), limit=100)
    name_sv = line(_("Name in Swedish"), limit=100)
    name_en = line(_("Name in English"), limit=100)
    sop_classes = forms.CharField(
        label=_("SOP classes"),
        required=False,
        max_length=10_000,
        help_text=_("One a line, by UID, name or keyword. Without any nothing can be archived."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    modalities = line(
        _("Modalities"),
        limit=200,
        required=False,
        help_text=_("Such as XC OP, with blanks between. Without any every modality is taken."),
    )
    code_demanded = forms.BooleanField(label=_("A study code is demanded"), required=False)
    allowed_from = day_field(
        _("From which day"), help_text=_("Today at the earliest: the past stays as it was.")
    )
    allowed_until = day_field(_("Last day"), required=False)
    duty_from = day_field(_("Duty to archive from"), required=False)
    source = line(_("Source"), help_text=_("Act and section, as people quote it."))
    contradiction = prose(_("Where the sources differ"), required=False)
    reason = _why()

    def __init__(self, data: Any, row: ContentPolicy | None) -> None:
        super().__init__(data, initial=_initial(row) if row else {"code_demanded": True})
        self.row = row
        if row is not None:
            del self.fields["content_type"]

    def clean_sop_classes(self) -> tuple[str, ...]:
        lines = [each.strip() for each in self.cleaned_data["sop_classes"].splitlines()]
        found = {each: storage_classes.find(each) for each in lines if each}
        unknown = [each for each, uid in found.items() if uid is None]
        if unknown:
            said = gettext("No storage SOP class of DICOM: %(classes)s.")
            raise forms.ValidationError(said % {"classes": ", ".join(unknown)[:300]})
        refuse_code(self.cleaned_data["sop_classes"])
        return tuple(sorted({uid for uid in found.values() if uid}))

    def clean_modalities(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data["modalities"].replace(",", " ").upper().split())

    def clean_source(self) -> str:
        return self._as_kept("source")

    def clean_contradiction(self) -> str:
        return self._as_kept("contradiction")

    def _as_kept(self, name: str) -> str:
        """What was left as it was shown stays the text that the row has, which others read in their
        languages.
        """
        given: str = self.cleaned_data[name]
        kept = getattr(self.row, name) if self.row is not None else ""
        return kept if given == _in_words(kept) else given

    def version(self) -> Version:
        given = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        if self.row is not None:
            given["content_type"] = self.row.content_type
        return Version(**given)


def _initial(row: ContentPolicy) -> dict[str, Any]:
    same = ("name_fi", "name_sv", "name_en", "code_demanded", "duty_from")
    return {
        **{name: getattr(row, name) for name in same},
        **{name: _in_words(getattr(row, name)) for name in ("source", "contradiction")},
        "modalities": " ".join(row.modalities),
        "sop_classes": "\n".join(storage_classes.name_of(uid) for uid in row.sop_classes),
    }


def _in_words(text: str) -> str:
    """A text that came with the system, in the reader's language."""
    return gettext(text) if text else ""


class EndForm(forms.Form):
    last_day = day_field(_("Last day"), help_text=_("Today at the earliest."))
    reason = _why()
