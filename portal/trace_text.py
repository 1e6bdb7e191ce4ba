"""A trace as plain text, for a mail to a customer or a supplier. It names no patient."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from portal import formats
from portal.entries import Day, Entry, Gap, with_gaps

MARKS = {"done": "●", "wait": "◐", "needs": "▲", "stop": "■", "none": "○"}


def text(
    title: str, facts: Iterable[tuple[str, str]], entries: Iterable[Entry], **more: str
) -> str:
    """`more` may say waited_for and the address of the page."""
    lines = [title, "=" * len(title), ""]
    lines += [f"{label}: {value}" for label, value in facts if value]
    if more.get("address"):
        lines.append(f"{_('Address')}: {more['address']}")
    for line in with_gaps(entries, waited_for=more.get("waited_for", "")):
        lines += _line(line)
    return "\n".join([*lines, "", _("Times are Finnish time.")]) + "\n"


def _line(line: Entry | Gap | Day) -> list[str]:
    if isinstance(line, Day):
        return ["", formats.day_text(line.day)]
    if isinstance(line, Gap):
        length = formats.length_text(line.length)
        if line.waited_for:
            said = _("waited %(length)s for %(what)s")
            return [f"    ... {said % {'length': length, 'what': line.waited_for}}"]
        return [f"    ... {_('%(length)s later') % {'length': length}}"]
    took = f" ({formats.length_text(line.took)})" if line.took is not None else ""
    clock = formats.clock_text(line.at, seconds=True)
    told = [f"{clock} {MARKS[line.shape]} {line.interface}: {line.what}{took}"]
    pairs = (
        (_("Answer"), line.answer),
        (_("Reason"), line.reason),
        (_("Cause"), line.cause),
        (_("Next step"), line.step),
        (_("Case"), line.case_number),
    )
    return told + [f"         {label}: {value}" for label, value in pairs if value]
