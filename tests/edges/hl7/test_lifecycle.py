"""`manage.py listen_hl7`: its processes, killed and stopped (HL-1, NF-4)."""

import os
import signal
import threading

import pytest

from archive.models import Heartbeat, PatientMerge
from tests.edges.dicom.listening import eventually
from tests.edges.hl7.messages import a40, verdict
from tests.edges.hl7.talking import Listening
from tests.persons import patient, temporary

pytestmark = pytest.mark.journey


def test_two_processes_merge_at_once_without_a_circle(listener: Listening) -> None:
    """Many senders at once, each with the opposite wish of another."""
    ids = [temporary(f"T-{number}") for number in range(4)]
    wishes = [(one, other) for one in ids for other in ids if one != other]
    answers: list[tuple[str, str]] = []

    def wish(pair: tuple[object, object]) -> None:
        answers.append(verdict(listener.ask(a40(*pair))))  # type: ignore[arg-type]

    threads = [threading.Thread(target=wish, args=(pair,)) for pair in wishes]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert set(answers) <= {("AA", ""), ("AE", "205")} and len(answers) == len(wishes)
    tops = {patient(each).survivor_id or patient(each).id for each in ids}
    assert len(tops) == 1
    assert PatientMerge.objects.filter(undone_at=None).count() == len(ids) - 1


def test_a_killed_process_is_started_again_and_loses_nothing(listener: Listening) -> None:
    assert verdict(listener.ask(a40())) == ("AA", "")
    before = {child.pid for child in listener.children()}
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len({child.pid for child in listener.children()} - before) == 2)
    again = listener.ask(a40())
    assert verdict(again) == ("AA", "")
    assert PatientMerge.objects.count() == 1


def test_each_process_has_its_heartbeat(listener: Listening) -> None:
    eventually(lambda: Heartbeat.objects.filter(kind="hl7").count() == 2)


def test_stopping_lets_the_last_answer_out(listener: Listening) -> None:
    peers = [listener.connect() for _ in range(3)]
    for peer in peers:
        assert verdict(peer.ask(a40())) == ("AA", "")
    listener.process.send_signal(signal.SIGTERM)
    assert all(peer.answer() == b"" for peer in peers)
    assert listener.process.wait(20) == 0
