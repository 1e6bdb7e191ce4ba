"""Every error has its advice, for the staff and for the customer."""

import pytest
from django.utils import translation

from archive.errors import FAMILIES, ArchiveError, every_error
from portal.advice import ADVICE, advise
from portal.advice.kinds import Move
from portal.views.errors import REPLIES

TEXTS = ("title", "cause", "step", "customer_cause", "customer_step")


@pytest.mark.parametrize("error", list(every_error()), ids=lambda error: error.__name__)
@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_every_error_is_explained_in_every_language(
    error: type[ArchiveError], language: str
) -> None:
    with translation.override(language):
        texts = [str(getattr(ADVICE[error], name)) for name in TEXTS]
        texts.append(str(ADVICE[error].move.value))
    assert all(texts)
    assert not any("!" in text or "successfully" in text for text in texts)


def test_a_reason_nobody_knows_is_our_failure() -> None:
    assert advise("no-such-word") is advise("broken")


def test_what_was_refused_for_being_too_much_is_its_senders_to_send_again() -> None:
    """The archive kept nothing of it, so it tries nothing again."""
    assert advise("customer-too-fast").move is Move.SENDER
    with translation.override("en"):
        said = str(advise("storage-full").customer_step)
    assert "send them again when the archive is back" in said


def test_every_family_has_its_page() -> None:
    assert set(REPLIES) == set(FAMILIES)
