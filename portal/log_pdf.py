"""The report on who has seen, as PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import TableBordersLayout

from portal import formats
from portal.log_rows import Given, Used
from portal.reports import ENCODING, MARGIN, fit

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


class _Page(FPDF):
    """A4 with the report's number and the page's at the foot."""

    def __init__(self, report: Report) -> None:
        super().__init__(format="A4")
        self.report = report
        self.core_fonts_encoding = ENCODING
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, MARGIN)
        self.set_title(fit(f"{report.title}, {report.subject}"))
        self.set_lang((get_language() or "fi")[:2])
        self.set_creation_date(report.made_at)

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font("Helvetica", size=8)
        place = _("Page %(number)s") % {"number": self.page_no()}
        self.cell(0, 5, fit(f"{self.report.number} · {place}"), align="R")


def made(report: Report) -> bytes:
    pdf = _Page(report)
    pdf.add_page()
    _text(pdf, report.title, 16, bold=True)
    _text(pdf, report.subject, 11)
    pdf.ln(3)
    for label, value in report.facts:
        pdf.set_font("Helvetica", "B", 9)
        pdf.cell(45, 5.5, fit(label))
        pdf.set_font("Helvetica", size=9)
        pdf.multi_cell(0, 5.5, fit(value), new_x="LMARGIN", new_y="NEXT")
    _sections(pdf, report)
    return bytes(pdf.output())


def _sections(pdf: FPDF, report: Report) -> None:
    receivers = (_("Organisation"), _("Entries"), _("Last"))
    _section(pdf, _("To whom"), RECEIVERS, receivers, _receivers(report))
    given = (_("Time"), _("Organisation"), _("Professional"), _("What"), _("Ground"))
    _section(pdf, _("What was given"), GIVEN, given, _given(report))
    if report.is_cut:
        cut = _("Only the newest entries are told one by one; the export of the log has all.")
        _text(pdf, cut, 9)
    looks = (_("Time"), _("What happened"), _("By whom"), _("Reason"))
    _section(pdf, _("Looks by the operator’s staff"), LOOKS, looks, _looks(report))


def _text(pdf: FPDF, text: str, size: float, *, bold: bool = False) -> None:
    pdf.set_font("Helvetica", "B" if bold else "", size)
    pdf.multi_cell(0, size * 0.5, fit(text), new_x="LMARGIN", new_y="NEXT")


def _section(
    pdf: FPDF,
    title: str,
    widths: Sequence[int],
    heading: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> None:
    pdf.ln(5)
    _text(pdf, title, 11, bold=True)
    pdf.ln(1)
    if not rows:
        _text(pdf, _("Nothing in this period."), 9)
        return
    pdf.set_font("Helvetica", size=8)
    layout = TableBordersLayout.HORIZONTAL_LINES
    with pdf.table(
        col_widths=tuple(widths),
        line_height=4.2,
        borders_layout=layout,
        text_align="LEFT",
        padding=1,
    ) as table:
        for row in (heading, *rows):
            table.row([fit(text) for text in row])


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
