"""A worker is killed in the middle of a batch: the next one goes on, and nothing is owed twice."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from archive import jobs
from archive.models import BatchItem, Job
from archive.services import batches
from archive.tasks import run_job
from archive.values import now
from tests.journeys.system import eventually
from tests.services.test_batches import begin, end_jobs, states, undelivered

pytestmark = pytest.mark.usefixtures("fresh_database")

WORKER = """
import sys
import django
django.setup()
from archive.tasks import run_job
run_job(sys.argv[1])
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = %s"
COUNT, STUCK_AT = batches.AT_ONCE * 2, batches.AT_ONCE + 4


def a_worker_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [connection.settings_dict["NAME"]])
        return bool(cursor.fetchone()[0])


def notices_owed() -> list[str]:
    owed = Job.objects.filter(kind="notice").exclude(state="dead").order_by("made_at")
    return [str(each) for each in owed.values_list("subject_id", flat=True)]


def test_a_batch_goes_on_after_a_kill() -> None:
    case = undelivered(COUNT)
    batch = begin(case)  # the request begins the first ones
    end_jobs("done")
    work = Job.objects.get(kind="batch")
    stuck = BatchItem.objects.get(batch=batch, place=STUCK_AT)
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        other.execute("SELECT FROM archive_caseevent WHERE id = %s FOR UPDATE", [stuck.event_id])
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(work.id)],
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"},
        )
        eventually(a_worker_waits, what="the worker has come to the locked event")
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    begun = states(batch)
    assert begun[:STUCK_AT] == ["done"] * batches.AT_ONCE + ["going"] * 4
    assert set(begun[STUCK_AT:]) == {"waiting"}

    Job.objects.filter(id=work.id).update(lease_until=now() - timedelta(seconds=1))
    assert work.id in [job_id for job_id, _peer in jobs.due()]
    run_job(str(work.id))
    assert states(batch) == ["done"] * batches.AT_ONCE + ["going"] * batches.AT_ONCE
    assert len(notices_owed()) == len(set(notices_owed())) == COUNT
    end_jobs("done")
    assert batches.advance(batch.id) is None
    assert set(states(batch)) == {"done"}
