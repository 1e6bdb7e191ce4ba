"""Of two who wait for each other the database breaks one off: that is tried again (NF-4, NF-5)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError

from archive import locks, vault
from archive.edges.hl7 import handlers
from archive.errors import PeerUnreachable
from archive.models import CaseEvent, Document, Hl7Message, Job, Patient
from archive.services import (
    authorisation_forms,
    commitment,
    error_desk,
    filing,
    integrity,
    notices,
)
from archive.tasks import run_job
from archive.values import now, uid_from_uuid, uuid7
from tests import authorising, builders, cast, meanwhile, persons
from tests.cast import dataset
from tests.edges.hl7.messages import a40, verdict
from tests.edges.hl7.test_answers import HERE
from tests.persons import official, patient, temporary
from tests.services.test_integrity import one
from tests.services.test_registration import quiet, state
from tests.services.test_rejections import named_by_manifest, registered
from tests.unsettling import tear

pytestmark = pytest.mark.usefixtures("fresh_database", "own_vault")


def test_a_job_is_done_again() -> None:
    first, later = dataset(), dataset()
    study = registered(first)
    cast.store(later)
    quiet(study)
    job = Job.objects.get(kind="registration", subject_id=study.id, state="waiting")
    due = Job.objects.filter(id=job.id)
    due.update(not_before=now())
    documents = Document.objects.filter(study=study)
    meanwhile.broken_off(
        partial(run_job, str(job.id)),
        lambda: documents.update(mime_type="text/plain"),
        lambda: locks.hold(study.id),
    )
    job.refresh_from_db()
    assert (job.state, job.tries, job.last_reason) == ("waiting", 1, "database-gone")
    due.update(not_before=now())
    run_job(str(job.id))
    assert state(study) == "registered"
    assert named_by_manifest(study) == {str(each.SOPInstanceUID) for each in (first, later)}


def test_a_message_is_asked_for_again_and_then_done() -> None:
    persons.study(temporary())
    sent = a40(temporary())
    told = meanwhile.broken_off(
        lambda: handlers.answer(sent, HERE).content,
        lambda: Patient.objects.filter(id=patient(temporary()).id).update(name="X"),
        lambda: locks.hold(filing.persons_lock("production")),
    )
    assert verdict(told) == ("AR", "206")
    assert verdict(handlers.answer(sent, HERE).content) == ("AA", "")
    assert patient(temporary()).survivor == patient(official())
    assert set(Hl7Message.objects.values_list("outcome", flat=True)) == {"refused", "done"}


def break_off(*given: object) -> None:
    raise OperationalError("deadlock detected")


def of_a_notice() -> Callable[[], bool]:
    study = builders.study()
    row = builders.notice(study)
    notices.give_up(row.id, uuid7(), PeerUnreachable())
    return delivering(lambda: notices.owed(row.id), lambda owed: notices.delivered(row.id))


def of_a_form() -> Callable[[], bool]:
    row = authorising.made()
    authorisation_forms.give_up(row.id, uuid7(), PeerUnreachable())
    return delivering(
        lambda: authorisation_forms.owed(row.id),
        lambda owed: authorisation_forms.delivered(row.id, owed),
    )


def of_a_report() -> Callable[[], bool]:
    made = dataset()
    cast.store(made)
    asked = commitment.request(
        cast.peer(),
        transaction_uid=uid_from_uuid(),
        references=[(str(made.SOPClassUID), str(made.SOPInstanceUID))],
    )
    commitment.result(asked)
    commitment.give_up(asked, uuid7(), PeerUnreachable())
    return delivering(
        lambda: commitment.target(asked),
        lambda owed: commitment.reported(asked, same_association=False),
    )


def delivering(ask: Callable[[], object], delivered: Callable[[Any], object]) -> Callable[[], bool]:
    """As the job does it; whether it was owed still."""

    def deliver() -> bool:
        owed = ask()
        if owed is not None:
            delivered(owed)
        return owed is not None

    return deliver


@pytest.mark.parametrize("begin", [of_a_notice, of_a_form, of_a_report])
def test_what_was_delivered_stands_on_no_desk_though_its_settling_was_broken_off(
    begin: Callable[[], Callable[[], bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is owed until both are done."""
    deliver = begin()
    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        patched.setattr(error_desk, "settle", break_off)
        deliver()
    assert deliver()
    assert not CaseEvent.objects.filter(outcome="open").exists()


def test_what_was_healed_stands_on_no_desk_though_its_settling_was_broken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its sender is told to send it again."""
    made = dataset()
    cast.store(made)
    vault.give_files("production", 0, lambda batch: None)
    tear(made)
    assert integrity.found_damaged(one(made).id)
    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        patched.setattr(error_desk, "settle", break_off)
        cast.store(made)
    cast.store(made)
    assert one(made).damaged_at is None
    assert not CaseEvent.objects.filter(outcome="open").exists()
