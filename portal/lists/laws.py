"""Rows of law: the nomenclature of study codes, and the content policy."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import ContentPolicy, StudyCodeEntry
from portal.lists.cells import Code, Identifier, State, dated
from portal.lists.columns import Column, Listing


@dataclass(frozen=True, slots=True)
class Coded:
    row: StudyCodeEntry
    name: str


def _standing(each: Coded) -> State:
    return dated(each.row.valid_from, each.row.valid_until, over=_("closed"))


CODES = Listing[Coded](
    name="codes",
    url_name="codes",
    pages=("codes",),
    key=lambda each: each.row.id,
    columns=(
        Column("code", gettext_lazy("Code"), lambda each: Code(each.row.code), css="nowrap"),
        Column("name", gettext_lazy("Name"), lambda each: each.name, css="broad"),
        Column("state", gettext_lazy("State today"), _standing),
        Column("from", gettext_lazy("Valid from"), lambda each: each.row.valid_from),
        Column("until", gettext_lazy("Valid until"), lambda each: each.row.valid_until),
        Column("system", gettext_lazy("Code system"), lambda each: Identifier(each.row.system_oid)),
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the content policy in the reader's language."""

    row: ContentPolicy
    name: str
    shape: str
    word: str
    classes: list[tuple[str, str]]  # name, UID
    source: str
    contradiction: str

    @property
    def modalities(self) -> str:
        return ", ".join(self.row.modalities) or "–"


def _contradiction(each: Shown) -> str:
    return f"▲ {each.contradiction}" if each.contradiction else ""


def _demanded(each: Shown) -> str:
    return _("demanded") if each.row.code_demanded else _("not demanded")


POLICIES = Listing[Shown](
    name="policies",
    url_name="policies",
    pages=("policies",),
    detail="policy",
    key=lambda each: each.row.content_type,
    columns=(
        Column(
            "content",
            gettext_lazy("Content type"),
            lambda each: each.name,
            css="broad",
            under=(
                Column("source", gettext_lazy("Source"), lambda each: each.source),
                Column("contradiction", gettext_lazy("Contradiction"), _contradiction),
            ),
            sortable=True,
        ),
        Column(
            "state",
            gettext_lazy("State today"),
            lambda each: State(each.shape, each.word),
            sortable=True,
        ),
        Column(
            "classes",
            gettext_lazy("SOP classes"),
            lambda each: len(each.classes),
            css="num",
            sortable=True,
        ),
        Column("modalities", gettext_lazy("Modalities"), lambda each: each.modalities),
        Column("code", gettext_lazy("Study code"), _demanded),
        Column(
            "allowed",
            gettext_lazy("Allowed from"),
            lambda each: each.row.allowed_from,
            sortable=True,
        ),
        Column("until", gettext_lazy("Allowed until"), lambda each: each.row.allowed_until),
        Column("duty", gettext_lazy("Duty from"), lambda each: each.row.duty_from, sortable=True),
    ),
)
