"""A take-over in words: what it comes to, and why lines are faulty (AR-12)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from archive.models import LineOutcome, Takeover, TakeoverState
from archive.queries import takeovers as queries
from archive.rules.study_lists import Problem
from portal import formats
from portal.shapes import SHAPES

PROBLEMS: dict[Problem, str | Promise] = {
    Problem.NAMELESS: gettext_lazy("The line has neither a UID nor an accession number."),
    Problem.UID: gettext_lazy("The Study Instance UID is not valid."),
    Problem.ACCESSION: gettext_lazy("The accession number is too long or has odd characters."),
    Problem.PERSON: gettext_lazy("A personal identity code stands in the accession number."),
    Problem.DAY: gettext_lazy("The day is not valid. Write 2026-11-26, 20261126 or 26.11.2026."),
    Problem.INSTANCES: gettext_lazy("The number of objects is not a number."),
    Problem.COLUMNS: gettext_lazy("The line has more columns than the heading."),
}
MEANINGS: dict[str, str | Promise] = {
    LineOutcome.MISSING: gettext_lazy("No object of the study is in the customer’s registers."),
    LineOutcome.DESTROYED: gettext_lazy("It was archived, and destroyed when its time was over."),
    LineOutcome.DAMAGED: gettext_lazy("The bytes of an object here do not match their digest."),
    LineOutcome.REJECTED: gettext_lazy("Every object of the study is rejected here."),
    LineOutcome.FEWER: gettext_lazy(
        "Fewer objects are here than the list says. Lines with one accession number and no UID are"
        " counted together."
    ),
    LineOutcome.UNCOMMITTED: gettext_lazy("Storage commitment has not been asked for or given."),
    LineOutcome.UNREGISTERED: gettext_lazy(
        "Stored, but waits for its request or examination note."
    ),
    LineOutcome.HERE: gettext_lazy("Stored, committed and registered."),
    LineOutcome.REPEATED: gettext_lazy("The list has the study on an earlier line as well."),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """An outcome with how many lines have it."""

    outcome: str
    shape: str
    word: str
    meaning: str
    count: int


def counted(takeover: Takeover) -> list[Counted]:
    return [
        Counted(
            each.value,
            SHAPES["takeoverline", each],
            str(each.label),
            str(MEANINGS[each]),
            takeover.outcome[each],
        )
        for each in LineOutcome
        if takeover.outcome.get(each)
    ]


def verdict(takeover: Takeover) -> tuple[str, str]:
    """The shape and the sentence of what it comes to."""
    if takeover.state != TakeoverState.COMPARED:
        return SHAPES["takeover", takeover.state], _running(takeover)
    lacking = queries.lacking(takeover)
    if lacking and takeover.listed == 1:
        return "needs", _("The one study of the list is not yet safe here. Keep the local archive.")
    if lacking:
        said = ngettext(
            "%(count)s of %(listed)s studies is not yet safe here. Keep the local archive.",
            "%(count)s of %(listed)s studies are not yet safe here. Keep the local archive.",
            lacking,
        )
        return "needs", said % _numbers(lacking, takeover)
    if takeover.faulty:
        said = ngettext(
            "%(count)s line could not be read; all else is safe here. Keep the local archive until"
            " it has been looked into.",
            "%(count)s lines could not be read; all else is safe here. Keep the local archive until"
            " they have been looked into.",
            takeover.faulty,
        )
        return "needs", said % _numbers(takeover.faulty, takeover)
    if not takeover.listed:
        return "none", _("The list is empty: nothing was found on these days.")
    if takeover.uncounted:
        said = ngettext(
            "Every study of the list is stored, committed and registered here, but of %(count)s the"
            " list does not say how many objects it has: missing ones could not be noticed.",
            "Every study of the list is stored, committed and registered here, but of %(count)s the"
            " list does not say how many objects they have: missing ones could not be noticed.",
            takeover.uncounted,
        )
        return "needs", said % _numbers(takeover.uncounted, takeover)
    return "done", _(
        "Every study of the list is stored, committed and registered here. If the list is whole,"
        " the local archive can be closed."
    )


def uncounted(takeover: Takeover) -> str:
    """Beside a verdict that is about something worse; else the verdict itself says it."""
    if not takeover.uncounted or not (queries.lacking(takeover) or takeover.faulty):
        return ""
    said = ngettext(
        "Of %(count)s study the list does not say how many objects it has: missing ones could not"
        " be noticed.",
        "Of %(count)s studies the list does not say how many objects they have: missing ones could"
        " not be noticed.",
        takeover.uncounted,
    )
    return said % _numbers(takeover.uncounted, takeover)


def _running(takeover: Takeover) -> str:
    match takeover.state:
        case TakeoverState.ASKING:
            if takeover.asked_until is None:
                return _("The customer’s system is being asked.")
            said = ngettext(
                "The customer’s system has been asked until %(day)s: %(listed)s study.",
                "The customer’s system has been asked until %(day)s: %(listed)s studies.",
                takeover.listed,
            )
            day = formats.day_text(takeover.asked_until)
            return said % {"day": day, **_numbers(0, takeover)}
        case TakeoverState.COMPARING:
            said = ngettext(
                "%(count)s of %(listed)s study has been compared.",
                "%(count)s of %(listed)s studies have been compared.",
                takeover.listed,
            )
            return said % _numbers(takeover.compared, takeover)
    return _("It has failed. Technical support has a case of it.")


def _numbers(count: int, takeover: Takeover) -> dict[str, str]:
    return {
        "count": formats.number_text(count),
        "listed": formats.number_text(takeover.listed),
    }


def source(takeover: Takeover) -> str:
    """Where the list is from: the file's name, or the system and the days."""
    if takeover.first_day is None or takeover.last_day is None:
        return takeover.name
    return f"{takeover.name}, {formats.span_text(takeover.first_day, takeover.last_day)}"
