"""`./run` asks the portal as somebody whom its settings let ask."""

from collections.abc import Sequence

import pytest

from launch import health


@pytest.mark.parametrize(
    ("allowed", "name"),
    [
        (["portal.example.invalid", "127.0.0.1"], "portal.example.invalid"),
        ([".example.invalid"], "example.invalid"),
        (["*"], ""),
        ([], ""),
    ],
)
def test_it_calls_the_portal_by_a_name_that_is_allowed(allowed: Sequence[str], name: str) -> None:
    assert health.a_name(allowed) == name
