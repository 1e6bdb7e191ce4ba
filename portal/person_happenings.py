"""What is told of persons, and the messages that tell it, in words (HL-1)."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

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


TELLING: dict[str, Callable[[Facts, str], Said]] = {
    "merged": _merged,
    "unmerged": _unmerged,
    "updated": _updated,
}
