"""What another person must do waits as a row, and the log says who asked (NF-3)."""

from typing import Any
from uuid import uuid4

import pytest

from archive import ledger
from archive.models import LedgerEvent, SecondPerson
from archive.services import second_person
from tests.persons import staff

pytestmark = pytest.mark.django_db


def test_nobody_has_asked_for_what_is_not_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the process dies between the two."""
    asker, merge = staff(), uuid4()

    def die(*_args: Any, **_named: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "record", die)
        with pytest.raises(KeyboardInterrupt):
            second_person.ask(asker, "undo_merge", merge, environment="production", reason="x")
    assert not SecondPerson.objects.filter(subject_id=merge).exists()
    second_person.ask(asker, "undo_merge", merge, environment="production", reason="x")
    assert LedgerEvent.objects.filter(kind="second.asked", subject_id=merge).count() == 1
