"""Dated rules of access: an area, a limit of roles, the end of one, other members (AC-2)."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from archive.models import AccessPolicyKind, Organisation
from archive.services.access_rules import Rule
from portal.forms.joining import day_field, line
from portal.forms.reasons import reason_field

MAX_ROLES = 40


def _members(organisations: Iterable[Organisation]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("Members"),
        choices=[(str(each.id), each.name) for each in organisations],
        help_text=_("Several with Ctrl or Shift."),
        widget=forms.SelectMultiple(attrs={"size": 8}),
    )


def _why() -> forms.CharField:
    return reason_field(_("The act, decision or request that this rests on."))


class _RuleForm(forms.Form):
    """What both kinds have."""

    name_fi = line(_("Name in Finnish"))
    name_sv = line(_("Name in Swedish"))
    name_en = line(_("Name in English"))
    valid_from = day_field(
        _("First day"), help_text=_("Tomorrow at the earliest: what was decided stays decided.")
    )
    valid_until = day_field(_("Last day"), required=False)
    source = line(_("Source"), help_text=_("Act and section, as people quote it."))
    reason = _why()

    def _rule(self, kind: AccessPolicyKind, **columns: Any) -> Rule:
        names = ("name_fi", "name_sv", "name_en", "valid_from", "valid_until", "source")
        return Rule(kind, **{name: self.cleaned_data[name] for name in names}, **columns)


class AreaForm(_RuleForm):
    informing_needed = forms.BooleanField(
        label=_("The patient must have been informed"), required=False, initial=True
    )

    def __init__(self, data: Any, organisations: Iterable[Organisation]) -> None:
        super().__init__(data)
        self.fields["members"] = _members(organisations)
        self.order_fields(("name_fi", "name_sv", "name_en", "members", "informing_needed"))

    def rule(self) -> Rule:
        given = self.cleaned_data
        return self._rule(
            AccessPolicyKind.AREA,
            members=frozenset(map(UUID, given["members"])),
            informing_needed=given["informing_needed"],
        )


class RoleForm(_RuleForm):
    roles = line(
        _("Roles"), limit=400, help_text=_("Their codes as in the assertion, with blanks between.")
    )
    field_order = ("name_fi", "name_sv", "name_en", "roles")

    def clean_roles(self) -> list[str]:
        found: list[str] = self.cleaned_data["roles"].replace(",", " ").split()
        if any(len(each) > MAX_ROLES for each in found):
            raise forms.ValidationError(gettext("A role’s code has at most 40 characters."))
        return found

    def rule(self) -> Rule:
        return self._rule(AccessPolicyKind.ROLE, roles=tuple(self.cleaned_data["roles"]))


class CloseForm(forms.Form):
    last_day = day_field(_("Last day"), help_text=_("Today at the earliest."))
    reason = _why()


class MembersForm(forms.Form):
    first_day = day_field(_("From which day"), help_text=_("Tomorrow at the earliest."))
    reason = _why()

    def __init__(self, data: Any, organisations: Iterable[Organisation], initial: Any) -> None:
        super().__init__(data, initial={"members": initial})
        self.fields["members"] = _members(organisations)
        self.order_fields(("members",))

    def members(self) -> frozenset[UUID]:
        return frozenset(map(UUID, self.cleaned_data["members"]))
