"""The pages of take-overs: started with a list, read, taken along; by whom it concerns only."""

from datetime import date

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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Nimi,Kuvaus\nx,y",
            "The list lacks the column study_uid or accession. It has: Nimi, Kuvaus.",
        ),
        ("study_uid,images,objects\n1,2,3", "Two columns mean the same: images, objects."),
        ("1.2.3,3\n", "The first line is not the names of the columns."),
        ("010181-900C,x\n", "The first line is not the names of the columns."),
        ("study_uid,images\n", "There is no line below the names of the columns."),
        ("\n", "The first line is not the names of the columns."),
        (b"study_uid\n\xe4", "The file is not in UTF-8."),
        pytest.param('study_uid\n"' + 200_000 * "1\n", "cannot be read as CSV.", id="unclosed"),
    ],
)
def test_a_list_that_cannot_be_read_says_what_is_wrong_with_it(
    text: str | bytes, said: str
) -> None:
    file = SimpleUploadedFile("x.csv", text.encode() if isinstance(text, str) else text)
    answer = signed_in("esim").post(
        reverse("takeover-start"), {"organisation": organisation().id, "file": file}
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and said in page
    assert "010181" not in page and not Takeover.objects.exists()


def test_one_study_is_spoken_of_as_one() -> None:
    made = started()
    Takeover.objects.update(listed=1)
    for state, outcome, said in (
        ("comparing", {}, "0 of 1 study has been compared."),
        ("compared", {"missing": 1}, "The one study of the list is not yet safe here."),
    ):
        Takeover.objects.update(state=state, outcome=outcome)
        page = signed_in("esim").get(reverse("takeover", args=[made.id]))
        assert said in page.content.decode()
    Takeover.objects.update(state="asking", asked_until=date(2026, 11, 3))
    page = signed_in("esim").get(reverse("takeover", args=[made.id]))
    assert "asked until 3 Nov 2026: 1 study." in page.content.decode()


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
