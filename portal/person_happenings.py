"""What is told of persons, and the messages that tell it, in words (HL-1)."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from portal.advice import advise
from portal.said import Said, with_reason

Facts = dict[str, Any]


def _merged(facts: Facts, actor: str) -> Said:
    return with_reason(_("Patient ids merged by %(peer)s") % {"peer": actor}, facts)


def _unmerged(facts: Facts, actor: str) -> Said:
    return with_reason(_("Merge of patient ids undone by %(peer)s") % {"peer": actor}, facts)


def _updated(facts: Facts, actor: str) -> Said:
    words = {
        "name": _("name"),
        "birth_date": _("day of birth"),
        "sex": _("sex"),
        "death_date": _("day of death"),
    }
    changed = ", ".join(str(words.get(each, each)) for each in facts.get("what") or ())
    said = _("Patient’s data changed by %(peer)s: %(what)s")
    return Said(said % {"peer": actor, "what": changed})


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


TELLING: dict[str, Callable[[Facts, str], Said]] = {
    "merged": _merged,
    "unmerged": _unmerged,
    "updated": _updated,
    "replayed": _replayed,
    "message-received": _message_received,
    "message-answered": _message_answered,
}
