"""The parent and its processes: forked again, gone together, one port (NF-2, NF-4)."""

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from archive.models import Heartbeat, Instance
from tests import cast
from tests.edges import commands
from tests.edges.dicom import wire
from tests.edges.dicom.conftest import Listen
from tests.edges.dicom.listening import COMMITMENT, Listening, eventually, send

pytestmark = pytest.mark.usefixtures("fresh_database")


as_by_an_operator = pytest.mark.parametrize("start", [commands.started])


@as_by_an_operator
def test_every_process_names_its_command(listener: Listening) -> None:
    eventually(lambda: len(listener.children()) == 2)
    for process in [psutil.Process(listener.process.pid), *listener.children()]:
        assert "listen_dicom" in process.cmdline()


def test_a_killed_process_is_forked_again(listener: Listening) -> None:
    eventually(lambda: len(listener.children()) == 2)
    before = {child.pid for child in listener.children()}
    for child in listener.children():
        child.kill()
    eventually(lambda: len({child.pid for child in listener.children()} - before) == 2)
    assert listener.echoes()


@as_by_an_operator
def test_when_the_parent_is_killed_its_processes_go_and_the_port_is_free(listen: Listen) -> None:
    first = listen()
    eventually(lambda: len(first.children()) == 2)
    children = first.children()
    first.process.kill()
    first.process.wait(10)
    again = listen()
    assert again.echoes()
    psutil.wait_procs(children, timeout=10)
    assert not any(child.is_running() for child in children)


def test_a_taken_port_is_named(listener: Listening, tmp_path: Path) -> None:
    log = tmp_path / "second.log"
    environment = {**os.environ, "DICOM_PORT": str(listener.port)}
    assert commands.Fork("listen_dicom", environment, log).wait(60) != 0
    assert str(listener.port) in log.read_text()
    assert listener.echoes()


@as_by_an_operator
def test_sigterm_ends_every_process(listener: Listening) -> None:
    eventually(lambda: len(listener.children()) == 2)
    children = listener.children()
    # Those that wait between two messages hold nobody up.
    wire.connect(listener)
    wire.connect(listener, wire.request([(COMMITMENT, [cast.IMPLICIT])]))
    assert listener.stop() == 0
    assert not any(child.is_running() for child in children)


def test_every_process_says_that_it_lives(listener: Listening) -> None:
    eventually(lambda: Heartbeat.objects.filter(kind="dicom").count() == 2)


def test_killed_in_the_middle_whatever_was_answered_is_there(listen: Listen) -> None:
    listener = listen()
    answered = [uid for uid in _send_until_killed(listener, kill_after=15)]
    assert len(answered) >= 15
    kept = set(Instance.objects.values_list("sop_instance_uid", flat=True))
    assert set(answered) <= kept
    listener = listen()
    known = Instance.objects.count()
    assert 0 <= known - len(kept) <= 1, "but for one that had landed, whose sender was not answered"
    with listener.associate() as assoc:
        for uid in answered:
            assert send(assoc, cast.dataset(SOPInstanceUID=uid)).Status == 0
    assert Instance.objects.count() == known


def _send_until_killed(listener: Listening, kill_after: int) -> Iterator[str]:
    """The UIDs that were answered with success before the association broke."""
    assoc = listener.request()
    for number in range(200):
        made = cast.dataset()
        uid = str(made.SOPInstanceUID)
        if number == kill_after:
            processes = [psutil.Process(listener.process.pid), *listener.children()]
            for process in processes:
                process.kill()
            listener.process.wait(10)
        if not assoc.is_established or send(assoc, made).get("Status") != 0:
            assoc.abort()
            return
        yield uid
