"""What the pages of a case are made of."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import BadRequest
from django.utils.translation import gettext as _

from archive.models import (
    Batch,
    BatchItemState,
    Case,
    Handling,
    LedgerEvent,
    Severity,
)
from archive.queries import desk as queries
from archive.queries import desk_work
from archive.values import now
from portal.forms.case_work import (
    CommentForm,
    IgnoreForm,
    JoinForm,
    OwnerForm,
    RedirectForm,
    SeverityForm,
    SplitForm,
)
from portal.log_words import KINDS
from portal.names import OF_PATIENT, fact
from portal.staff import Request


def ids_of(given: Iterable[str]) -> set[UUID]:
    """Raises BadRequest."""
    try:
        return {UUID(each) for each in given}
    except ValueError as error:
        raise BadRequest("not an id") from error


def differing(explaining: Iterable[queries.Explaining]) -> list[tuple[str, str, str]]:
    """Facts by which a case can be split: name, value, and both in words. Nothing of a patient."""
    found = []
    for each in explaining:
        if each.name in OF_PATIENT or len(each.values) + each.others < 2:
            continue
        for value, count in each.values:
            label, words = fact(each.name, value)
            found.append((each.name, value, f"{label}: {words} × {count}"))
    return found


def working(
    request: Request, case: Case, explaining: Iterable[queries.Explaining]
) -> dict[str, Any]:
    """What the staff's page has to work on a case with."""
    people = desk_work.handlers()
    facts = differing(explaining)
    watchers = set(case.watchers.values_list("id", flat=True))
    systems = desk_work.other_systems(case) if case.place == "notice" else []
    return {
        "works": True,
        "is_owner": case.owner_id == request.user.id,
        "watches": request.user.id in watchers,
        "watcher_count": len(watchers),
        "owner_form": OwnerForm(None, people, case.owner_id),
        "severity_form": SeverityForm(initial={"severity": case.severity}),
        "comment_form": CommentForm(),
        "join_form": JoinForm(),
        "split_form": SplitForm(None, facts) if facts else None,
        "ignore_form": IgnoreForm(auto_id="ignore_%s"),
        "redirect_form": RedirectForm(None, systems) if systems else None,
    }


def around(case: Case) -> dict[str, Any]:
    """What every reader of the staff sees around a case."""
    comments = desk_work.comments(case)
    return {
        "handling": Handling(case.handling).label,
        "severity": Severity(case.severity).label,
        "is_late": case.state == "open" and case.due_at is not None and case.due_at < now(),
        "comments": comments,
        "written": sum(each.is_customers for each in comments),
        "history": [_changed(event) for event in desk_work.history(case)],
        "similar": desk_work.similar(case),
        "routes": desk_work.live_routes(case),
        "batches": [(each, progress(each)) for each in desk_work.batches_of(case)],
    }


def _changed(event: LedgerEvent) -> dict[str, Any]:
    return {"at": event.at, "actor": event.actor_name, "what": _change_words(event)}


def _change_words(event: LedgerEvent) -> str:
    """What a person did, from the facts of the log."""
    facts = event.facts
    became = str(facts.get("to", ""))
    sayings = {
        "owner": _("owner: %(to)s") % {"to": became or _("nobody")},
        "handling": _("asked the customer; the case waits"),
        "went on": _("dealt with the customer’s answer")
        if facts.get("from") == Handling.ANSWERED
        else _("waits for the customer no more"),
        "severity": _("severity: %(to)s") % {"to": _severity_word(became)},
        "comment": _("commented"),
        "reply": _("the customer replied"),
        "joined": _("%(from)s joined to %(to)s") % {"from": facts.get("from", ""), "to": became},
        "split": _("events split off to %(to)s") % {"to": became},
        "led back": _("events led back to %(to)s") % {"to": became},
    }
    said = sayings.get(str(facts.get("what", ""))) if event.kind == "case.changed" else None
    words = said or str(KINDS.get(event.kind, event.kind))
    return f"{words}: {facts['reason']}" if facts.get("reason") else words


def _severity_word(value: str) -> str:
    return str(Severity(value).label) if value in Severity.values else value


def progress(batch: Batch) -> dict[str, Any]:
    """How far a batch is: what has an outcome, of all, and the outcomes in words."""
    return progress_by(batch, desk_work.counts(batch))


def progress_by(batch: Batch, counts: Mapping[str, int]) -> dict[str, Any]:
    pending = counts.get(BatchItemState.WAITING, 0) + counts.get(BatchItemState.GOING, 0)
    return {
        "ended": batch.item_count - pending,
        "all": batch.item_count,
        "going": bool(counts.get(BatchItemState.GOING)),
        "outcomes": [
            (state.value, state.label, counts[state]) for state in BatchItemState if state in counts
        ],
    }
