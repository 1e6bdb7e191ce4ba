"""CSV as the spreadsheets of the readers part it."""

import pytest

from portal import spreadsheets

EVIL = 'HYPERLINK("http://example.invalid/")'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (f"={EVIL}", "'="),
        (f"Pään TT;={EVIL}", ";'="),  # a new cell where semicolons part them
        (f'Pään TT;"={EVIL}', ';\'""='),
        (f"Pään TT\n@{EVIL}", "\n'@"),  # a new line, where quotation marks are not at a cell's edge
        (f"Pään TT\t+{EVIL}", "\t'+"),
    ],
)
def test_no_part_of_a_text_is_a_formula(value: str, written: str) -> None:
    _heading, line = spreadsheets.table(["a", "b"], [["x", value]])
    assert written in line


@pytest.mark.parametrize("value", ["Thorax-rtg", "a=b", "2026-11-28; klo 12", "x - y; z"])
def test_other_texts_stand_as_they_are(value: str) -> None:
    _heading, line = spreadsheets.table(["a"], [[value]])
    assert line == f"{value}\r\n"
