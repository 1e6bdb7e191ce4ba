"""Wild cards against a value that is the same everywhere (PS3.4 C.2.2.2.4)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.rules import matching
from archive.rules.matching import Like


def fits(pattern: str, value: str = "ISO") -> bool:
    return matching.matches_constant(Like((pattern,)), value)


@pytest.mark.parametrize("pattern", ["ISO", "I*", "*O", "?S?", "*", "**I**S**O**", "ISO*", "*???"])
def test_what_fits(pattern: str) -> None:
    assert fits(pattern)


@pytest.mark.parametrize("pattern", ["iso", "IS", "ISOX", "????", "*X*", "?", "I.*", "[I]SO"])
def test_what_does_not(pattern: str) -> None:
    assert not fits(pattern)


@given(pattern=st.text("ab*?", max_size=8), value=st.text("ab", max_size=6))
def test_as_a_regular_expression_would_have_it(pattern: str, value: str) -> None:
    """Of short patterns; what takes it for ever is below."""
    expression = pattern.replace("*", ".*").replace("?", ".")
    assert fits(pattern, value) == (re.fullmatch(expression, value) is not None)


def test_asterisks_by_the_thousand_hold_nobody_up() -> None:
    """A regular expression would go through a billion ways to share three letters out."""
    assert not fits(f"{'*' * 3_000}x")
    assert fits("*" * 100_000)
