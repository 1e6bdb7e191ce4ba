"""What happens to a study by retention, in words (AR-9)."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from archive.models import Spared
from portal.said import Said, objects_words, with_reason

Facts = dict[str, Any]


def _held(facts: Facts, actor: str) -> Said:
    return with_reason(_("Retention hold placed by %(person)s") % {"person": actor}, facts)


def _hold_released(facts: Facts, actor: str) -> Said:
    return with_reason(_("Retention hold released by %(person)s") % {"person": actor}, facts)


def _spared(facts: Facts, actor: str) -> Said:
    why = facts.get("why", "")
    words = {"list": facts.get("list"), "why": Spared(why).label if why in Spared.values else why}
    return Said(_("Spared by destruction list %(list)s: %(why)s") % words)


def _condemned(facts: Facts, actor: str) -> Said:
    words = {"list": facts.get("list"), "objects": objects_words(int(facts.get("objects") or 0))}
    return Said(_("Withdrawn for good by destruction list %(list)s: %(objects)s") % words)


def _destroyed(facts: Facts, actor: str) -> Said:
    count = objects_words(int(facts.get("objects") or 0))
    return Said(_("Bytes of %(objects)s destroyed") % {"objects": count})


def _destroyed_again(facts: Facts, actor: str) -> Said:
    words = {"list": facts.get("list"), "objects": objects_words(int(facts.get("objects") or 0))}
    return Said(_("Destruction by list %(list)s in force again by its record: %(objects)s") % words)


RETAINING: dict[str, Callable[[Facts, str], Said]] = {
    "held": _held,
    "hold-released": _hold_released,
    "spared": _spared,
    "condemned": _condemned,
    "destroyed": _destroyed,
    "destroyed-again": _destroyed_again,
}
