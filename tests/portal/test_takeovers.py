"""The pages of take-overs: started with a list, read, taken along; by whom it concerns only."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import reverse

from archive.models import Instance, Job, LedgerEvent, Takeover
from archive.services import takeover_comparison
from archive.values import now, uid_from_uuid
from tests import builders
from tests.cast import MALLILA, connection, organisation
from tests.portal.test_pages import signed_in

pytestmark = pytest.mark.django_db

ABSENT = uid_from_uuid()


def content(answer: HttpResponse) -> str:
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def started(login: str = "esim") -> Takeover:
    study = builders.study()
    builders.series(study)
    Instance.objects.filter(study=study).update(committed_at=now())
    text = f"StudyInstanceUID;Instances\n{study.study_instance_uid};2\n{ABSENT};4\nx;1\n"
    file = SimpleUploadedFile("vanha-pacs.csv", text.encode())
    answer = signed_in(login).post(
        reverse("takeover-start"), {"organisation": organisation().id, "file": file}
    )
    made = Takeover.objects.get()
    assert answer.status_code == 302 and answer.headers["Location"].endswith(f"{made.id}/")
    return made


def test_a_customer_starts_one_follows_it_and_takes_the_report_along() -> None:
    client, made = signed_in("esim"), started()
    page = reverse("takeover", args=[made.id])
    assert "0 of 2 studies have been compared" in client.get(page).content.decode()
    assert client.get(reverse("takeover-pdf", args=[made.id])).status_code == 404
    takeover_comparison.advance(made.id)
    shown = client.get(page).content.decode()
    assert "1 of 2 studies is not yet safe here" in shown and ABSENT in shown
    assert "The Study Instance UID is not valid." in shown
    lines = content(client.get(f"{reverse('takeover-csv', args=[made.id])}?outcome=missing"))
    assert lines.splitlines()[1:] == [f"2,{ABSENT},,,4,0,missing"]
    pdf = client.get(reverse("takeover-pdf", args=[made.id]))
    assert pdf.content.startswith(b"%PDF") and ABSENT[:12].encode() in pdf.content
    made.refresh_from_db()
    assert made.sha256.encode() in pdf.content
    told = LedgerEvent.objects.filter(kind="takeover.exported", subject_id=made.id)
    assert sorted(event.facts["what"] for event in told) == ["csv", "pdf"]
    client.post(reverse("takeover-again", args=[made.id]))
    made.refresh_from_db()
    assert made.state == "comparing"


def test_nobody_else_sees_it_and_support_starts_none() -> None:
    made = started("archivist")
    foreign = signed_in("esim")
    Takeover.objects.filter(id=made.id).update(organisation=organisation(MALLILA))
    for name in ("takeover", "takeover-csv", "takeover-pdf"):
        assert foreign.get(reverse(name, args=[made.id])).status_code == 404
    assert foreign.post(reverse("takeover-again", args=[made.id])).status_code == 404
    support = signed_in("support")
    assert support.get(reverse("takeover", args=[made.id])).status_code == 200
    assert support.get(reverse("takeover-start")).status_code == 403
    assert "vanha-pacs.csv" in support.get(reverse("takeovers")).content.decode()
    assert "vanha-pacs.csv" not in foreign.get(reverse("takeovers")).content.decode()


def test_a_system_is_asked_by_its_known_connection_only() -> None:
    client = signed_in("esim")
    days = {"first_day": "2026-01-01", "last_day": "2026-02-01"}
    foreign = client.post(reverse("takeover-ask"), {"system": connection(MALLILA).id, **days})
    assert foreign.status_code == 422
    answer = client.post(reverse("takeover-ask"), {"system": connection().id, **days})
    made = Takeover.objects.get()
    assert answer.headers["Location"].endswith(f"{made.id}/")
    assert Job.objects.get(kind="takeover_query", subject_id=made.id).peer_id == connection().id
    late = {**days, "last_day": "2099-01-01"}
    assert (
        client.post(reverse("takeover-ask"), {"system": connection().id, **late}).status_code == 422
    )
