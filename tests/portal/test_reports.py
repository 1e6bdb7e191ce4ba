"""What the reports write, with whichever letters a name has."""

import re
from datetime import UTC, datetime

import pytest

from portal.reports import Report, Row, as_pdf, fit

ENDED_AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Åke Öhman, Šárka Žižková – 3 €", "Åke Öhman, Šárka Žižková – 3 €"),
        ("Kārlis Łukasiewicz", "Kārlis Łukasiewicz"),
        ("Meika\u0308la\u0308inen\nE-1042", "Meikäläinen\nE-1042"),
        ("Мария Иванова\nE-1042", "Мария Иванова\nE-1042"),
        ("علي محمد، 李小龍 = Ali", "علي محمد، 李小龍 = Ali"),
        ("\ufeffДа\u200b", "Да"),
        ("ก 😀", "[U+0E01] [U+1F600]"),
    ],
)
def test_no_letter_is_lost(text: str, shown: str) -> None:
    assert fit(text) == shown


@pytest.mark.parametrize(
    "name", ["Kārlis", "Мария Иванова", "علي محمد", "李小龍", "Åke 李小龍 Иванова"]
)
def test_a_name_in_a_report_is_legible_and_can_be_copied(name: str) -> None:
    """Its letters are in the maps by which readers tell what the signs of embedded fonts are."""
    row = Row(name, "passed", name, "12.00")
    report = Report(name, name, [(name, name)], [row], "0" * 64, ENDED_AT)
    whole = as_pdf(report).decode("latin-1")
    told = {chr(int(code, 16)) for code in re.findall(r"<[0-9A-F]{4,}> <([0-9A-F]{4})>", whole)}
    assert {letter for letter in name if not letter.isascii() and letter not in "Åå"} <= told
    assert "?" not in "".join(re.findall(r"\(([^()]*)\) Tj", whole))


def test_no_letter_of_a_name_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever cuts the fonts down tells which signs are left."""
    as_pdf(Report("Мария", "Мария", [], [], "0" * 64, ENDED_AT))
    assert not caplog.records


def test_a_report_of_usual_letters_embeds_no_font() -> None:
    row = Row("Åke", "passed", "Åke – 3 €", "12.00")
    report = Report("Åke", "Åke", [("Åke", "Åke")], [row], "0" * 64, ENDED_AT)
    assert b"/FontFile" not in as_pdf(report)
