"""Webhooks over real sockets: signed, tried again, given up with a case, and switched on again."""

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from archive import tasks
from archive.actors import SYSTEM
from archive.config import settings
from archive.edges.webhook import client
from archive.errors import StudyCodeUnknown
from archive.errors.api import WebhookUnanswered, WebhookUnfit
from archive.models import (
    Case,
    Job,
    JobKind,
    LedgerEvent,
    Organisation,
    Webhook,
    WebhookDelivery,
    WebhookEvent,
)
from archive.services import case_work, error_desk, routes, webhook_events, webhooks
from archive.values import now
from tests import builders
from tests.cast import ESIMERKKILA, MALLILA, MATTI, organisation

pytestmark = pytest.mark.django_db


class Receiver(HTTPServer):
    """Takes calls, or fails them while told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.status = 204

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"


class Answer(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return None


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own transaction outlives each job."""
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)


def hook(url: str, business_id: str = ESIMERKKILA, *events: WebhookEvent) -> Webhook:
    return webhooks.make(
        SYSTEM,
        organisation(business_id),
        environment="production",
        name="Ward list",
        url=url,
        events=events or tuple(WebhookEvent),
    )


def work() -> None:
    """As a worker would: every call that is owed, once."""
    for job in Job.objects.filter(kind=JobKind.WEBHOOK, state="waiting").order_by("made_at"):
        Job.objects.filter(id=job.id).update(not_before=now())
        tasks.run_job(str(job.id))


def test_a_call_is_signed_and_names_no_patient(receiver: Receiver) -> None:
    row, study = hook(receiver.url), builders.study()
    webhook_events.of_study(WebhookEvent.STUDY_REGISTERED, study)
    work()
    ((headers, body),) = receiver.taken
    told = json.loads(body)
    assert (told["type"], told["data"]["study_id"]) == ("study.registered", str(study.id))
    assert MATTI not in body.decode() and "Meik" not in body.decode()
    stamp, _, given = headers["Webhook-Signature"].removeprefix("t=").partition(",v1=")
    key = webhooks.secret_of(row.id).encode()
    assert given == hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["Webhook-Id"] == told["id"] == str(WebhookDelivery.objects.get().id)
    work()
    assert len(receiver.taken) == 1


def test_each_is_told_of_its_own_and_the_operator_of_all(receiver: Receiver) -> None:
    operator = Organisation.objects.get(is_operator=True).business_id
    for business_id in (ESIMERKKILA, MALLILA, operator):
        hook(f"{receiver.url}/{business_id}", business_id, WebhookEvent.CASE_COMMENTED)
    case = builders.case(ESIMERKKILA)
    case_work.comment(SYSTEM, case, "For the desk alone.", is_shared=False)
    case_work.comment(SYSTEM, case, "For the customer too.", is_shared=True)
    error_desk.resolve(SYSTEM, case, reason="Cleared up.")  # of which these are not told
    told = WebhookDelivery.objects.values_list("webhook__organisation__business_id", flat=True)
    assert sorted(told) == sorted([ESIMERKKILA, operator])


def test_a_case_is_told_of_when_it_opens_and_when_it_ends(receiver: Receiver) -> None:
    hook(receiver.url)
    who = error_desk.Who(organisation(ESIMERKKILA).id)
    place = error_desk.Place("dicom", "store")
    for _ in range(2):
        case_id = error_desk.report(
            StudyCodeUnknown(), environment="production", place=place, who=who
        )
    error_desk.resolve(SYSTEM, Case.objects.get(id=case_id), reason="Cleared up.")
    error_desk.report(StudyCodeUnknown(), environment="production", place=place, who=who)
    told = WebhookDelivery.objects.order_by("at", "id").values_list("event", flat=True)
    assert list(told) == ["case.opened", "case.resolved", "case.opened"]


def test_a_receiver_that_fails_and_recovers_misses_nothing(receiver: Receiver) -> None:
    hook(receiver.url)
    receiver.status = 500
    webhook_events.of_study(WebhookEvent.STUDY_REGISTERED, builders.study())
    work()
    job = Job.objects.get(kind=JobKind.WEBHOOK)
    assert (job.state, job.tries, job.not_before > now()) == ("waiting", 1, True)
    failed = WebhookDelivery.objects.get()
    assert failed.last_error == "answered with status 500"
    assert failed.last_reason == job.last_reason == "webhook-unanswered"
    receiver.status = 200
    work()
    first, second = receiver.taken
    assert first[0]["Webhook-Id"] == second[0]["Webhook-Id"]
    assert WebhookDelivery.objects.get().delivered_at and not Case.objects.exists()


