"""The filters of the support desk, kept in the address."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from archive.models import CaseState, Handling, Organisation, Severity
from archive.queries.desk import Filters
from archive.queries.overview import midnight
from archive.values import now
from portal.advice import ADVICE
from portal.names import EDGES

ANY = ("", "–")
OWNERS = {"me": _("me"), "nobody": _("nobody")}
DUE = {"late": _("late"), "today": _("within a day")}
OF_THE_DESK = ("handling", "severity", "owner", "due")
PERIODS = {"today": _("since midnight"), "week": _("last 7 days"), "month": _("last 30 days")}


def since(period: str) -> datetime | None:
    days = {"week": 7, "month": 30}
    if period == "today":
        return midnight()
    return now() - timedelta(days=days[period]) if period in days else None


class CaseFilters(forms.Form):
    state = forms.ChoiceField(label=_("State"), required=False, choices=[ANY, *CaseState.choices])
    organisation = forms.ChoiceField(label=_("Customer"), required=False)
    edge = forms.ChoiceField(label=_("Interface"), required=False, choices=[ANY, *EDGES.items()])
    reason = forms.ChoiceField(label=_("Cause"), required=False)
    handling = forms.ChoiceField(
        label=_("Handling"), required=False, choices=[ANY, *Handling.choices]
    )
    severity = forms.ChoiceField(
        label=_("Severity"), required=False, choices=[ANY, *Severity.choices]
    )
    owner = forms.ChoiceField(label=_("Owner"), required=False, choices=[ANY, *OWNERS.items()])
    due = forms.ChoiceField(label=_("Due"), required=False, choices=[ANY, *DUE.items()])
    period = forms.ChoiceField(label=_("Period"), required=False, choices=[ANY, *PERIODS.items()])

    def __init__(
        self, query: QueryDict, organisations: Iterable[Organisation], *, is_staff: bool = True
    ) -> None:
        super().__init__(query)
        for name in () if is_staff else OF_THE_DESK:
            del self.fields[name]
        named = [(str(each.id), each.name) for each in organisations]
        self.fields["organisation"].choices = [ANY, *named]  # type: ignore[attr-defined]
        if len(named) < 2:
            del self.fields["organisation"]
        causes = [(error.reason(), str(advice.title)) for error, advice in ADVICE.items()]
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            ANY,
            *sorted(causes, key=lambda cause: cause[1].casefold()),
        ]

    def filters(
        self,
        environment: str,
        of_organisations: tuple[UUID, ...] | None = None,
        *,
        owner_id: UUID | None = None,
    ) -> Filters | None:
        """What the list is narrowed by, or None when a filter cannot be read."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        ahead = {"late": timedelta(0), "today": timedelta(days=1)}.get(given.get("due", ""))
        return Filters(
            environment=environment,
            of_organisations=of_organisations,
            organisation_id=given.get("organisation") or None,
            state=given["state"],
            edge=given["edge"],
            reason=given["reason"],
            since=since(given["period"]),
            handling=given.get("handling", ""),
            severity=given.get("severity", ""),
            owner_id=owner_id if given.get("owner") == "me" else None,
            unowned=given.get("owner") == "nobody",
            due_before=now() + ahead if ahead is not None else None,
        )
