"""Queues: held, drained, let go on; what does not move says why; and the numbers for Prometheus."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from archive import jobs
from archive.actors import SYSTEM
from archive.models import ApiScope, Heartbeat, Job, JobKind, Organisation, Role
from archive.queries import overview
from archive.queries import queues as queries
from archive.services import error_desk, heartbeats, queues
from archive.values import now, uuid7
from tests import builders
from tests.cast import ESIMERKKILA
from tests.portal.api.calling import call, personal, systems
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db
KIND = JobKind.CORRECTION


def owe(**columns: Any) -> Job:
    jobs.defer(KIND, uuid7(), environment="test")
    job = Job.objects.order_by("-made_at").first()
    assert job is not None
    Job.objects.filter(id=job.id).update(**columns)
    return job


def test_nothing_of_a_held_kind_is_begun_until_it_is_let_go() -> None:
    job = owe()
    queues.hold(SYSTEM, KIND, draining=False, reason="The register is being moved.")
    assert job.id not in [each for each, _ in jobs.due()]
    assert jobs.claim(job.id) is None
    other = builders.study()
    jobs.defer(JobKind.REGISTRATION, other.id, environment="test")
    assert jobs.claim(Job.objects.get(subject_id=other.id).id) is not None
    queues.let_go(SYSTEM, KIND, reason="It has been moved.")
    assert job.id in [each for each, _ in jobs.due()]
    assert jobs.claim(job.id) is not None


def test_a_draining_kind_does_what_was_owed_and_leaves_what_comes() -> None:
    before = owe()
    queues.hold(SYSTEM, KIND, draining=True, reason="New version tonight.")
    after = owe()
    assert jobs.claim(before.id) is not None
    assert jobs.claim(after.id) is None


def test_what_does_not_move_says_why() -> None:
    long_ago = now() - timedelta(hours=1)
    peer = uuid7()
    owe(not_before=long_ago, state="running", peer_id=peer)
    rows = {
        "peer-is-called": owe(not_before=long_ago, peer_id=peer),
        "failed-before": owe(not_before=long_ago, last_error="does not answer"),
        "not-carried": owe(not_before=long_ago, sent_at=None),
        "not-claimed": owe(not_before=long_ago, sent_at=long_ago),
    }
    owe()  # due this second: it does move
    answer = call(personal("support"), "/api/queues/stuck").json()["results"]
    assert {row["id"]: row["why"] for row in answer} == {
        str(job.id): why for why, job in rows.items()
    }
    queues.hold(SYSTEM, KIND, draining=False, reason="Looked into.")
    answer = call(personal("support"), "/api/queues/stuck").json()["results"]
    assert {row["why"] for row in answer} == {"held"}
    (queue,) = [each for each in queries.queues() if each.kind == KIND]
    assert queue.is_stuck and (queue.running, queue.due) == (1, 5)


def test_pages_agree_on_what_was_given_up_and_on_what_is_stuck() -> None:
    case = builders.case(place="notice")
    given_up = [builders.dead_job(builders.study(), "notice", uuid7()) for _ in range(3)]
    ignored = builders.event(case, job_id=given_up[0].id)
    error_desk.ignore(ignored.id, "a vendor's test")
    (queue,) = [each for each in queries.queues() if each.kind == JobKind.NOTICE]
    assert queue.dead == queries.given_up().filter(kind=JobKind.NOTICE).count() == 2
    for minutes, is_stuck in ((4, False), (6, True)):
        owe(not_before=now() - timedelta(minutes=minutes))
        (stuck,) = [each.stuck for each in overview.queues("test") if each.kind == KIND]
        (queue,) = [each for each in queries.queues() if each.kind == KIND]
        assert queue.is_stuck == bool(stuck) == is_stuck


def test_the_administrator_holds_a_queue_on_its_page_and_over_the_api() -> None:
    page = reverse("queue-hold", args=[KIND.value])
    given = {"what": "pause", "reason": "The register is being moved."}
    assert signed_in("support").post(page, given).status_code == 403
    admin = signed_in("admin")
    assert admin.post(page, {"what": "pause"}).status_code == 422
    admin.post(page, given)
    listed = admin.get(reverse("queues"), follow=True).content.decode()
    assert "The register is being moved." in listed
    path = f"/api/queues/{KIND.value}"
    body = {"reason": "It has been moved."}
    assert call(personal("support"), f"{path}/go-on", body).status_code == 403
    rows = call(personal("admin"), f"{path}/go-on", body).json()["results"]
    assert {row["kind"]: row["hold"] for row in rows}[KIND.value] == ""


def test_processes_say_their_version_and_when_they_last_lived() -> None:
    heartbeats.beat(kind="worker", instance="one")
    heartbeats.beat(kind="dicom", instance="two")
    Heartbeat.objects.filter(kind="dicom").update(at=now() - timedelta(minutes=2))
    rows = call(personal("support"), "/api/queues/processes").json()["results"]
    told = {row["instance"]: (row["is_alive"], bool(row["version"])) for row in rows}
    assert (told["one"], told["two"]) == ((True, True), (False, True))


def scrape(token: str) -> Any:
    return Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})


def test_metrics_are_for_the_operators_own_systems_alone() -> None:
    operator = Organisation.objects.get(is_operator=True).business_id
    assert Client().get("/metrics").status_code == 401
    assert scrape(systems(ESIMERKKILA)).status_code == 403
    assert scrape(personal("admin")).status_code == 403
    without = systems(operator, role=Role.SUPPORT, scopes=[ApiScope.CASES_READ])
    assert scrape(without).status_code == 403
    builders.case(severity="high")
    owe()
    answer = scrape(systems(operator, role=Role.SUPPORT))
    lines = answer.content.decode().splitlines()
    assert answer.status_code == 200
    assert 'idr_cases_open{environment="production",severity="high"} 1.0' in lines
    assert f'idr_jobs{{kind="{KIND.value}",state="waiting"}} 1.0' in lines
    assert 'idr_part_up{part="database"} 1.0' in lines
    assert any(line.startswith('idr_free_bytes{disk="production"} ') for line in lines)
