"""Reports as PDF, by fpdf2: in the fonts that every reader has, and Noto for what these lack."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import TableBordersLayout
from fpdf.fonts import FontFace

ENCODING = "windows-1252"  # of the PDF standard fonts; holds Finnish, Swedish and English
STANDARD = "Helvetica"
# Embedded with the letters that are used only: Latin with Greek and Cyrillic, Arabic, Han.
NOTO: Mapping[str, str] = {
    "Noto": "NotoSans.ttf",
    "NotoArabic": "NotoSansArabic.ttf",
    "NotoHan": "NotoSansSC.ttf",
}
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
        self.held: set[str] = set()  # of the embedded fonts, those that a text has needed
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, MARGIN)
        self.set_title(title)
        self.set_lang((get_language() or "fi")[:2])
        self.set_creation_date(made_at)

    def dress(self, text: str, size: float, *, bold: bool = False) -> str:
        """The text as it is written next, in a font that has all of its letters."""
        fitted = fit(text)
        family = self.family_for(fitted)
        self.set_font(family, "B" if bold and family == STANDARD else "", size)
        return fitted

    def family_for(self, fitted: str) -> str:
        if _is_standard(fitted):
            return STANDARD
        wanted = [name for name in NOTO if name == "Noto" or _lacking("Noto", fitted) & _of(name)]
        for name in wanted:
            if name not in self.held:
                self.add_font(name, fname=_path(name))
                self.held.add(name)
        self.set_fallback_fonts([name for name in NOTO if name in self.held - {"Noto"}])
        self.set_text_shaping(True, direction="ltr")  # Arabic joins, in sentences that are not
        return "Noto"

    def footer(self) -> None:
        self.set_y(-12)
        place = _("Page %(number)s") % {"number": self.page_no()}
        self.cell(0, 5, self.dress(f"{self.mark} · {place}", 8), align="R")

    def begin(self, title: str, subject: str, facts: Iterable[tuple[str, str]]) -> None:
        """The first page: what it is, of whom, and what is said in pairs."""
        self.add_page()
        self.say(title, 16, bold=True)
        self.say(subject, 11)
        self.ln(3)
        for label, value in facts:
            self.cell(45, 5.5, self.dress(label, 9, bold=True))
            self.multi_cell(0, 5.5, self.dress(value, 9), new_x="LMARGIN", new_y="NEXT")

    def say(self, text: str, size: float = 9, *, bold: bool = False) -> None:
        fitted = self.dress(text, size, bold=bold)
        self.multi_cell(0, size * 0.5, fitted, new_x="LMARGIN", new_y="NEXT")

    def part(self, title: str) -> None:
        self.ln(5)
        self.say(title, 11, bold=True)
        self.ln(1)

    def listed(
        self, widths: Sequence[int], heading: Sequence[str], rows: Iterable[Sequence[str]]
    ) -> None:
        """A table; `widths` are shares."""
        self.set_font(STANDARD, size=8)
        with self.table(
            col_widths=tuple(widths),
            line_height=4.2,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            text_align="LEFT",
            padding=1,
        ) as table:
            table.row([fit(text) for text in heading])
            for texts in rows:
                row = table.row()
                for text in map(fit, texts):
                    row.cell(text, style=FontFace(family=self.family_for(text)))

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
    """A letter that no font here has stands as its number in Unicode, which tells what it was."""
    composed = unicodedata.normalize("NFC", text)
    if _is_standard(composed):
        return composed
    shown = frozenset().union(*map(_of, NOTO), map(ord, "\n\t"))
    return "".join(
        letter if ord(letter) in shown else f"[U+{ord(letter):04X}]"
        for letter in composed
        if unicodedata.category(letter) != "Cf"  # seen by nobody
    )


def _is_standard(text: str) -> bool:
    return len(text.encode(ENCODING, "ignore")) == len(text)


def _lacking(name: str, text: str) -> frozenset[int]:
    return frozenset(map(ord, text)) - _of(name)


@cache
def _of(name: str) -> frozenset[int]:
    """The letters that a font has."""
    with TTFont(_path(name), lazy=True) as font:
        return frozenset(font.getBestCmap())


def _path(name: str) -> str:
    return str(files("textflowkit_fonts") / "fonts" / NOTO[name])
