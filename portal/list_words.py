"""Why a list that was sent as a file cannot be read, in the reader's language (AR-8, AR-12)."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.errors.rules import ListUnreadable, Unread
from portal.formats import either_text


def unread(error: ListUnreadable) -> str:
    facts, found = error.facts, error.facts.get("found", "")
    match facts["why"]:
        case Unread.MISSING:
            return _missing([group.split("|") for group in facts["missing"].split(",")], found)
        case Unread.TWICE:
            return _("Two columns mean the same: %(found)s. Leave one of them.") % {"found": found}
        case Unread.NO_HEADING:
            return _("The first line is not the names of the columns. Put them above the rest.")
        case Unread.NOT_UTF8:
            return _("The file is not in UTF-8. Save it as CSV in UTF-8.")
        case Unread.NOT_CSV:
            said = _("Line %(line)s cannot be read as CSV. Look at its quotation marks.")
            return said % {"line": facts["line"]}
    return _("There is no line below the names of the columns.")


def _missing(groups: list[list[str]], found: str) -> str:
    said = ngettext(
        "The list lacks the column %(missing)s. It has: %(found)s.",
        "The list lacks the columns %(missing)s. It has: %(found)s.",
        len(groups),
    )
    return said % {"missing": ", ".join(map(either_text, groups)), "found": found}
