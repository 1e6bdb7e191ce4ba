"""Damaged objects, what register and archive do not agree on, suspicions of log review,
destruction lists, and duty against fact.
"""

from dataclasses import dataclass
from operator import attrgetter

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import DestructionList, Finding, FindingKind, Instance, Suspicion, User
from archive.queries.destruction import BY_NUMBER
from onboarding.queries.duty import Row as Duty
from portal import formats
from portal.lists.cells import Identifier, PersonCode, Press, Size, State, Value, When, state_of
from portal.lists.columns import Column, Listing, acts


def _subject(row: Finding) -> Value:
    if row.study is None:
        return _object(row) or Identifier(row.key)
    return f"{row.study.study_code or _('Study')} {row.study.accession_number}"


def _object(row: Finding) -> Identifier | None:
    uid = row.facts.get("sop_instance_uid") or row.facts.get("unique_id")
    return Identifier(uid) if uid else None


def _findings(kind: FindingKind) -> Listing[Finding]:
    return Listing[Finding](
        name=f"findings-{kind.value}",
        url_name="reconciliation",
        url_args=(kind.value,),
        pages=("reconciliation",),
        detail="study",
        key=lambda row: row.id,
        detail_key=lambda row: row.study_id,
        walks=False,
        columns=(
            Column(
                "subject",
                gettext_lazy("Subject"),
                _subject,
                under=(
                    Column(
                        "object",
                        gettext_lazy("Object"),
                        lambda row: _object(row) if row.study else None,
                    ),
                ),
            ),
            Column("found", gettext_lazy("Found"), lambda row: When(row.found_at)),
            Column("seen", gettext_lazy("Seen last"), lambda row: When(row.seen_at)),
            Column(
                "customer",
                gettext_lazy("Customer"),
                lambda row: row.study.register.organisation.name if row.study else "",
            ),
        ),
    )


def _study(row: Instance) -> str:
    return f"{row.study.study_code or _('Study')} {row.study.accession_number}"


def _look_again(row: Instance) -> Press:
    sent = ("object", str(row.id))
    return Press(_("Look again"), reverse("integrity-restore"), row.sop_instance_uid, sent)


DAMAGED = Listing[Instance](
    name="damaged",
    url_name="integrity",
    pages=("integrity",),
    detail="study",
    key=lambda row: row.id,
    detail_key=lambda row: row.study_id,
    walks=False,
    columns=(
        Column(
            "study",
            gettext_lazy("Study"),
            _study,
            under=(
                Column(
                    "object",
                    gettext_lazy("Object"),
                    lambda row: Identifier(row.sop_instance_uid),
                ),
            ),
        ),
        Column("found", gettext_lazy("Found"), lambda row: When(row.damaged_at)),
        Column(
            "customer",
            gettext_lazy("Customer"),
            lambda row: row.study.register.organisation.name,
        ),
        acts(_look_again),
    ),
)
FINDINGS = {kind: _findings(kind) for kind in FindingKind}


@dataclass(frozen=True, slots=True)
class Suspected:
    row: Suspicion
    name: str
    measured: str


def _scope(each: Suspected) -> str:
    return ", ".join(filter(None, (each.row.get_scope_display(), each.measured)))


SUSPICIONS = Listing[Suspected](
    name="suspicions",
    url_name="review",
    pages=("review",),
    detail="suspicion",
    key=lambda each: each.row.id,
    columns=(
        Column(
            "cause",
            gettext_lazy("Cause and who looked"),
            lambda each: each.name,
            css="broad",
            under=(Column("scope", gettext_lazy("Scope"), _scope),),
        ),
        Column(
            "state",
            gettext_lazy("State"),
            lambda each: state_of(each.row),
            under=(
                Column(
                    "case",
                    gettext_lazy("Case"),
                    lambda each: str(each.row.case) if each.row.case else "",
                ),
            ),
        ),
        Column(
            "organisation",
            gettext_lazy("Organisation"),
            lambda each: each.row.organisation.name if each.row.organisation else "",
        ),
        Column(
            "patient",
            gettext_lazy("Patient"),
            lambda each: PersonCode(each.row.patient.identifier) if each.row.patient else None,
        ),
        Column("entries", gettext_lazy("Entries"), lambda each: each.row.event_count, css="num"),
        Column("last", gettext_lazy("Last"), lambda each: When(each.row.last_at)),
    ),
)


def _person(user: User | None) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


DESTRUCTIONS = Listing[DestructionList](
    name="destructions",
    url_name="destructions",
    pages=("destructions",),
    detail="destruction",
    key=lambda row: row.id,
    columns=(
        Column(
            "list",
            gettext_lazy("List"),
            lambda row: _("Destruction list %(number)s") % {"number": row.number},
            under=(Column("reason", gettext_lazy("Reason"), lambda row: row.reason),),
            order=BY_NUMBER,
        ),
        Column("state", gettext_lazy("State"), lambda row: state_of(row)),
        Column("studies", gettext_lazy("Studies"), attrgetter("studies"), css="num"),
        Column("destroyed", gettext_lazy("Destroyed"), attrgetter("destroyed"), css="num"),
        Column(
            "proposed",
            gettext_lazy("Proposed"),
            lambda row: When(row.made_at),
            under=(Column("by", gettext_lazy("Proposed by"), lambda row: _person(row.made_by)),),
        ),
        Column(
            "approved",
            gettext_lazy("Approved"),
            lambda row: When(row.approved_at),
            under=(
                Column("other", gettext_lazy("Approved by"), lambda row: _person(row.approved_by)),
            ),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Obliged:
    """A customer and a content type that it must archive."""

    row: Duty
    name: str
    shape: str
    word: str | Promise
    alike: str  # contents that it is not told apart from


DUTY = Listing[Obliged](
    name="duty",
    url_name="duty",
    pages=("duty",),
    detail="customer-duty",
    key=lambda each: each.row.organisation.id,
    walks=False,
    columns=(
        Column(
            "customer",
            gettext_lazy("Customer"),
            lambda each: each.row.organisation.name,
            under=(
                Column(
                    "id",
                    gettext_lazy("Business id"),
                    lambda each: each.row.organisation.business_id,
                ),
            ),
            sortable=True,
        ),
        Column(
            "content",
            gettext_lazy("Content type"),
            lambda each: each.name,
            under=(Column("alike", gettext_lazy("Not told apart from"), lambda each: each.alike),),
            sortable=True,
        ),
        Column(
            "state", gettext_lazy("State"), lambda each: State(each.shape, each.word), sortable=True
        ),
        Column(
            "from",
            gettext_lazy("Duty from"),
            lambda each: each.row.content.duty_from,
            sortable=True,
        ),
        Column("announced", gettext_lazy("Announced"), lambda each: bool(each.row.announced)),
        Column(
            "last",
            gettext_lazy("Last month"),
            lambda each: formats.month_text(each.row.last_month) if each.row.last_month else "",
        ),
        Column(
            "studies",
            gettext_lazy("Studies"),
            lambda each: each.row.total.studies,
            css="num",
            sortable=True,
        ),
        Column(
            "objects",
            gettext_lazy("Objects"),
            lambda each: each.row.total.instances,
            css="num",
            sortable=True,
        ),
        Column(
            "size",
            gettext_lazy("Size"),
            lambda each: Size(each.row.total.bytes),
            css="num",
            shown=False,
            sortable=True,
        ),
    ),
)
