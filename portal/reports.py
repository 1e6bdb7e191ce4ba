"""Reports as PDF, by fpdf2 and the fonts that every reader has."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import TableBordersLayout

ENCODING = "windows-1252"  # of the PDF standard fonts; holds Finnish, Swedish and English
WITHOUT_MARK = {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ŧ": "t", "Ŧ": "T", "ŋ": "n", "Ŋ": "N"}
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
    """What is finished and signed, a rollout test, a take-over or a destruction, in the reader's
    language.
    """

    title: str
    customer: str
    facts: list[tuple[str, str]]
    rows: list[Row]
    digest: str
    ended_at: datetime
    headings: tuple[str, ...] = ()  # of the four columns; none: those of a rollout test
    widths: tuple[int, ...] = COLUMNS


class Paper(FPDF):
    """A4 in the reader's language, with a mark and the page's number at the foot."""

    def __init__(self, title: str, *, mark: str, made_at: datetime) -> None:
        super().__init__(format="A4")
        self.mark = mark
        self.core_fonts_encoding = ENCODING
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, MARGIN)
        self.set_title(fit(title))
        self.set_lang((get_language() or "fi")[:2])
        self.set_creation_date(made_at)

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font("Helvetica", size=8)
        place = _("Page %(number)s") % {"number": self.page_no()}
        self.cell(0, 5, fit(f"{self.mark} · {place}"), align="R")

    def begin(self, title: str, subject: str, facts: Iterable[tuple[str, str]]) -> None:
        """The first page: what it is, of whom, and what is said in pairs."""
        self.add_page()
        self.say(title, 16, bold=True)
        self.say(subject, 11)
        self.ln(3)
        for label, value in facts:
            self.set_font("Helvetica", "B", 9)
            self.cell(45, 5.5, fit(label))
            self.set_font("Helvetica", size=9)
            self.multi_cell(0, 5.5, fit(value), new_x="LMARGIN", new_y="NEXT")

    def say(self, text: str, size: float = 9, *, bold: bool = False) -> None:
        self.set_font("Helvetica", "B" if bold else "", size)
        self.multi_cell(0, size * 0.5, fit(text), new_x="LMARGIN", new_y="NEXT")

    def part(self, title: str) -> None:
        self.ln(5)
        self.say(title, 11, bold=True)
        self.ln(1)

    def listed(
        self, widths: Sequence[int], heading: Sequence[str], rows: Iterable[Sequence[str]]
    ) -> None:
        """A table; `widths` are shares."""
        self.set_font("Helvetica", size=8)
        with self.table(
            col_widths=tuple(widths),
            line_height=4.2,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            text_align="LEFT",
            padding=1,
        ) as table:
            for row in (heading, *rows):
                table.row([fit(text) for text in row])

    def signed(self, digest: str) -> None:
        """The digest over the content."""
        self.ln(4)
        self.say(_("The report is signed by its digest, SHA-256 over its content:"))
        self.set_font("Courier", size=9)
        self.cell(0, 6, digest)


def as_pdf(report: Report) -> bytes:
    paper = Paper(report.title, mark=report.digest[:16], made_at=report.ended_at)
    paper.set_subject(f"SHA-256 {report.digest}")
    paper.set_compression(False)  # small anyhow, and the digest can be searched for
    paper.begin(report.title, report.customer, report.facts)
    paper.ln(4)
    usual = (_("Step"), _("State"), _("What came"), _("Time"))
    rows = [(row.title, row.state, row.came, row.at) for row in report.rows]
    if rows:
        paper.listed(report.widths, report.headings or usual, rows)
    paper.signed(report.digest)
    return bytes(paper.output())


def fit(text: str) -> str:
    """A letter that the fonts cannot show stands without its mark, anything else as a question
    mark: Kārlis reads Karlis.
    """
    return "".join(map(_shown, unicodedata.normalize("NFC", text)))


def _shown(letter: str) -> str:
    parts = unicodedata.normalize("NFKD", WITHOUT_MARK.get(letter, letter))
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    for known in (letter, bare):
        if len(known.encode(ENCODING, "ignore")) == len(known) > 0:
            return known
    return "?"