@pytest.mark.parametrize("status", [302, 404])
def test_one_that_stays_away_is_switched_off_with_a_case_and_on_again(
    receiver: Receiver, status: int
) -> None:
    row = hook(receiver.url)
    receiver.status = status
    webhook_events.of_study(WebhookEvent.STUDY_REGISTERED, builders.study())
    for _ in range(settings().notice_tries):
        work()
    row.refresh_from_db()
    assert not row.is_on and row.given_up_at
    case = Case.objects.get()
    assert (case.reason, case.organisation) == ("webhook-unanswered", row.organisation)
    webhook_events.of_study(WebhookEvent.STUDY_REGISTERED, builders.study())
    assert WebhookDelivery.objects.count() == 1  # nothing more is owed while it is off
    receiver.status, receiver.taken = 200, []
    webhooks.switch_on(SYSTEM, row)
    work()
    told = [json.loads(body)["type"] for _, body in receiver.taken]
    assert told == ["study.registered"]
    work()  # that its own case is settled is an event too
    assert [json.loads(body)["type"] for _, body in receiver.taken[1:]] == ["case.resolved"]
    assert not WebhookDelivery.objects.filter(delivered_at=None).exists()
    case.refresh_from_db()
    assert case.state == "resolved"
    said = LedgerEvent.objects.filter(kind="webhook.changed").order_by("at", "id")
    assert [each.facts["what"] for each in said] == ["made", "given up", "switched on"]


def test_nobody_has_the_archive_call_into_its_own_network(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = replace(settings(), demo=False)
    monkeypatch.setattr(webhooks, "settings", lambda: outside)
    for url in ("http://127.0.0.1/", "https://127.0.0.1/", "https://10.0.0.8/x", "https:///x"):
        with pytest.raises(WebhookUnfit):
            hook(url)
    assert not Webhook.objects.exists()


def test_a_call_goes_where_was_looked_and_not_where_the_name_leads_by_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever owns a name answers for it, and may answer otherwise the second time."""
    hook("https://rebound.example/hook")
    plain, called = socket.getaddrinfo, list[Any]()

    def named(host: Any, *given: Any, **other: Any) -> Any:
        return plain("8.8.8.8" if host == "rebound.example" else host, *given, **other)

    def refused(address: Any, *_given: Any, **_named: Any) -> Any:
        called.append(address)
        raise ConnectionRefusedError

    outside = replace(settings(), demo=False)
    monkeypatch.setattr(webhooks, "settings", lambda: outside)
    monkeypatch.setattr(socket, "getaddrinfo", named)
    webhook_events.of_study(WebhookEvent.STUDY_REGISTERED, builders.study())
    owed = webhooks.owed(WebhookDelivery.objects.get().id)
    assert owed is not None
    monkeypatch.setattr(socket, "create_connection", refused)
    with pytest.raises(WebhookUnanswered, match="ConnectionRefusedError"):
        client.send(owed.url, owed.addresses, owed.body, owed.headers)
    assert called == [("8.8.8.8", 443)]


def test_a_name_that_is_nowhere_for_a_while_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = hook("https://hooks.invalid/x")
    outside = replace(settings(), demo=False)
    monkeypatch.setattr(webhooks, "settings", lambda: outside)
    webhook_events.of_study(WebhookEvent.STUDY_REGISTERED, builders.study())
    work()
    job = Job.objects.get(kind=JobKind.WEBHOOK)
    row.refresh_from_db()
    assert (job.state, job.last_reason, row.is_on) == ("waiting", "webhook-unanswered", True)


@pytest.mark.parametrize("drop", [b"H", b"HTTP/1.1 204 No\r\nA: b"])
def test_a_receiver_that_answers_in_drops_holds_a_worker_no_longer_than_another(
    drop: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LONGEST", 1.0)

    def drip(listening: socket.socket, over: threading.Event) -> None:
        one, _ = listening.accept()
        with one:
            one.sendall(drop)
            while not over.wait(0.2):
                with suppress(OSError):
                    one.sendall(b"T")

    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening, over), daemon=True)
        thread.start()
        began, address = time.monotonic(), listening.getsockname()
        with pytest.raises(WebhookUnanswered, match="TimeoutError"):
            client.send(f"http://127.0.0.1:{address[1]}/hook", [address], b"{}", {})
        assert time.monotonic() - began < 5
        over.set()
        thread.join()


def test_with_a_webhook_ends_the_case_about_its_receiver(receiver: Receiver) -> None:
    row = hook(receiver.url)
    receiver.status = 404
    webhook_events.of_study(WebhookEvent.STUDY_REGISTERED, builders.study())
    for _ in range(settings().notice_tries):
        work()
    assert Case.objects.get().state == "open"
    webhooks.end(SYSTEM, row)
    assert Case.objects.get().state == "resolved"


def test_whoever_follows_cases_hears_of_each_turn_of_theirs() -> None:
    def told() -> list[str]:
        rows = WebhookDelivery.objects.order_by("at", "id")
        return [f"{row.event} {row.data['case_id']}" for row in rows]

    hook("https://example.fi/x", ESIMERKKILA, WebhookEvent.CASE_OPENED, WebhookEvent.CASE_RESOLVED)
    first, second = builders.case(), builders.case(reason="study-code-closed")
    event = builders.event(first)
    builders.event(second)
    error_desk.ignore(event.id, "a vendor's test")
    error_desk.heed(event.id)
    turns = [f"case.resolved {first.id}", f"case.opened {first.id}"]
    assert told() == turns
    first.refresh_from_db()
    route = routes.join(SYSTEM, first, second)
    turns.append(f"case.resolved {first.id}")
    assert told() == turns
    routes.undo(SYSTEM, route)
    turns.append(f"case.opened {first.id}")
    assert told() == turns
    builders.event(first, facts={"Modality": "MR"})
    part = routes.split(SYSTEM, first, fact="Modality", value="MR")
    assert told() == [*turns, f"case.opened {part.id}"] and part.opened_at
