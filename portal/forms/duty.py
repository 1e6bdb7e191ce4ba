"""The filters of duty against fact, kept in the address."""

from collections.abc import Mapping, Sequence

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from onboarding.queries.duty import URGENT, Row
from onboarding.rules.duty import Verdict

MONTHS = {"12": _("12 months"), "3": _("3 months"), "24": _("24 months")}
VERDICTS = {
    Verdict.NOTHING: _("nothing came"),
    Verdict.QUIET: _("gone quiet"),
    Verdict.UNTOLD: _("not announced"),
    Verdict.STORES: _("archives"),
    Verdict.TO_COME: _("duty to come"),
    Verdict.FREE: _("no duty"),
}


class DutyFilters(forms.Form):
    """Without a content or state only what needs somebody is left."""

    content = forms.ChoiceField(label=_("Content type"), required=False)
    verdict = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", "–"), *VERDICTS.items()]
    )
    months = forms.ChoiceField(
        label=_("Period"), required=False, choices=[("", "–"), *MONTHS.items()]
    )

    def __init__(self, query: QueryDict, contents: Mapping[str, str]) -> None:
        super().__init__(query)
        named = [(word, capfirst(name)) for word, name in sorted(contents.items())]
        self.fields["content"].choices = [("", "–"), *named]  # type: ignore[attr-defined]

    @property
    def count(self) -> int:
        """How many months are looked at."""
        return int(self._given("months") or "12")

    def left(self, rows: Sequence[Row]) -> list[Row]:
        """What the filters leave, the urgent first."""
        content, verdict = self._given("content"), self._given("verdict")
        wanted = [Verdict(verdict)] if verdict else list(Verdict) if content else URGENT
        found = [
            row
            for row in rows
            if row.verdict in wanted and content in ("", row.content.content_type)
        ]
        order = list(Verdict)
        return sorted(found, key=lambda row: order.index(row.verdict))

    def _given(self, name: str) -> str:
        return str(self.cleaned_data.get(name, "")) if self.is_valid() else ""
