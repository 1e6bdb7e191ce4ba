"""Spans as a real OTLP receiver gets them: one trace from association to delivery (NF-6)."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from archive import conversation, jobs, tasks, tracing
from archive.config import settings
from archive.models import Connection, Job, JobKind
from archive.values import uuid7
from launch.plan import ROOT
from tests import builders
from tests.cast import MATTI


class Receiver:
    """What a collector does with POST /v1/traces."""

    def __init__(self, port: int) -> None:
        received = self.received = []  # type: ignore[var-annotated]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                assert self.path == "/v1/traces"
                received.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """The test says what went wrong."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def spans(self) -> dict[str, Any]:
        """By name, after everything has been sent."""
        tracing.end()
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.received]
        return {
            span.name: span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        }


@pytest.fixture
def receiver(free_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    made = Receiver(free_port)
    given = replace(settings(), otlp_endpoint=f"http://127.0.0.1:{free_port}")
    monkeypatch.setattr(tracing, "settings", lambda: given)
    tracing._provider.cache_clear()
    yield made
    tracing.end()
    tracing._provider.cache_clear()
    made.server.shutdown()
    made.server.server_close()


def facts(span: Any) -> dict[str, Any]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


@pytest.mark.django_db
def test_one_trace_leads_from_association_to_delivery(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The test's own transaction outlives the job.
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)
    study = builders.study()
    notice = builders.notice(study, state="pending", tries=0)
    assert study.connection is not None
    # Nobody listens there.
    Connection.objects.filter(id=study.connection_id).update(host="127.0.0.1", port=1)
    with (
        conversation.within(uuid7()) as here,
        tracing.span("dicom association", "server"),
    ):
        conversation.known(organisation=study.register.organisation_id)
        tracing.tell(objects=3)  # as a service does, that opened no span
        jobs.defer(
            JobKind.NOTICE,
            notice.id,
            environment=study.environment,
            organisation_id=study.register.organisation_id,
            peer_id=study.connection_id,
        )
    job = Job.objects.get(subject_id=notice.id)
    tasks.run_job(str(job.id))
    spans = receiver.spans()
    chain = [spans[name] for name in ("dicom association", "job notice", "deliver confirmation")]
    assert len({span.trace_id for span in chain}) == 1
    assert [span.parent_span_id for span in chain] == [b"", chain[0].span_id, chain[1].span_id]
    assert {facts(span)["idr.correlation_id"] for span in chain} == {str(here.id)}
    assert facts(chain[0])["idr.objects"] == 3
    assert facts(chain[1])["idr.connection"] == str(study.connection_id)
    assert facts(chain[2])["error.type"] and not chain[2].events
    sent = b"".join(receiver.received)
    assert MATTI.encode() not in sent and study.accession_number.encode() not in sent


@pytest.mark.django_db
def test_a_request_is_told_by_the_pattern_of_its_address(receiver: Receiver) -> None:
    Client().get(f"/studies/{uuid7()}/")
    span = receiver.spans()["GET /studies/<uuid:study_id>/"]
    assert facts(span)["idr.status"] == 302 and facts(span)["idr.correlation_id"]


def test_no_exporter_is_imported_without_an_endpoint() -> None:
    script = """
import django, sys
django.setup()
from archive import tasks, tracing
with tracing.span("x") as told:
    told.tell(objects=1)
assert tracing.traceparent() == ""
tracing.end()
spared = ("opentelemetry.exporter", "opentelemetry.sdk.trace")
assert not [name for name in sys.modules if name.startswith(spared)]
"""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=True)
