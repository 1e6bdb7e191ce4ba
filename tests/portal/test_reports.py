"""What the reports write with the letters that their fonts have."""

import pytest

from portal.reports import fit


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Åke Öhman, Šárka Žižková – 3 €", "Åke Öhman, Šárka Žižková – 3 €"),
        ("Kārlis Łukasiewicz", "Karlis Lukasiewicz"),
        ("Meika\u0308la\u0308inen\nE-1042", "Meikäläinen\nE-1042"),
        ("Иванова", "???????"),
    ],
)
def test_a_name_is_written_with_the_letters_that_are_nearest(text: str, shown: str) -> None:
    assert fit(text) == shown
