"""kill -9 in the middle of the work: nothing acknowledged is lost, nothing is doubled (NF-4)."""

import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from archive.simulation import sender
from archive.simulation.modules import Order
from tests.journeys.customer import Sending, storescu
from tests.journeys.studies import (
    KINDS,
    commit,
    ct,
    document,
    kept_as_sent,
    post,
    post_documents,
    written,
)
from tests.journeys.system import PATIENCE, SOON, System, eventually

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

IMAGES, BEFORE_THE_KILL = 200, 70
STUDIES = 20


def serving(system: System) -> int:
    """The listener process that has the association."""
    port = system.world.dicom_port
    (one,) = {
        child.pid
        for child in psutil.Process(system.child("dicom")).children()
        for connection in child.net_connections("tcp")
        if connection.laddr.port == port and connection.status == psutil.CONN_ESTABLISHED
    }
    return one


@pytest.mark.parametrize("victim", ["serving process", "parent"])
def test_what_a_killed_listener_had_answered_with_success_is_there(
    system: System, tmp_path: Path, victim: str
) -> None:
    order = system.order()
    datasets = ct(order, IMAGES, size=64)
    folder = written(datasets, tmp_path / "sent")
    sending = Sending(system.peer(), folder)
    sending.until(BEFORE_THE_KILL)
    half_written = system.vault / "production/incoming/half-written"
    half_written.touch()
    os.utime(half_written, (0, 0))  # of a receiver that is long gone
    os.kill(system.child("dicom") if victim == "parent" else serving(system), signal.SIGKILL)
    broken = sending.end()
    assert broken.code != 0
    assert BEFORE_THE_KILL <= len(broken.stored) < IMAGES
    kept_as_sent(system, folder, broken.stored)

    eventually(lambda: accepts(system), SOON)
    again = storescu(system.peer(), folder)
    assert (again.code, len(again.stored)) == (0, IMAGES), again.said
    kept_as_sent(system, folder, again.stored)
    commit(system, datasets)
    post_documents(system, order)
    system.await_state(order.study_uid, "registered")
    query = "SELECT instance_count FROM archive_study WHERE study_instance_uid = %s"
    assert system.one(query, order.study_uid) == IMAGES
    if victim == "parent":
        assert not half_written.exists()


def accepts(system: System) -> bool:
    # Asked first without pynetdicom, which leaves its socket open when nobody is there.
    try:
        socket.create_connection((system.world.dicom_host, system.world.dicom_port), 5).close()
        return sender.verify(system.peer()) == "0000"
    except (OSError, sender.Rejected):
        return False


@contextmanager
def nobody_writes_notices(system: System) -> Iterator[None]:
    """A registration stands still in the middle of its last transaction."""
    with psycopg.connect(system.file["env"]["DATABASE_URL"]) as connection:
        connection.execute("LOCK TABLE archive_availabilitynotice IN EXCLUSIVE MODE")
        yield


def test_registrations_that_a_killed_worker_had_in_hand_are_done_once(
    system: System, tmp_path: Path
) -> None:
    orders = [system.order() for _ in range(STUDIES)]
    datasets = [dataset for order in orders for dataset in ct(order, 1)]
    sent = storescu(system.peer(), written(datasets, tmp_path / "sent"))
    assert len(sent.stored) == STUDIES
    commit(system, datasets)
    assert system.listeners["ESIM_PACS"].notices_of(orders[0].study_uid) == []

    with nobody_writes_notices(system):
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda order: post_documents(system, order), orders))
        eventually(lambda: count(system, orders, "registering") == 2, SOON)
        system.kill("worker")
        # The lease of what it held ends after a minute; here at once.
        held = "UPDATE archive_job SET lease_until = now() WHERE state = 'running'"
        system.sql(f"{held} AND kind = 'registration'")
    eventually(lambda: count(system, orders, "registered") == STUDIES, PATIENCE)

    for order in orders:
        system.listeners["ESIM_PACS"].await_notice(order.study_uid, PATIENCE)
    uids = [order.study_uid for order in orders]
    ids = "(SELECT id FROM archive_study WHERE study_instance_uid = ANY(%s))"
    manifests = f"SELECT study_id, status FROM archive_document WHERE study_id IN {ids}"
    notices = f"SELECT study_id FROM archive_availabilitynotice WHERE study_id IN {ids}"
    assert [status for _, status in system.sql(manifests, uids)] == ["approved"] * STUDIES
    assert len(set(system.sql(manifests, uids))) == STUDIES
    assert len(set(system.sql(notices, uids))) == len(system.sql(notices, uids)) == STUDIES


def count(system: System, orders: list[Order], state: str) -> int:
    query = "SELECT count(*) FROM archive_study WHERE study_instance_uid = ANY(%s) AND state = %s"
    found: int = system.one(query, [order.study_uid for order in orders], state)
    return found


def test_a_message_to_a_killed_portal_may_be_sent_again(system: System, tmp_path: Path) -> None:
    order = system.order()
    datasets = ct(order, 1)
    assert len(storescu(system.peer(), written(datasets, tmp_path / "sent")).stored) == 1
    commit(system, datasets)
    messages = [document(order, kind) for kind in KINDS]
    post(system, messages[0])
    system.kill("web")
    system.await_ready()
    for message in messages:
        post(system, message)
    system.await_state(order.study_uid, "registered")
