"""Who speaks twice at the same moment is heard once (AC-1)."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from archive.actors import SYSTEM
from archive.errors import ArchiveError
from archive.models import DisclosurePermission, Informing, Patient, Prohibition
from archive.services import wishes as services
from archive.services.wish_documents import FormDocument
from tests.wishes import AINO, inform, permit, prohibit, said, wanted, whose

pytestmark = pytest.mark.journey

EACH = 5


def at_once(act: Callable[[], object]) -> list[str]:
    """How each of several ends that begin together."""
    gate = threading.Barrier(EACH)

    def run(_place: int) -> str:
        try:
            gate.wait(60)
            act()
        except ArchiveError as error:
            return error.reason()
        finally:
            connections.close_all()
        return "ok"

    with ThreadPoolExecutor(EACH) as threads:
        return sorted(threads.map(run, range(EACH)))


def test_a_person_nobody_knew_is_made_once_and_prohibits_once(fresh_database: str) -> None:
    ended = at_once(lambda: prohibit(wanted("everything")))
    assert ended == ["ok", *["prohibition-in-force"] * (EACH - 1)]
    assert Prohibition.objects.filter(patient__identifier=AINO).count() == 1
    assert Patient.objects.filter(environment="production", identifier=AINO).count() == 1


def test_a_permission_is_given_once(fresh_database: str) -> None:
    inform()
    ended = at_once(permit)
    assert ended == ["ok", *["permission-already-given"] * (EACH - 1)]
    assert DisclosurePermission.objects.filter(patient__identifier=AINO).count() == 1


def test_the_same_form_at_once_is_recorded_once(fresh_database: str) -> None:
    form = FormDocument.of("1.2.3.4", {"kind": "informing"})

    def record() -> services.Recorded:
        return services.inform(SYSTEM, whose(), said("repository", form=form))

    assert at_once(record) == ["ok"] * EACH
    assert Informing.objects.filter(patient__identifier=AINO).count() == 1
