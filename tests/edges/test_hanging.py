"""Callers over HTTP that fall silent in the middle of a request (NF-4)."""

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.edges.gunicorn import serving

pytestmark = pytest.mark.journey

THREADS = 8  # of the server, `serving`
BEGUN = (
    b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n"
    b"Cookie: csrftoken=01234567890123456789012345678901\r\n\r\nlogin="
)


@pytest.mark.usefixtures("shared_database")
def test_a_caller_that_falls_silent_holds_no_thread_for_ever(
    free_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DICOM_TIMEOUT", "1")
    with serving(free_port, tmp_path) as address, ExitStack() as silent:
        for _ in range(THREADS):
            one = silent.enter_context(socket.create_connection(("127.0.0.1", free_port)))
            one.sendall(BEGUN)
        assert requests.get(f"{address}/health/live", timeout=30).ok
