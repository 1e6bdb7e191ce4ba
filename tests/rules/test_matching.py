"""What a key's values ask for, and which are none (PS3.4 C.2.2.2); wild cards against a value that
is the same everywhere (C.2.2.2.4).
"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.rules import matching
from archive.rules.matching import Like, Span, Within


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


@pytest.mark.parametrize(
    ("vr", "value"),
    [
        *(("DA", each) for each in ("abc", "2026", "20261301", "20260230", "20260132", "00000101")),
        *(("DA", each) for each in ("-", "20261301-", "-20260199", "20260101-20261301", "1-2-3")),
        *(("TM", each) for each in ("noon", "25", "24", "1060", "101561", "256199-", "10-1099")),
        *(("UI", each) for each in ("1.2.x", "1.2*", "1,2", "urn:oid:1.2", "1." + "2" * 63)),
        *(("IS", each) for each in ("one", "1.0", "1-2", "1" * 13)),
    ],
)
def test_what_is_no_value_of_its_vr_is_refused(vr: str, value: str) -> None:
    """It matched nothing, and nobody was told why."""
    with pytest.raises(ValueError):
        matching.match_of(vr, ("", value))


@pytest.mark.parametrize(
    ("vr", "value", "low", "high"),
    [
        ("DA", "20240229", "20240229", "20240229"),
        ("DA", "2026.01.31", "20260131", "20260131"),
        # The last day of any month, and the time of its end, as many systems say them.
        ("DA", "20260201-20260231", "20260201", "20260231"),
        ("DA", "00000101-", "00000101", ""),
        ("TM", "10", "100000.000000", "105959.999999"),
        ("TM", "235960", "235960.000000", "235960.999999"),
        ("TM", "000000-240000", "000000.000000", "240000.999999"),
    ],
)
def test_days_and_times_and_their_ranges(vr: str, value: str, low: str, high: str) -> None:
    assert matching.match_of(vr, (value,)) == Within((Span(low, high),))


@pytest.mark.parametrize("value", ["1", "-1", "+12", "007"])
def test_integers_are_compared_as_written(value: str) -> None:
    assert matching.match_of("IS", (value,)) == matching.Among((value,))
