"""How the archive looks after what it keeps: rounds, damaged objects, findings and their repair."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.forms import Form
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from archive import gate, vault
from archive.actors import Actor
from archive.config import settings
from archive.errors import StorageGone
from archive.models import Environment, Finding, FindingKind, Instance, RoundKind
from archive.queries import integrity as queries
from archive.queries import room
from archive.rules.access import Action
from archive.services import integrity as service
from archive.services import reconciliation, repairs, verification
from archive.services.repairs import Repair
from portal import formats, names
from portal.lists.rounds import DAMAGED, FINDINGS
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.lists import Opened

PARTS = {
    "instances": gettext_lazy("objects"),
    "versions": gettext_lazy("earlier versions"),
    "notes": gettext_lazy("rejection notes"),
    "manifests": gettext_lazy("manifests"),
    "studies": gettext_lazy("studies"),
    "files": gettext_lazy("files of the vault"),
    "destroyed": gettext_lazy("records of destroyed studies"),
    "merges": gettext_lazy("records of merges"),
    "holds": gettext_lazy("records of holds"),
    "records": gettext_lazy("records of decisions"),
}
EXPLAINED = {
    FindingKind.MANIFEST_WITHOUT_IMAGES: gettext_lazy(
        "The registry has a manifest in force that names objects which are not given out. Repair "
        "makes the manifest anew, or withdraws it."
    ),
    FindingKind.IMAGES_WITHOUT_ENTRY: gettext_lazy(
        "Objects are stored, and no manifest in force names them. Repair registers the study again."
    ),
    FindingKind.IMAGES_BEFORE_ENTRY: gettext_lazy(
        "Objects were stored before the examination note that should have come first. The customer "
        "must archive the note; repair looks for it again."
    ),
    FindingKind.ROW_WITHOUT_BYTES: gettext_lazy(
        "The index has an object whose bytes are not in the vault. Repair treats it as damaged: a "
        "case asks for the same object to be sent again."
    ),
    FindingKind.DESTROYED_YET_LIVE: gettext_lazy(
        "The vault has a record that the study was destroyed, and the database, which is one from "
        "before that, has it as live. Repair puts the destruction into force again; nobody is "
        "asked to send anything."
    ),
    FindingKind.BYTES_WITHOUT_ROW: gettext_lazy(
        "The vault has bytes that no object names. Repair adds them to the index, or takes them in "
        "as a corrected version of their object; those of a destroyed study, which a copy of the "
        "vault may have brought back, it removes for ever. Otherwise they stay in the vault, and "
        "manage.py rebuild_index, which takes versions in again, looks at them with all others."
    ),
}
# Their repair may destroy for ever; what is said before it.
DESTROYING = {
    FindingKind.DESTROYED_YET_LIVE: (
        gettext_lazy(
            "The destruction of the study comes into force again: what the archive has of it is "
            "removed for ever and cannot be brought back."
        ),
        gettext_lazy("Nobody is asked to send anything."),
    ),
    FindingKind.BYTES_WITHOUT_ROW: (
        gettext_lazy(
            "Bytes of a study that was destroyed are removed for ever and cannot be brought back."
        ),
        gettext_lazy(
            "Bytes of an object that belongs here are added to the index, or taken in as its "
            "corrected version. All others are kept."
        ),
    ),
}
MOST_NAMED = 10
DONE = {
    Repair.REGISTERED: gettext_lazy("%(count)s on the way to registration"),
    Repair.WITHDRAWN: gettext_lazy("%(count)s withdrawn"),
    Repair.REPORTED: gettext_lazy("%(count)s reported as damaged"),
    Repair.INDEXED: gettext_lazy("%(count)s added to the index"),
    Repair.SET_ASIDE: gettext_lazy("%(count)s set aside"),
    Repair.DESTROYED: gettext_lazy("%(count)s destructions in force again"),
    Repair.AGREES: gettext_lazy("%(count)s agreed already"),
    Repair.LEFT: gettext_lazy("%(count)s cannot be repaired here"),
}
BEGINS = {
    RoundKind.VERIFICATION: verification.begin,
    RoundKind.RECONCILIATION: reconciliation.begin,
}


@page("integrity")
def front(request: Request, actor: Actor) -> HttpResponseBase:
    rows = queries.set_aside(request.environment)
    roles = request.person.roles
    may_restore = BY_NAME["restore"].may_open(roles)
    listing = DAMAGED if may_restore else DAMAGED.without("act")
    if not BY_NAME["study"].may_open(roles):
        listing = listing.without(detail="")
    counts = queries.finding_counts(request.environment)
    shape, word = _standing(is_damaged=rows.exists(), differs=any(count for _kind, count in counts))
    words: dict[str, Any] = {
        "title": _("Integrity"),
        "shape": shape,
        "word": word,
        "say": _(
            "All that is stored is read again, round after round; what is damaged is set aside and"
            " never given out."
        ),
        "rounds": [_round(kind) for kind in RoundKind],
        "counts": counts,
        **_rooms(),
        "landed": vault.without_files(request.environment),
        "database_room": room.of_database_alone(),
        "warning": settings().free_bytes_warning,
        "store": settings().vault_store,
        "may_restore": may_restore,
    }
    opened: Opened[Instance] = Opened(Form(), rows, queries.BY_KEY)
    part = "integrity/_front.html"
    return lists.answer(request, actor, listing, opened, part, lambda _rows: words)


def _standing(*, is_damaged: bool, differs: bool) -> tuple[str, str]:
    """Shape and word of the page's first line."""
    if is_damaged:
        return "needs", _("damaged objects")
    if differs:
        return "needs", _("register and archive differ")
    return "done", _("nothing is damaged")


