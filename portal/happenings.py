"""What happened to a study, in words: codes and facts of `archive.queries.timeline` become entries
of the page's timeline.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from archive.models import Case, CaseState, DocumentKind, EventOutcome
from archive.queries import timeline
from archive.queries.timeline import FAILED, NEUTRAL, WAITS
from portal.advice import advise
from portal.correcting_words import CORRECTING
from portal.entries import Entry
from portal.formats import number_text
from portal.person_happenings import TELLING
from portal.retention_happenings import RETAINING
from portal.said import Said, error_words, objects_words, series_words

INTERFACES = {
    "registration": gettext_lazy("Registration"),
    "portal": gettext_lazy("Portal"),
    "correction": gettext_lazy("Correction"),
    "integrity": gettext_lazy("Integrity"),
    "retention": gettext_lazy("Retention"),
    "job": gettext_lazy("Job"),
}
SHAPES = {WAITS: "wait", FAILED: "needs", NEUTRAL: "none"}

Facts = dict[str, Any]
Address = Callable[[Case], str]


Sayings = Mapping[str, Callable[[Facts, str], Said]]


# --- documents in sentences ----------------------------------------------------------------------


def missing_words(missing: Sequence[str]) -> str:
    """What is waited for, as an object: "the examination note"."""
    words: dict[tuple[str, ...], str] = {
        (DocumentKind.REQUEST,): _("the request"),
        (DocumentKind.STUDY_ENTRY,): _("the examination note"),
        (DocumentKind.REQUEST, DocumentKind.STUDY_ENTRY): _("the request and the examination note"),
    }
    return words.get(tuple(missing), _("documents"))


def waits_sentence(missing: Sequence[str]) -> str:
    """Which document is there and which is not."""
    sentences: dict[tuple[str, ...], str] = {
        (DocumentKind.REQUEST,): _("Waits: examination note is there, request is not"),
        (DocumentKind.STUDY_ENTRY,): _("Waits: request is there, examination note is not"),
    }
    known = sentences.get(tuple(missing))
    return known or _("Waits for %(what)s") % {"what": missing_words(missing)}


def kind_words(kind: str) -> str:
    return str(DocumentKind(kind).label) if kind in DocumentKind.values else kind


# --- one step after another ----------------------------------------------------------------------


def _stored(facts: Facts, actor: str) -> Said:
    count, repeated = int(facts.get("instances") or 0), int(facts.get("repeated") or 0)
    again = _("%(objects)s came again and were known already") % {
        "objects": objects_words(repeated)
    }
    took = timedelta(milliseconds=int(facts["ms"])) if "ms" in facts else None
    if not count and repeated:
        return Said(again, took=took)
    places = {
        "objects": objects_words(count),
        "size": filesizeformat(int(facts.get("bytes") or 0)),
        "peer": facts.get("calling") or actor,
    }
    if facts.get("broken_off"):
        return Said(_("%(objects)s kept of a transfer that broke off, %(size)s") % places)
    if facts.get("rebuilt"):
        return Said(_("%(objects)s in an index made again from the vault, %(size)s") % places)
    answer = again if repeated else ""
    return Said(_("%(objects)s stored by %(peer)s, %(size)s") % places, answer, took=took)


def _waiting(facts: Facts, actor: str) -> Said:
    return Said(waits_sentence(facts.get("missing") or ()))


def _registered(facts: Facts, actor: str) -> Said:
    return Said(_("Registered: %(series)s, %(objects)s") % _sizes(facts))


def _manifest(facts: Facts, actor: str) -> Said:
    return Said(_("Manifest registered: %(series)s, %(objects)s") % _sizes(facts))


def _sizes(facts: Facts) -> dict[str, str]:
    return {
        "series": series_words(int(facts.get("series") or 0)),
        "objects": objects_words(int(facts.get("instances") or 0)),
    }


def _document(facts: Facts, actor: str) -> Said:
    kind = kind_words(str(facts.get("kind", "")))
    if facts.get("status") == "deprecated":
        return Said(_("Replaced in the Patient Data Repository: %(kind)s") % {"kind": kind})
    return Said(_("Registered by the Patient Data Repository: %(kind)s") % {"kind": kind})


def _commitment_asked(facts: Facts, actor: str) -> Said:
    count = objects_words(int(facts.get("instances") or 0))
    return Said(_("Commitment asked for %(objects)s, digests read again") % {"objects": count})


def _commitment_reported(facts: Facts, actor: str) -> Said:
    kept, failed = int(facts.get("committed") or 0), int(facts.get("failed") or 0)
    if not failed:
        said = _("Commitment reported: all %(count)s. The duty to keep them is ours")
        return Said(said % {"count": number_text(kept)})
    said = _("Commitment reported: %(kept)s kept, %(failed)s not")
    return Said(said % {"kept": number_text(kept), "failed": number_text(failed)})


def _commitment_undelivered(facts: Facts, actor: str) -> Said:
    return Said(_("Commitment report not delivered"), error_words(facts), "wait")


def _retrieved(facts: Facts, actor: str) -> Said:
    count, failed = int(facts.get("instances") or 0), int(facts.get("failed") or 0)
    places = {
        "objects": objects_words(count),
        "peer": facts.get("destination", "–"),
        "size": filesizeformat(int(facts.get("bytes") or 0)),
        "failed": number_text(failed),
    }
    took = timedelta(milliseconds=int(facts["ms"])) if "ms" in facts else None
    answers = {
        "cancelled": _("cancelled by the system that asked"),
        "broken off": _("the system that asked went away"),
    }
    answer = answers.get(str(facts.get("outcome", "")), "")
    if failed:
        said = _("%(objects)s returned to %(peer)s, %(size)s; %(failed)s not")
        return Said(said % places, answer, "wait", took)
    return Said(_("%(objects)s returned to %(peer)s, %(size)s") % places, answer, took=took)


def _notice_delivered(facts: Facts, actor: str) -> Said:
    gone = int(facts.get("unavailable") or 0)
    said = _("Confirmation of registration delivered to %(peer)s")
    if gone and gone == facts.get("objects"):
        said = _("Told %(peer)s that no object of the study is available")
    elif gone:
        said = ngettext(
            "Confirmation of registration delivered to %(peer)s, with %(count)s object as not"
            " available",
            "Confirmation of registration delivered to %(peer)s, with %(count)s objects as not"
            " available",
            gone,
        )
    places = {"peer": facts.get("peer", "–"), "count": number_text(gone)}
    return Said(said % places, tries_words(facts))


def _notice_undelivered(facts: Facts, actor: str) -> Said:
    said = _("Confirmation not delivered to %(peer)s; it is tried again")
    answer = f"{tries_words(facts)}: {error_words(facts)}"
    return Said(said % {"peer": facts.get("peer", "–")}, answer, "wait")


def _notice_given_up(facts: Facts, actor: str) -> Said:
    said = _("Confirmation not delivered to %(peer)s; trying has ended")
    answer = f"{tries_words(facts)}: {error_words(facts)}"
    return Said(said % {"peer": facts.get("peer", "–")}, answer)


def tries_words(facts: Facts) -> str:
    count = int(facts.get("tries") or 0)
    return ngettext("%(count)s try", "%(count)s tries", count) % {"count": number_text(count)}


def _asked_again(facts: Facts, actor: str) -> Said:
    said = {
        "registration": _("%(person)s asked to register again"),
        "notice": _("%(person)s asked to send the confirmation again"),
        "failed work": _("%(person)s asked to try failed work again"),
    }
    words = said.get(str(facts.get("what", "")), _("%(person)s asked to try again"))
    return Said(words % {"person": actor})


def _viewed(facts: Facts, actor: str) -> Said:
    return Said(_("Looked at by %(person)s") % {"person": actor})


SAYINGS: Sayings = {
    "stored": _stored,
    "waiting": _waiting,
    "registered": _registered,
    "asked-again": _asked_again,
    "viewed": _viewed,
    "commitment-asked": _commitment_asked,
    "commitment-reported": _commitment_reported,
    "commitment-undelivered": _commitment_undelivered,
    "document-registered": _document,
    "manifest-registered": _manifest,
    "retrieved": _retrieved,
    "notice-delivered": _notice_delivered,
    "notice-undelivered": _notice_undelivered,
    "notice-given-up": _notice_given_up,
    **CORRECTING,
    **RETAINING,
    **TELLING,
}
# Steps that follow each other as one entry: tries, the last of which may have been given up.
FOLDED = {
    "viewed": "viewed",
    "commitment-undelivered": "commitment",
    "notice-undelivered": "notice",
    "notice-given-up": "notice",
}
GIVEN_UP, NOTICE = "notice-given-up", "notice"


# --- the whole ----------------------------------------------------------------------


def told(
    found: Iterable[timeline.Entry],
    cases: Sequence[Case],
    address: Address,
    sayings: Sayings = SAYINGS,
) -> list[Entry]:
    """The entries of a timeline. What repeats without a break is one entry that says how often;
    a confirmation given up last has the advice of its open case among `cases`.
    """
    runs = list(_runs(found))
    entries = [_entry(run, address, sayings) for run in runs]
    last = max((at for at, run in enumerate(runs) if run[-1].step == GIVEN_UP), default=None)
    case = next((each for each in cases if each.place == NOTICE and _is_open(each)), None)
    if last is not None and case is not None:
        advice = advise(case.reason)
        entries[last] = replace(
            entries[last],
            cause=str(advice.cause),
            step=str(advice.step),
            move=str(advice.move.value),
            case_number=str(case),
            case_url=address(case),
        )
    return entries


def _is_open(case: Case) -> bool:
    return case.state == CaseState.OPEN


def _runs(found: Iterable[timeline.Entry]) -> Iterator[list[timeline.Entry]]:
    numbered = enumerate(found)
    for _key, run in groupby(numbered, key=lambda pair: _sameness(*pair)):
        yield [entry for _place, entry in run]


def _sameness(place: int, entry: timeline.Entry) -> tuple[object, ...]:
    event = entry.case_event
    if event is not None:
        return event.case_id, event.outcome
    if entry.step in FOLDED:
        return FOLDED[entry.step], entry.actor, entry.facts.get("peer")
    return (place,)


def _entry(run: list[timeline.Entry], address: Address, sayings: Sayings) -> Entry:
    first, last = run[0], run[-1]
    lasted = last.at - first.at if len(run) > 1 else None
    interface = str(INTERFACES.get(first.interface, first.interface))
    if last.case_event is not None:
        return _failure(run, interface, lasted, address)
    said = sayings[last.step](last.facts, last.actor)
    often = len(run) > 1 and last.step == "viewed"
    return Entry(
        at=first.at,
        interface=interface,
        what=_times(said.what, len(run)) if often else said.what,
        answer=said.answer,
        reason=said.reason,
        took=said.took or (None if last.step == "viewed" else lasted),
        shape=said.shape or SHAPES.get(last.outcome, "done"),
    )


def _times(what: str, count: int) -> str:
    return ngettext("%(what)s, %(count)s time", "%(what)s, %(count)s times", count) % {
        "what": what,
        "count": number_text(count),
    }


def _failure(
    run: list[timeline.Entry], interface: str, lasted: timedelta | None, address: Address
) -> Entry:
    """An event of a case: with cause and next step while it stands open."""
    event = run[-1].case_event
    if event is None:
        raise ValueError("a failure stands on the desk")
    case, advice = event.case, advise(event.case.reason)
    title = str(advice.title)
    is_open = event.outcome == EventOutcome.OPEN
    shapes = {EventOutcome.SOLVED: "none", EventOutcome.RETRIED: "wait"}
    return Entry(
        at=run[0].at,
        interface=interface,
        what=_times(title, len(run)) if len(run) > 1 else title,
        answer=case.code if is_open else f"{case.code}, {event.get_outcome_display()}",
        took=lasted,
        shape=shapes.get(EventOutcome(event.outcome), "needs"),
        cause=str(advice.cause) if is_open else "",
        step=str(advice.step) if is_open else "",
        move=str(advice.move.value) if is_open else "",
        case_number=str(case),
        case_url=address(case),
    )
