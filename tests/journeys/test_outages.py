"""Broker or database gone for a while: peers are told the truth, and work goes on afterwards."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.simulation import sender
from archive.simulation.repository import DocumentRefused
from archive.simulation.sender import contexts
from tests.journeys.customer import Sending, storescu
from tests.journeys.studies import (
    commit,
    ct,
    document,
    kept_as_sent,
    post,
    post_documents,
    written,
)
from tests.journeys.system import PATIENCE, System, eventually

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

PROMPT = 4.0  # seconds; what waited for the broker would take five and more


def health(system: System) -> tuple[int, str]:
    """Status and body of /health/ready."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{system.file['web']}/health/ready", timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as failure:
        with failure:
            return failure.code, failure.read().decode()


def test_storing_and_documents_are_answered_promptly_while_the_broker_hangs(
    system: System, tmp_path: Path
) -> None:
    order = system.order()
    datasets = ct(order, 2)
    folder = written(datasets, tmp_path / "sent")
    with system.stopped("redis"):
        took = {}
        began = time.monotonic()
        assert len(storescu(system.peer(), folder).stored) == 2
        took["store"] = time.monotonic() - began
        commit(system, datasets)
        took["commit"] = time.monotonic() - began
        for kind in ("request", "study-entry", "report"):
            began = time.monotonic()
            post(system, document(order, kind))
            took[kind] = time.monotonic() - began
        began = time.monotonic()
        status, body = health(system)
        took["health"] = time.monotonic() - began
        assert (status, "broker" in body) == (503, True)
        assert system.state(order.study_uid) == "receiving"
    system.await_state(order.study_uid, "registered", PATIENCE)
    system.listeners["ESIM_PACS"].await_notice(order.study_uid, PATIENCE)
    assert max(took.values()) < PROMPT, took


def test_work_goes_on_after_the_broker_has_died(system: System, tmp_path: Path) -> None:
    order = system.order()
    datasets = ct(order, 1)
    assert len(storescu(system.peer(), written(datasets, tmp_path / "sent")).stored) == 1
    commit(system, datasets)
    system.kill("redis")
    post_documents(system, order)
    system.await_state(order.study_uid, "registered", PATIENCE)
    system.listeners["ESIM_PACS"].await_notice(order.study_uid, PATIENCE)


@contextmanager
def database_gone(system: System) -> Iterator[None]:
    """It ends every connection and takes no new one, as a server that is being restarted."""
    with system.superuser() as connection:
        connection.execute("ALTER DATABASE idr ALLOW_CONNECTIONS false")
        try:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'idr'"
            )
            yield
        finally:
            connection.execute("ALTER DATABASE idr ALLOW_CONNECTIONS true")


def test_without_its_database_nothing_is_acknowledged_and_everybody_is_asked_to_come_again(
    system: System, tmp_path: Path
) -> None:
    order = system.order()
    datasets = ct(order, 3)
    folder = written(datasets, tmp_path / "sent")
    with sender.association(system.peer(), contexts(datasets)) as assoc:
        assert assoc.send_c_store(datasets[0]).Status == 0x0000
        with database_gone(system):
            assert assoc.send_c_store(datasets[1]).Status == 0xA700
            with pytest.raises(sender.Rejected, match="2/3/1"):
                sender.verify(system.peer())
            with pytest.raises(DocumentRefused, match="HTTP 503"):
                post(system, document(order, "request"))
            status, body = health(system)
            assert (status, "database" in body) == (503, True)
        assert assoc.send_c_store(datasets[2]).Status == 0x0000
    kept_as_sent(system, folder, {datasets[0].SOPInstanceUID, datasets[2].SOPInstanceUID})
    assert len(storescu(system.peer(), folder).stored) == 3
    commit(system, datasets)
    post_documents(system, order)
    system.await_state(order.study_uid, "registered")
    system.listeners["ESIM_PACS"].await_notice(order.study_uid, PATIENCE)


def test_what_was_acknowledged_survives_a_crash_of_the_database(
    system: System, tmp_path: Path
) -> None:
    order = system.order()
    datasets = ct(order, 200)
    folder = written(datasets, tmp_path / "sent")
    sending = Sending(system.peer(), folder)
    sending.until(70)
    system.kill("postgres")
    broken = sending.end()
    assert broken.code != 0
    assert 70 <= len(broken.stored) < 200
    eventually(lambda: health(system)[0] == 200, PATIENCE)
    kept_as_sent(system, folder, broken.stored)
    again = storescu(system.peer(), folder)
    assert (again.code, len(again.stored)) == (0, 200), again.said
    kept_as_sent(system, folder, again.stored)
    commit(system, datasets)
    post_documents(system, order)
    system.await_state(order.study_uid, "registered")