def _rooms() -> dict[str, Any]:
    """Disk by disk, the fullest first; where there are several, with whose they are."""
    lost = vault.out_of_reach(Environment.values)
    try:
        found = vault.rooms([each for each in Environment.values if each not in lost])
    except StorageGone:
        return {"out_of_reach": True}
    rooms: list[tuple[tuple[str, ...], int | None]] = [((each,), None) for each in lost]
    rooms += [(each.environments, each.size) for each in found]
    several = len(rooms) > 1
    return {"rooms": [(names.environments(of) if several else "", free) for of, free in rooms]}


def _round(kind: RoundKind) -> dict[str, Any]:
    progress = queries.progress(kind)
    current = progress.current
    return {
        "kind": kind,
        "progress": progress,
        "part": PARTS.get(current.part, current.part) if current else "",
        "percent": None if progress.share is None else int(progress.share * 100),
        "last": progress.ended[0] if progress.ended else None,
    }


@require_POST
@page("restore")
def begin(request: Request, actor: Actor) -> HttpResponseBase:
    """A round before its time."""
    try:
        kind = RoundKind(request.POST.get("kind", ""))
    except ValueError as error:
        raise BadRequest("no such round") from error
    if BEGINS[kind]() is None:
        messages.warning(request, _("A round is under way already."))
    else:
        messages.success(request, _("A round has begun. This page tells how it goes."))
    return redirect("integrity")


@require_POST
@page("restore")
def restore(request: Request, actor: Actor) -> HttpResponseBase:
    """Look again at a damaged object whose file has been put back from a copy."""
    try:
        row = queries.damaged_object(UUID(request.POST.get("object", "")))
    except ValueError as error:
        raise BadRequest("not an object") from error
    gate.require(actor, Action.CORRECT, row.study)
    if service.look_again(actor, row.id):
        messages.success(request, _("The object is whole again and is given out."))
    else:
        messages.warning(
            request,
            _("The bytes are not there or do not match. Put the file back at %(place)s first.")
            % {"place": vault.key_of(row.environment, bytes(row.digest))},
        )
    return redirect("integrity")


# --- findings -------------------------------------------------------------------------------------


def _kind(given: str) -> FindingKind:
    try:
        return FindingKind(given)
    except ValueError as error:
        raise Http404 from error


@page("reconciliation")
def findings(request: Request, actor: Actor, kind: str) -> HttpResponseBase:
    chosen = _kind(kind)
    roles = request.person.roles
    listing = FINDINGS[chosen]
    if not BY_NAME["study"].may_open(roles):
        listing = listing.without(detail="")
    pick = {"form": "repair", "name": "finding", "label": _("Select the finding")}

    def words(_rows: object) -> dict[str, object]:
        return {
            "kind": chosen,
            "title": str(chosen.label).capitalize(),
            "say": EXPLAINED[chosen],
            "pick": pick if BY_NAME["restore"].may_open(roles) else None,
            "trail": [(_("Integrity"), reverse("integrity"))],
        }

    opened: Opened[Finding] = Opened(
        Form(), queries.findings(request.environment, chosen), queries.BY_KEY
    )
    return lists.answer(request, actor, listing, opened, "integrity/_findings.html", words)


@require_POST
@page("restore")
def repair(request: Request, actor: Actor, kind: str) -> HttpResponseBase:
    """The selected ones of a page, one by one; the outcome of each is counted. Where it may
    destroy, it is asked for once more."""
    chosen = _kind(kind)
    try:
        ids = [UUID(each) for each in request.POST.getlist("finding")]
    except ValueError as error:
        raise BadRequest("not a finding") from error
    rows = list(queries.open_findings(request.environment, ids))
    if any(each.kind in DESTROYING for each in rows) and "sure" not in request.POST:
        return render(request, "sure.html", _repairing(chosen, rows))
    outcomes = Counter(repairs.repair(actor, each) for each in rows)
    if not outcomes:
        nothing = _("Nothing was selected, so nothing was repaired.")
        late = _("What was selected has been settled meanwhile. Nothing more is needed.")
        messages.warning(request, late if ids else nothing)
    for outcome, count in outcomes.items():
        level = messages.WARNING if outcome is Repair.LEFT else messages.SUCCESS
        said = DONE[outcome] % {"count": formats.number_text(count)}
        messages.add_message(request, level, f"{said}.")
    return redirect("reconciliation", chosen.value)


def _named(kind: FindingKind, rows: Sequence[Finding]) -> SafeString:
    """The selected as the list names them."""
    subjects = [FINDINGS[kind].cell("subject", row) for row in rows[:MOST_NAMED]]
    rest = len(rows) - len(subjects)
    more = ngettext("and %(count)s more", "and %(count)s more", rest)
    told = [*subjects, more % {"count": formats.number_text(rest)}] if rest else subjects
    return format_html(
        "{} {}", _("Selected:"), format_html_join(", ", "{}", ((each,) for each in told))
    )


def _repairing(kind: FindingKind, rows: Sequence[Finding]) -> dict[str, Any]:
    """What is asked, and what will follow."""
    count = ngettext("%(count)s finding is selected", "%(count)s findings are selected", len(rows))
    title, back = str(kind.label).capitalize(), reverse("reconciliation", args=[kind.value])
    return {
        "title": title,
        "about": count % {"count": formats.number_text(len(rows))},
        "ask": _("Repair the selected?"),
        "sentences": [_named(kind, rows), *DESTROYING[kind]],
        "hidden": [*(("finding", each.id) for each in rows), ("sure", "yes")],
        "button": _("Repair the selected"),
        "back": back,
        "trail": [(_("Integrity"), reverse("integrity")), (title, back)],
    }
