"""What tests of looks rely on, who load a page once and then turn it to each width and scheme:
a scheme changes colours and nothing else, and only the style sheet asks how wide a window is.
And who judge the colours of a text by what is around it (tests/look.js): it lies on nothing else.
"""

import re
from pathlib import Path

import pytest

from launch.plan import ROOT

SHEETS = sorted(ROOT.glob("static/css/*.css"))
SCRIPTS = sorted(ROOT.glob("static/js/*.js"))
TEMPLATES = sorted(ROOT.glob("templates/**/*.html"))
COLOUR = r"(?:#[0-9a-f]{6}|rgb\([0-9 %/]+\)|var\(--[a-z0-9-]+\))"
PAIR = re.compile(rf"light-dark\({COLOUR}, {COLOUR}\)")
# What else could tell schemes apart, or bring in a sheet that is not read here.
OTHER_WAYS = re.compile(r"prefers-color-scheme|@scope|\bstyle\(|\bif\(|@import|content-visibility")
# Positions are left: look.js knows of them.
MOVES = re.compile(
    r"float:|translate|(?<!text-)transform:|z-index: *-|grid-area"
    r"|margin[a-z-]*:[^;}]*[ :]-(?!1px)[\d.]"
)
MEASURES = re.compile(
    r"matchMedia|(?:inner|outer|client|offset|scroll)(?:Width|Height)|screen\.|visualViewport"
    r"|getBoundingClientRect|getClientRects|getComputedStyle|(?:Resize|Intersection)Observer|resize"
)
LATE = re.compile(
    r"<picture|srcset|\bmedia=|loading=|prefers-|hx-trigger=\"[^\"]*(?:revealed|intersect)"
)


def test_there_is_something_to_look_at() -> None:
    assert len(SHEETS) > 5 and len(SCRIPTS) > 1 and len(TEMPLATES) > 50
    text = "".join(each.read_text() for each in SHEETS)
    assert text.count("light-dark(") > 20 and "@media (max-width" in text


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_scheme_changes_colours_alone(path: Path) -> None:
    text = path.read_text()
    assert len(PAIR.findall(text)) == text.count("light-dark(")
    assert OTHER_WAYS.findall(text) == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_what_has_no_position_lies_on_what_is_around_it(path: Path) -> None:
    assert MOVES.findall(path.read_text()) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_asks_how_the_window_is(path: Path) -> None:
    assert MEASURES.findall(path.read_text()) == []


def test_no_template_asks_how_the_window_is() -> None:
    found = {str(each): LATE.findall(each.read_text()) for each in TEMPLATES}
    assert {path: what for path, what in found.items() if what} == {}
