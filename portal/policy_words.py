"""What a change of the content policy will do, in sentences (AR-2)."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext as _

from archive.models import ContentPolicy
from archive.objects import storage_classes
from archive.queries import content_policies as queries
from archive.services.content_policies import Version
from portal import formats


def changed_words(version: Version) -> list[str]:
    """Beside the row that holds on its first day without it."""
    day = version.allowed_from
    before = queries.in_force(version.content_type, day)
    said = [_first(version, before), *_classes(version, before), *_rest(version, before)]
    said += _later(version.content_type, day)
    if before is not None:
        said.append(_recent(version.content_type))
    return [each for each in said if each]


def ended_words(content_type: str, last_day: date) -> list[str]:
    said = _("After %(day)s nothing of this content type is archived.")
    return [
        said % {"day": formats.day_text(last_day)},
        *_later(content_type, last_day),
        _recent(content_type),
    ]


def _first(version: Version, before: ContentPolicy | None) -> str:
    day = formats.day_text(version.allowed_from)
    if before is None:
        return _("From %(day)s a row is in force where none was.") % {"day": day}
    if version.allowed_from > before.allowed_from:
        said = _("The row in force ends the day before %(day)s, and the new one begins.")
        return said % {"day": day}
    return _("The row that was to begin on %(day)s is replaced.") % {"day": day}


def _classes(version: Version, before: ContentPolicy | None) -> Iterable[str]:
    held = set(before.sop_classes) if before else set()
    wanted = set(version.sop_classes)
    if wanted - held:
        yield _("Taken from then on: %(classes)s.") % {"classes": _named(wanted - held)}
    for uid in sorted(held - wanted):
        others = queries.others_with(uid, version.content_type, version.allowed_from)
        name = storage_classes.name_of(uid)
        if others:
            also = ", ".join(queries.name_of(row) for row in others)
            said = _("No longer taken as this content: %(name)s. Still taken as: %(others)s.")
            yield said % {"name": name, "others": also}
        else:
            yield _("Refused from then on: %(name)s.") % {"name": name}
    if not wanted:
        yield _("Without a SOP class nothing of it can be archived.")


def _named(uids: Iterable[str]) -> str:
    return ", ".join(sorted(storage_classes.name_of(uid) for uid in uids))


def _rest(version: Version, before: ContentPolicy | None) -> Iterable[str]:
    if before is None or set(before.modalities) != set(version.modalities):
        listed = ", ".join(sorted(version.modalities)) or _("any")
        yield _("Modalities: %(listed)s.") % {"listed": listed}
    if before is None or before.code_demanded != version.code_demanded:
        yield (
            _("A study without a valid study code is refused.")
            if version.code_demanded
            else _("A study code is not demanded.")
        )
    if before is None or before.duty_from != version.duty_from:
        yield _("Duty to archive from: %(day)s.") % {"day": _day(version.duty_from)}
    if version.allowed_until is not None:
        yield _("Its last day is %(day)s.") % {"day": _day(version.allowed_until)}


def _day(day: date | None) -> str:
    return formats.day_text(day) if day else _("no day given")


def _later(content_type: str, day: date) -> list[str]:
    """Rows that were to begin after that day, and never will."""
    rows = ContentPolicy.objects.filter(content_type=content_type, allowed_from__gt=day)
    said = _("The row that was to begin on %(day)s is taken away; the log keeps what it said.")
    return [said % {"day": formats.day_text(row.allowed_from)} for row in rows]


def _recent(content_type: str) -> str:
    count = queries.recent_objects(content_type)
    said = _("In the last 30 days %(count)s objects of this content type were archived.")
    return said % {"count": formats.number_text(count)}
