"""What happened in an association, a call or a message, and what the archive itself owes, in words:
the rest of a trace beside the steps of a study (`portal.happenings`).
"""

from datetime import datetime

from django.utils.translation import gettext as _

from archive.models import JobKind, JobState
from portal.advice import advise
from portal.formats import number_text, when_text
from portal.happenings import Facts, Sayings, kind_words, tries_words
from portal.said import Said, error_words, objects_words


def _verified(facts: Facts, actor: str) -> Said:
    return Said(
        _("Connection tried (C-ECHO) by %(peer)s") % {"peer": facts.get("calling") or actor}
    )


def _refused(facts: Facts, actor: str) -> Said:
    count = objects_words(int(facts.get("count") or 0))
    title = advise(str(facts.get("reason", ""))).title
    return Said(f"{count}: {title}", str(facts.get("code", "")))


def _queried(facts: Facts, actor: str) -> Said:
    said = _("Documents queried by %(peer)s, %(count)s found")
    return Said(said % {"peer": actor, "count": number_text(int(facts.get("found") or 0))})


def _retrieval_begun(facts: Facts, actor: str) -> Said:
    said = _("Objects of a study begin to go to %(peer)s")
    return Said(said % {"peer": facts.get("destination") or actor})


def _document_updated(facts: Facts, actor: str) -> Said:
    kind = kind_words(str(facts.get("kind", "")))
    return Said(_("Metadata of a document updated: %(kind)s") % {"kind": kind})


def _document_removed(facts: Facts, actor: str) -> Said:
    kind = kind_words(str(facts.get("kind", "")))
    return Said(_("Removed from the registry: %(kind)s") % {"kind": kind})


def _given(facts: Facts, actor: str) -> Said:
    return Said(_("Given to %(peer)s") % {"peer": facts.get("receiver_name") or actor})


def _disclosure_notified(facts: Facts, actor: str) -> Said:
    return Said(_("Disclosure reported by %(peer)s") % {"peer": facts.get("reporter") or actor})


def _work(facts: Facts, actor: str) -> Said:
    """What the archive itself owes: how often tried, with what error, and when next."""
    kind, state = str(facts.get("kind", "")), str(facts.get("state", ""))
    label = JobKind(kind).label if kind in JobKind.values else kind
    parts = [str(JobState(state).label)]
    if facts.get("tries"):
        parts.append(tries_words(facts))
    if facts.get("error"):
        parts.append(error_words(facts))
    if facts.get("next"):
        at = when_text(datetime.fromisoformat(str(facts["next"])), seconds=True)
        parts.append(_("next time %(at)s") % {"at": at})
    return Said(_("Work of the archive: %(what)s") % {"what": label}, ", ".join(parts))


def _replayed(facts: Facts, actor: str) -> Said:
    reason = str(facts.get("reason") or "")
    answer = str(advise(reason).title) if reason else ""
    return Said(_("Processed again by %(person)s") % {"person": actor}, answer)


def _message_received(facts: Facts, actor: str) -> Said:
    said = _("Message %(event)s from %(peer)s, control id %(control)s")
    event, control = facts.get("event", ""), facts.get("control_id", "")
    return Said(said % {"event": event, "peer": actor, "control": control or "–"})


def _message_answered(facts: Facts, actor: str) -> Said:
    reason = str(facts.get("reason") or "")
    what = str(advise(reason).title) if reason else _("Accepted")
    return Said(what, str(facts.get("acknowledgement", "")))


CALLS: Sayings = {
    "replayed": _replayed,
    "message-received": _message_received,
    "message-answered": _message_answered,
    "verified": _verified,
    "refused": _refused,
    "queried": _queried,
    "retrieval-begun": _retrieval_begun,
    "document-updated": _document_updated,
    "document-removed": _document_removed,
    "given": _given,
    "disclosure-notified": _disclosure_notified,
    "work": _work,
}
