"""The report on who has seen, as PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from portal import formats
from portal.log_rows import Given, Used
from portal.reports import Paper

RECEIVERS = (90, 30, 54)  # shares of the width
GIVEN = (30, 40, 36, 44, 34)
LOOKS = (34, 50, 45, 45)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything in the reader's language."""

    title: str
    subject: str
    facts: list[tuple[str, str]]
    receivers: list[tuple[str, int, datetime]]
    given: list[Given]
    looks: list[Used]
    count: int
    is_cut: bool  # more than is told one by one
    number: str
    made_at: datetime


def made(report: Report) -> bytes:
    paper = Paper(f"{report.title}, {report.subject}", mark=report.number, made_at=report.made_at)
    paper.begin(report.title, report.subject, report.facts)
    receivers = (_("Organisation"), _("Entries"), _("Last"))
    _section(paper, _("To whom"), RECEIVERS, receivers, _receivers(report))
    given = (_("Time"), _("Organisation"), _("Professional"), _("What"), _("Ground"))
    _section(paper, _("What was given"), GIVEN, given, _given(report))
    if report.is_cut:
        paper.say(_("Only the newest entries are told one by one; the export of the log has all."))
    looks = (_("Time"), _("What happened"), _("By whom"), _("Reason"))
    _section(paper, _("Looks by the operator’s staff"), LOOKS, looks, _looks(report))
    return bytes(paper.output())


def _section(
    paper: Paper,
    title: str,
    widths: Sequence[int],
    heading: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> None:
    paper.part(title)
    if rows:
        paper.listed(widths, heading, rows)
    else:
        paper.say(_("Nothing in this period."))


def _receivers(report: Report) -> list[list[str]]:
    return [
        [name, formats.number_text(count), formats.when_text(last)]
        for name, count, last in report.receivers
    ]


def _given(report: Report) -> list[list[str]]:
    return [
        [
            formats.when_text(row.at),
            _joined(row.receiver, row.unit),
            _joined(row.person, row.role) or "–",
            _joined(row.what, row.controller, row.study_uid),
            row.ground or "–",
        ]
        for row in report.given
    ]


def _looks(report: Report) -> list[list[str]]:
    return [
        [formats.when_text(row.at), row.what, row.person, row.reason or "–"] for row in report.looks
    ]


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
