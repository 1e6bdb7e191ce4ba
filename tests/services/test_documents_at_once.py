"""A document comes in the moment in which its person's ids are merged (XD-2, HL-1)."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

import pytest

from archive.errors import MetadataFixed
from archive.models import Document, Job, Study
from archive.services import documents, links
from archive.values import now
from tests import meanwhile, persons
from tests.persons import official, temporary, undo
from tests.services import xds_cast
from tests.services.test_metadata_update import new_version, update
from tests.services.xds_cast import Cast

pytestmark = pytest.mark.usefixtures("fresh_database")


def merge() -> int:
    return persons.merge(temporary(), official(), persons.staff())


@pytest.fixture
def cast() -> Cast:
    return xds_cast.assemble()


def waiting(cast: Cast) -> Study:
    """For the study entry; it stands under the temporary id."""
    person = documents.filing.file_patient("production", temporary())
    made = xds_cast.study(cast, "1.2.3", of=person)
    Study.objects.filter(id=made.id).update(state="waiting_for_documents", waits_for="study-entry")
    return made


def due(study: Study) -> bool:
    rows = Job.objects.filter(kind="registration", subject_id=study.id, state="waiting")
    return rows.filter(not_before__lte=now()).exists()


def work_off() -> None:
    """A worker has looked for the documents, and has not found what is not committed yet."""
    Job.objects.filter(kind="registration", state="waiting").update(state="done")


@pytest.mark.parametrize("is_undone", [False, True])
def test_a_document_wakes_the_study_that_waits_for_it_under_the_other_id(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, *, is_undone: bool
) -> None:
    study = waiting(cast)
    if is_undone:
        merge()
    act: Callable[[], Any] = (lambda: undo(temporary())) if is_undone else merge
    others: list[Future[Any]] = []
    store = documents._store

    def store_meanwhile(*given: Any, **named: Any) -> None:
        other = meanwhile.begun(act)
        others.append(other)
        meanwhile.until_it_waits_or_ends(other)
        if other.done():
            meanwhile.elsewhere(work_off)
        store(*given, **named)

    paper = xds_cast.paper(
        cast, **({"patient": temporary().value, "root": temporary().issuer} if is_undone else {})
    )
    with monkeypatch.context() as patched:
        patched.setattr(documents, "_store", store_meanwhile)
        xds_cast.register(cast, paper)
    others[0].result(60)
    assert due(study)


def test_a_document_that_gets_a_new_version_while_it_is_replaced_is_not_left_in_force(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools, old = xds_cast.tools(cast), xds_cast.paper(cast)
    xds_cast.register(cast, old)
    text = new_version(old, lid=old.entry, title="Korjattu")
    with monkeypatch.context() as patched:
        act = partial(update, tools.actor, text)
        others = meanwhile.begun_before(patched, links, "keep", act)
        xds_cast.register(cast, xds_cast.paper(cast, replaces=old.entry))
    with pytest.raises(MetadataFixed):
        others[0].result(60)
    assert Document.objects.get(status="approved").unique_id != old.unique
