"""Reports as PDF, by fpdf2 and the fonts that every reader has."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import TableBordersLayout

ENCODING = "windows-1252"  # of the PDF standard fonts; holds Finnish, Swedish and English
MARGIN = 18.0  # mm
COLUMNS = (44, 22, 66, 42)  # shares of the width


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: its four columns."""

    title: str
    state: str
    came: str
    at: str


@dataclass(frozen=True, slots=True)
class Report:
    """A rollout test or a take-over, every text in the reader's language."""

    title: str
    customer: str
    facts: list[tuple[str, str]]
    rows: list[Row]
    digest: str
    ended_at: datetime


class _Page(FPDF):
    """A4 with the digest's beginning and the page number at the foot."""

    def __init__(self, report: Report) -> None:
        super().__init__(format="A4")
        self.report = report
        self.core_fonts_encoding = ENCODING
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, MARGIN)
        self.set_title(fit(report.title))
        self.set_subject(f"SHA-256 {report.digest}")
        self.set_lang((get_language() or "fi")[:2])
        self.set_creation_date(report.ended_at)
        self.set_compression(False)  # small anyhow, and the digest can be searched for

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font("Helvetica", size=8)
        place = _("Page %(number)s") % {"number": self.page_no()}
        self.cell(0, 5, fit(f"{self.report.digest[:16]} · {place}"), align="R")


def rollout_pdf(report: Report) -> bytes:
    return signed_pdf(report, (_("Step"), _("State"), _("What came"), _("Time")))


def signed_pdf(report: Report, headings: tuple[str, str, str, str]) -> bytes:
    """The facts, the table with these headings, and the digest."""
    pdf = _Page(report)
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 16)
    pdf.multi_cell(0, 8, fit(report.title), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", size=11)
    pdf.multi_cell(0, 6, fit(report.customer), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3)
    for label, value in report.facts:
        pdf.set_font("Helvetica", "B", 9)
        pdf.cell(45, 5.5, fit(label))
        pdf.set_font("Helvetica", size=9)
        pdf.multi_cell(0, 5.5, fit(value), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)
    if report.rows:
        _table(pdf, headings, report.rows)
    pdf.ln(4)
    pdf.set_font("Helvetica", size=9)
    signed = _("The report is signed by its digest, SHA-256 over its content:")
    pdf.multi_cell(0, 5, fit(signed), new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Courier", size=9)
    pdf.cell(0, 6, report.digest)
    return bytes(pdf.output())


def _table(pdf: FPDF, headings: tuple[str, ...], rows: list[Row]) -> None:
    pdf.set_font("Helvetica", size=8.5)
    layout = TableBordersLayout.HORIZONTAL_LINES
    with pdf.table(
        col_widths=COLUMNS, line_height=4.5, borders_layout=layout, text_align="LEFT", padding=1
    ) as table:
        table.row([fit(each) for each in headings])
        for row in rows:
            table.row([fit(each) for each in (row.title, row.state, row.came, row.at)])


def fit(text: str) -> str:
    """What the fonts cannot show becomes a question mark."""
    return text.encode(ENCODING, "replace").decode(ENCODING)
