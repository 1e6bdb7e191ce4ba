"""The catalogues say what the product says, completely."""

import pytest

from portal.management.commands import texts

pytestmark = pytest.mark.xdist_group("texts")  # read once on a worker


def test_finnish_and_swedish_are_complete() -> None:
    assert list(texts.faults()) == []


def test_a_template_is_read_as_the_code_is() -> None:
    found = {message.id for message in texts.extracted() if message.id}
    assert "Skip to content" in found  # templates/base.html
    assert ("%(count)s customer", "%(count)s customers") in found  # portal/views/customers.py
