"""Log lines: JSON with their circumstances, and nobody's data in them (NF-6)."""

import json
import logging
import os
import subprocess
import sys
import traceback
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.backends.postgresql.base import DatabaseWrapper
from structlog.stdlib import ProcessorFormatter

from archive import conversation, logs
from archive.edges.edge import exchange
from archive.values import uuid7
from launch.plan import ROOT

CODE = "010181-900C"
# An id that has the shape of a code in its middle.
UUID_LIKE_A_CODE = "ab010181-9004-7000-8000-000000000000"


def line(message: str, *args: object, **given: Any) -> dict[str, Any]:
    """What the formatter of our processes makes of a call to a logger."""
    formatter = logs.configuration()["formatters"]["line"]
    made = ProcessorFormatter(**{key: formatter[key] for key in formatter if key != "()"})
    raised = given.pop("raised", None)
    exc_info = (type(raised), raised, raised.__traceback__) if raised else None
    logger = logging.getLogger("archive.somewhere")
    record = logger.makeRecord(
        logger.name, logging.ERROR, "", 0, message, args, exc_info, extra=given
    )
    found: dict[str, Any] = json.loads(made.format(record))
    return found


@pytest.mark.django_db
def test_a_line_says_when_where_and_in_which_conversation() -> None:
    connection, organisation = uuid7(), uuid7()
    with exchange() as correlation_id:
        conversation.known(connection=connection, organisation=organisation)
        told = line("%s refused", "C-STORE", status=43264)
    assert told["event"] == "C-STORE refused" and told["level"] == "error"
    assert told["time"].endswith("+00:00") and told["status"] == 43264
    assert told["correlation_id"] == str(correlation_id)
    assert (told["connection"], told["organisation"]) == (str(connection), str(organisation))
    assert "correlation_id" not in line("afterwards")


def test_what_follows_a_failed_exchange_has_its_id_still() -> None:
    with conversation.within(uuid7()) as here:
        try:
            with exchange(here.id):
                raise KeyError
        except Exception:
            assert line("refused")["correlation_id"] == str(here.id)


def test_nothing_of_a_person_reaches_a_line() -> None:
    try:
        raise KeyError(CODE)
    except KeyError as raised:
        told = line(
            f"no {CODE} here, nor %s",
            {"who": "010181a900c"},
            raised=raised,
            data={"exc": "KeyError"},
            PatientName="Meikäläinen",
            patient_id=CODE,
            path=f"/x/{CODE.replace('-', '%2B')}/",
            facts={"hetu": CODE, "many": [CODE, {"birth-date": "1.1.1981", "kept": 1}]},
            request=object(),
        )
    text = json.dumps(told, ensure_ascii=False).upper()
    assert "900C" not in text and "MEIKÄLÄINEN" not in text and "1.1.1981" not in text
    assert told["facts"] == {"many": ["•••", {"kept": 1}]} and "request" not in told
    assert "KeyError" in told["exception"] and "test_logs.py" in told["exception"]
    assert line(UUID_LIKE_A_CODE)["event"] == UUID_LIKE_A_CODE


def test_what_an_exception_says_is_not_repeated() -> None:
    """As Celery does: exception and traceback stand in its own message too."""
    try:
        try:
            raise ValueError("Key (name)=(Meikäläinen)")
        except ValueError as first:
            raise RuntimeError("of Maija") from first
    except RuntimeError as raised:
        message = "Task %s raised: %r\n%s"
        told = line(message, "archive.seal", raised, traceback.format_exc(), raised=raised)
    assert told["event"].startswith("Task archive.seal raised: RuntimeError(")
    text = json.dumps(told, ensure_ascii=False)
    assert "of Maija'" not in told["event"] and "ValueError" in told["exception"]
    assert "RuntimeError: of Maija" not in text and "ValueError: Key" not in text


@pytest.mark.django_db
def test_a_database_that_is_away_is_told_in_a_line_by_each_who_misses_it() -> None:
    """A worker misses it several times a second: with a traceback each, the log of two hours would
    be nothing else, and what was before it turned away.
    """
    away = DatabaseWrapper({**connection.settings_dict, "HOST": "/nonexistent"}, "away")
    with pytest.raises(OperationalError) as refused:
        away.ensure_connection()
    raised = refused.value
    message = "Task %s[%s] raised unexpected: %r\n%s"
    told = line(message, "archive.seal", "1", raised, traceback.format_exc(), raised=raised)
    assert told["event"] == "Task archive.seal[1]: the database does not answer"
    assert (told["level"], "exception" in told) == ("warning", False)
    other = OperationalError("deadlock detected")
    told = line("%s not done", "archive.seal", raised=other)
    assert (told["level"], told["event"]) == ("error", "archive.seal not done")
    assert told["exception"].startswith("OperationalError")


def test_a_process_writes_lines_of_json_to_the_end() -> None:
    script = f"""
import django, logging, threading, warnings
django.setup()
import pydicom
logging.getLogger("pydicom").warning("of an element")
logging.getLogger("celery.worker").warning("of a library")
warnings.warn("watch out")
warnings.warn_explicit("of a data set", UserWarning, "valuerep.py", 1, "pydicom.valuerep")
thread = threading.Thread(target=lambda: {{}}["{CODE}"])
thread.start(), thread.join()
raise ValueError("{CODE}")
"""
    environment = {**os.environ, "PROCESS": "hl7", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    told = [json.loads(each) for each in ended.stderr.splitlines()]
    assert [each["logger"] for each in told] == [
        "celery.worker",
        "py.warnings",
        "archive",
        "archive",
    ]
    assert {each["process"] for each in told} == {"hl7"} and CODE not in ended.stderr
