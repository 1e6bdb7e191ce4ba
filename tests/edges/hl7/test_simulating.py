"""`manage.py simulate_hl7` against a real door: what a customer would send, and what it hears."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from archive.models import Hl7Message
from tests import persons
from tests.edges.hl7.talking import OpenDoor
from tests.persons import official, patient


@pytest.fixture
def run_file(door: OpenDoor, demo: dict[str, Any], tmp_path: Path) -> Path:
    told = {
        **demo,
        "web": "http://127.0.0.1:1",
        "dicom": {"host": "127.0.0.1", "port": 1, "aet": "KANTA", "test_aet": "KANTATEST"},
        "hl7": {
            "host": "127.0.0.1",
            "port": door.port,
            "application": "KANTA",
            "test_application": "KANTATEST",
            "facility": "KELA",
        },
    }
    path = tmp_path / "run.json"
    path.write_text(json.dumps(told))
    return path


def simulate(run_file: Path, *arguments: str) -> dict[str, str]:
    """What the command tells; it ends with 1 for every answer but AA."""
    out, ended = StringIO(), 0
    try:
        call_command("simulate_hl7", *arguments, "--json", "--run-file", str(run_file), stdout=out)
    except SystemExit as end:
        ended = end.code
    told: dict[str, str] = json.loads(out.getvalue())
    assert ended == (told["answer"] != "AA")
    return told


@pytest.mark.parametrize("environment", ["production", "test"])
def test_a_merge_and_the_same_again(run_file: Path, environment: str) -> None:
    arguments = ("a40", "--environment", environment, "--control-id", "S-1")
    assert simulate(run_file, *arguments)["answer"] == "AA"
    assert simulate(run_file, *arguments)["answer"] == "AA"
    outcomes = Hl7Message.objects.filter(environment=environment).order_by("received_at")
    assert outcomes.values_list("outcome", flat=True)[0] == "done"


def test_a_name_and_a_refusal(run_file: Path) -> None:
    refused = simulate(run_file, "a08", "--patient", official().value)
    assert refused["answer"] == "AE" and "204" in refused["text"]
    persons.study(official())
    told = simulate(run_file, "a08", "--patient", official().value, "--name", "Öljymäki^Åke")
    assert told["answer"] == "AA"
    assert patient(official()).name == "Öljymäki^Åke"


def test_nobody_listens(run_file: Path, free_port: int) -> None:
    told = json.loads(run_file.read_text())
    told["hl7"]["port"] = free_port
    run_file.write_text(json.dumps(told))
    with pytest.raises(CommandError, match="does not answer"):
        simulate(run_file, "a40")
