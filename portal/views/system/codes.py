"""The nomenclature of study codes: looked up, exported, and changed by a list that is shown
before it is applied (AR-8).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from archive import ledger
from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.models import CodeImport, StudyCodeEntry
from archive.queries import study_codes as queries
from archive.rules.code_lists import COLUMNS, Change, Entry, Kind, Plan, Problem
from archive.services import code_lists as services
from archive.values import today
from portal import formats, spreadsheets
from portal.forms.study_codes import ApplyForm, CodeFilters, UploadForm
from portal.lists import sheets
from portal.lists.laws import CODES, Coded
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.joining.opened import blame
from portal.views.lists import Opened

MOST_SHOWN = 300  # lines of one kind
KINDS: dict[Kind, str | Promise] = {
    Kind.ADDED: gettext_lazy("new"),
    Kind.CLOSED: gettext_lazy("closed"),
    Kind.REOPENED: gettext_lazy("opened again"),
    Kind.RENAMED: gettext_lazy("renamed"),
    Kind.MOVED: gettext_lazy("another last day"),
    Kind.UNCHANGED: gettext_lazy("as before"),
}
DIFFERENCES: dict[str, str | Promise] = {
    "name_fi": gettext_lazy("Finnish name"),
    "name_sv": gettext_lazy("Swedish name"),
    "name_en": gettext_lazy("English name"),
    "valid_until": gettext_lazy("last day"),
}
PROBLEMS: dict[Problem, str | Promise] = {
    Problem.CODE: gettext_lazy("The code is not two letters and three letters or digits."),
    Problem.SYSTEM: gettext_lazy("The OID of the code system is not valid."),
    Problem.NAME: gettext_lazy("The Finnish name is missing, or a name is too long."),
    Problem.DAY: gettext_lazy("A day is not valid. Write 2026-11-26 or 26.11.2026."),
    Problem.ENDS_FIRST: gettext_lazy("The last day is before the first."),
    Problem.REPEATED: gettext_lazy("The list has the same code from the same day twice."),
    Problem.OVERLAPS: gettext_lazy("Two rows of the code would hold on the same day."),
    Problem.COLUMNS: gettext_lazy("The line has more columns than the heading."),
}


@require_safe
@page("codes")
def listed(request: Request, actor: Actor) -> HttpResponseBase:
    form = CodeFilters(request.GET)
    filters = form.filters()
    rows = StudyCodeEntry.objects.none() if filters is None else queries.narrowed(filters)

    def words(_rows: object) -> dict[str, object]:
        count = queries.count(rows)
        title = ngettext("%(count)s study code", "%(count)s study codes", count)
        return {
            "page_title": _("Study codes"),
            "title": title % {"count": formats.counted_text(count)},
            "say": _(
                "THL’s nomenclature of procedures and examinations, as far as it is loaded here. A"
                " study must carry a code that was in force on its day."
            ),
            "none_fits": _("No study code fits the filters"),
            "imports": [(each, _counts(each.outcome)) for each in queries.imports()],
            "changes": BY_NAME["codes-import"].may_open(request.person.roles),
        }

    opened = Opened(form, rows, queries.ORDER, _in_words, is_unread=filters is None)
    return lists.answer(request, actor, CODES, opened, "system/_codes.html", words)


def _in_words(found: Sequence[StudyCodeEntry]) -> list[Coded]:
    return [Coded(row, queries.name_of(row)) for row in found]


@require_safe
@page("codes")
def as_csv(request: Request, actor: Actor) -> HttpResponseBase:
    """As a list names them: what is exported can be changed and imported. Recorded before the first
    row goes out.
    """
    about = ledger.About(environment=request.environment, organisation_id=actor.organisation_id)
    facts = {"listing": CODES.name, "filters": {}, "format": sheets.CSV, "columns": list(COLUMNS)}
    ledger.record(ledger.Kind.LIST_EXPORTED, about, facts, actor=actor)
    name = f"study-codes-{today().isoformat()}.csv"
    return StreamingHttpResponse(
        spreadsheets.lines(COLUMNS, queries.as_list()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


# --- a list ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page("codes-import")
def upload(request: Request, actor: Actor) -> HttpResponseBase:
    given = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*given)
    if form.is_bound and form.is_valid():
        try:
            held = services.keep(actor, form.upload())
        except ArchiveError as error:
            blame(form, error, is_staff=True)
        else:
            return redirect("codes-preview", held.id)
    context = {"form": form, "trail": _trail()}
    return render(request, "system/codes_import.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@page("codes-import")
def preview(request: Request, actor: Actor, import_id: UUID) -> HttpResponseBase:
    """What the list changes; then it is applied, if it still changes just that."""
    held = CodeImport.objects.filter(id=import_id).first()
    if held is None:
        raise NotFound()
    if held.applied_at is not None:
        messages.warning(request, _("That list was applied already."))
        return redirect("codes")
    plan = services.preview(held)
    form = ApplyForm(request.POST if request.method == "POST" else None, plan.digest)
    if form.is_bound and form.is_valid():
        try:
            counts = services.apply(actor, str(held.id), **form.cleaned_data)
        except ArchiveError as error:
            blame(form, error, is_staff=True)
        else:
            messages.success(request, _("Applied: %(counts)s.") % {"counts": _counts(counts)})
            return redirect("codes")
    context = {
        "held": held,
        "form": form,
        "say": _counts(plan.counts),
        "kinds": _kinds(plan),
        "faults": [(each, str(PROBLEMS[each.problem])) for each in plan.faults[:MOST_SHOWN]],
        "fault_count": len(plan.faults),
        "does_nothing": plan.does_nothing,
        "trail": _trail(),
    }
    status = 422 if form.errors else 200
    return render(request, "system/codes_preview.html", context, status=status)


def _trail() -> list[tuple[str, str]]:
    return [(_("Study codes"), reverse("codes"))]


def _counts(counts: dict[str, int]) -> str:
    """`12 new, 3 closed`; nothing is said of none."""
    told = [
        f"{formats.number_text(counts[kind])} {word}"
        for kind, word in KINDS.items()
        if counts.get(kind)
    ]
    return ", ".join(told) or _("nothing")


@dataclass(frozen=True, slots=True)
class Told:
    """A change: columns as they were and become; how many studies have a code that ends."""

    entry: Entry
    differences: Sequence[tuple[str, str, str]]
    used: int


@dataclass(frozen=True, slots=True)
class ToldKind:
    word: str
    rows: Sequence[Told]
    left: int


def _kinds(plan: Plan) -> list[ToldKind]:
    used = services.in_use(plan)
    made: list[Any] = []
    for kind, word in KINDS.items():
        changes = plan.of(kind) if kind != Kind.UNCHANGED else []
        if changes:
            rows = [_told(each, used) for each in changes[:MOST_SHOWN]]
            made.append(ToldKind(str(word), rows, len(changes) - len(rows)))
    return made


def _told(change: Change, used: dict[str, int]) -> Told:
    differences = [
        (str(DIFFERENCES[each.column]), _value(each.before), _value(each.after))
        for each in change.differences
        # That a code is closed, the heading says, and when, its days.
        if (change.kind, each.column) != (Kind.CLOSED, "valid_until")
    ]
    times = used.get(change.entry.code, 0) if change.ends_earlier else 0
    return Told(change.entry, differences, times)


def _value(value: str | date | None) -> str:
    return (formats.day_text(value) if isinstance(value, date) else value) or "–"
