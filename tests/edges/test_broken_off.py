"""Of two who wait for each other the database breaks one off: that is tried again (NF-4, NF-5)."""

from functools import partial

import pytest

from archive import locks
from archive.edges.hl7 import handlers
from archive.models import Document, Hl7Message, Job, Patient
from archive.services import filing
from archive.tasks import run_job
from archive.values import now
from tests import cast, meanwhile, persons
from tests.cast import dataset
from tests.edges.hl7.messages import a40, verdict
from tests.edges.hl7.test_answers import HERE
from tests.persons import official, patient, temporary
from tests.services.test_registration import quiet, state
from tests.services.test_rejections import named_by_manifest, registered

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
