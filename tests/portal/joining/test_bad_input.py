"""What is filled in wrongly: a message at its field and in the summary, and nothing half-saved."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from archive.models import Role
from archive.values import now, today
from onboarding.models import (
    Contact,
    Evidence,
    Invitation,
    Joining,
    JoiningState,
    PlannedConnection,
)
from onboarding.services import people
from tests.configuring import Configure
from tests.edges.dicom.customer import customer
from tests.kept import Kept
from tests.onboarding import cast
from tests.onboarding import test_issuers as issuers
from tests.portal.joining import desks

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n"


def _built() -> tuple[UUID, Client]:
    made = cast.brought_to(JoiningState.ACCEPTED)
    return made.id, desks.of(cast.admin(made))


@pytest.fixture(scope="module")
def built(kept: Kept) -> tuple[UUID, Client]:
    return kept(_built)


@pytest.fixture
def road(db: None, built: tuple[UUID, Client]) -> Joining:
    return Joining.objects.get(id=built[0])


@pytest.fixture
def client(db: None, built: tuple[UUID, Client]) -> Client:
    return desks.again({"customer": built[1]})["customer"]


def wrong_at(answer: Any, field: str) -> str:
    """The text at the field; the summary says it too."""
    assert answer.status_code == 422
    page = answer.content.decode()
    assert f'href="#id_{field}"' in page
    start = page.index(f'id="id_{field}_error"')
    return page[start : page.index("</span>", start)]


# --- evidence -------------------------------------------------------------------------------------


def give(client: Any, road: Joining, **data: Any) -> Any:
    return client.post(desks.address("joining-evidence", road, "certified"), data)


def test_evidence_is_kept_read_again_and_judged(road: Joining, client: Any) -> None:
    file = SimpleUploadedFile("todistus.pdf", PDF)
    assert give(client, road, number="K-7", note="annex", file=file).status_code == 302
    row = Evidence.objects.get(joining=road, precondition="certified")
    assert (row.number, row.file_name, row.state) == ("K-7", "todistus.pdf", "given")
    place = desks.address("joining-evidence-file", road, "certified")
    answer = client.get(place)
    assert (answer.content, answer.headers["Content-Disposition"]) == (
        PDF,
        'attachment; filename="todistus.pdf"',
    )
    assert desks.people(road)["foreign"].get(place).status_code == 404
    officer = desks.of(cast.officer())
    judge = desks.address("joining-judge", road, "certified")
    assert row.given_at is not None
    seen = row.given_at.isoformat()
    unsaid = officer.post(judge, {"verdict": "refuse", "seen": seen})
    assert wrong_at(unsaid, "judgement")
    late = officer.post(judge, {"verdict": "accept", "seen": "2020-01-01"})
    assert "state was changed meanwhile" in late.content.decode()
    assert officer.post(judge, {"verdict": "accept", "seen": seen}).status_code == 302
    row.refresh_from_db()
    assert row.state == "accepted"


def test_a_file_of_another_type_is_refused(road: Joining, client: Any) -> None:
    before = Evidence.objects.get(joining=road, precondition="certified").state
    for file in (
        SimpleUploadedFile("todistus.pdf", b"MZ no pdf"),
        SimpleUploadedFile("todistus.exe", PDF),
    ):
        said = wrong_at(give(client, road, number="K-8", file=file), "file")
        assert "Only PDF, PNG, JPEG and ASiC" in said
    row = Evidence.objects.get(joining=road, precondition="certified")
    assert (row.number, row.state) == ("1", before)


def test_a_file_too_large_is_refused_with_the_limit(
    road: Joining, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVIDENCE_MAX_BYTES", "1000")
    file = SimpleUploadedFile("iso.pdf", PDF + bytes((20 << 20) + 1))
    said = wrong_at(give(client, road, number="K-9", file=file), "file")
    assert "too large" in said and "MB" in said
    assert Evidence.objects.get(joining=road, precondition="certified").number == "1"


def test_nothing_at_all_and_a_day_to_come_are_no_evidence(road: Joining, client: Any) -> None:
    assert "Nothing is given yet" in wrong_at(give(client, road), "file")
    tomorrow = (today() + timedelta(days=1)).isoformat()
    assert "still to come" in wrong_at(give(client, road, dated=tomorrow), "dated")


def test_a_personal_identity_code_is_refused_in_a_note(road: Joining, client: Any) -> None:
    assert wrong_at(give(client, road, note="patient 010181-900C"), "note")


# --- terms ----------------------------------------------------------------------------------------


# --- connections ----------------------------------------------------------------------------------

GOOD = {"environment": "test", "aet": "UUSI_TWO", "host": "127.0.0.1", "port": "11191"}


def plan(client: Any, road: Joining, **data: Any) -> Any:
    return client.post(desks.address("joining-plan", road, "dicom"), {**GOOD, **data})


@pytest.mark.parametrize(
    "field,value,said",
    [
        ("aet", "MUCH_TOO_LONG_A_TITLE", "1 to 16 characters"),
        ("aet", "BACK\\SLASH", "1 to 16 characters"),
        ("aet", "UUSI_TEST", "in use already"),
        ("aet", "ESIM_TEST", "in use already"),
        ("aet", "", "required"),
        ("host", "no-such-host.invalid", "not found"),
        ("host", "two words", "form that is asked for"),
        ("port", "0", "1 to 65535"),
        ("port", "65536", "1 to 65535"),
        ("port", "dicom", "1 to 65535"),
        ("certificate", "no certificate", "PEM"),
    ],
)
def test_a_connection_is_checked_field_by_field(
    field: str, value: str, said: str, road: Joining, client: Any
) -> None:
    before = PlannedConnection.objects.count()
    assert said in wrong_at(plan(client, road, **{field: value}), field)
    assert PlannedConnection.objects.count() == before


@pytest.mark.parametrize(
    "field,value,said",
    [
        ("hl7_application", "", "required"),
        ("hl7_application", "A^B", "signs of HL7"),
        ("hl7_facility", "", "required"),
        ("host", "no-such-host.invalid", "not found"),
    ],
)
def test_a_sender_of_messages_is_checked_field_by_field(
    field: str, value: str, said: str, road: Joining, client: Any
) -> None:
    good = {
        "environment": "test",
        "hl7_application": "UUSI_RIS",
        "hl7_facility": "UUSI",
        "host": "127.0.0.1",
    }
    place = desks.address("joining-plan", road, "hl7")
    assert said in wrong_at(client.post(place, {**good, field: value}), field)
    assert client.post(place, good).status_code == 302
    page = client.get(desks.address("joining-connections", road)).content.decode()
    assert "UUSI_RIS|UUSI" in page
    assert "127.0.0.1:None" not in client.get(desks.address("joining-file", road)).content.decode()


def test_whoever_joins_begins_with_the_test_environment(road: Joining, client: Any) -> None:
    page = client.get(desks.address("joining-plan", road, "dicom")).content.decode()
    assert '<option value="test" selected>' in page


def test_an_open_connection_is_removed_only_when_somebody_is_sure(road: Joining) -> None:
    client, row = desks.of(cast.admin(road)), desks.planned(road)
    change = desks.address("joining-planned", road, row.id)
    place = desks.address("joining-planned-remove", road, row.id)
    page = client.get(change).content.decode()
    assert f'href="{place}"' in page and f'action="{place}"' not in page
    asked = client.get(place).content.decode()
    assert "Remove this connection?" in asked and f'href="{change}"' in asked
    row.refresh_from_db()
    assert client.post(place).status_code == 302
    assert not PlannedConnection.objects.filter(id=row.id).exists()
    planned = desks.planned(road, "production")  # in use by nobody yet
    page = client.get(desks.address("joining-planned", road, planned.id)).content.decode()
    removal = desks.address("joining-planned-remove", road, planned.id)
    assert f'action="{removal}"' in page


def test_the_first_page_tells_what_is_planned(road: Joining, client: Any) -> None:
    told = client.get(f"/organisations/{road.organisation_id}/").content.decode()
    assert f"Planned: {desks.planned(road, 'production')}" in told
    road.organisation.planned_connections.all().delete()
    told = client.get(f"/organisations/{road.organisation_id}/").content.decode()
    assert "until a connection is planned and opened" in told


def test_a_certificate_expired_or_for_another_name_is_refused(road: Joining, client: Any) -> None:
    expired = cast.certificate("localhost", days=-1)
    early = cast.certificate("localhost", begins=3)
    other = cast.certificate("pacs.other.example")
    for pem, said in (
        (expired, "has expired"),
        (early, "has not begun"),
        (other, "pacs.other.example"),
    ):
        answer = plan(client, road, host="localhost", certificate=pem)
        assert said in wrong_at(answer, "certificate")
    binary = SimpleUploadedFile("c.der", b"\x30\x82\xff\xfe")
    assert "PEM" in wrong_at(plan(client, road, certificate_file=binary), "certificate_file")


def test_a_certificate_that_the_listener_would_refuse_is_refused_in_words(
    road: Joining, client: Any, configure: Configure, tmp_path: Path
) -> None:
    bundle = tmp_path / "trusted.pem"
    bundle.write_text(issuers.ROOT.pem)
    configure(DICOM_TLS_CA=str(bundle))
    for made, said in (
        (issuers.OWN, "self-signed"),
        (issuers.make("pacs", issuers.STRANGER), "CN=stranger"),
        (issuers.make("pacs", issuers.ROOT, extended=(issuers.SERVER,)), "clientAuth"),
    ):
        answer = plan(client, road, host="localhost", tls="on", certificate=made.pem)
        assert said in wrong_at(answer, "certificate")
    good = issuers.make("pacs", issuers.ROOT)
    assert plan(client, road, host="localhost", tls="on", certificate=good.pem).status_code == 302


def test_a_certificate_is_taken_as_a_file_and_shown(road: Joining, client: Any) -> None:
    pem = cast.certificate("localhost", common="uusi-pacs")
    file = SimpleUploadedFile("c.pem", pem.encode())
    answer = plan(client, road, host="localhost", certificate_file=file)
    assert answer.status_code == 302
    row = PlannedConnection.objects.get(aet="UUSI_TWO")
    page = client.get(desks.address("joining-connections", road)).content.decode()
    assert "CN=uusi-pacs" in page and row.certificate_sha256 in page
    assert row.certificate_until is not None and row.certificate_until > now()


def test_the_test_button_says_in_words_that_nobody_answers(
    road: Joining, client: Any, free_port: int
) -> None:
    row = desks.planned(road)
    PlannedConnection.objects.filter(id=row.id).update(port=free_port)
    place = desks.address("joining-planned-test", road, row.id)
    page = client.post(place, follow=True).content.decode()
    assert "nobody answered" in page


def test_the_test_button_says_that_the_system_answered_or_refused_us(
    road: Joining, client: Any, free_port: int
) -> None:
    row = desks.planned(road)
    PlannedConnection.objects.filter(id=row.id).update(port=free_port)
    place = desks.address("joining-planned-test", road, row.id)
    with customer(free_port, title=row.aet):
        assert "answered the C-ECHO" in client.post(place, follow=True).content.decode()
    with customer(free_port, title="ANOTHER"):
        assert "the system refused us" in client.post(place, follow=True).content.decode()


# --- people and contacts --------------------------------------------------------------------------


def test_contacts_are_kept_all_or_none(road: Joining, client: Any) -> None:
    place = desks.address("joining-contacts", road)
    told = {
        f"{kind}-{name}": value
        for kind, values in cast.contacts().items()
        for name, value in values.items()
    }
    wrong = {**told, "administrative-name": "Someone New", "technical-email": "no address"}
    assert wrong_at(client.post(place, wrong), "technical-email")
    unnamed = {**told, "administrative-name": "Someone New", "technical-name": ""}
    assert wrong_at(client.post(place, unnamed), "technical-name")
    names = set(Contact.objects.filter(organisation=road.organisation).values_list("name"))
    assert ("Someone New",) not in names and len(names) == 3
    assert client.post(place, {**told, "administrative-name": "Someone New"}).status_code == 302
    assert Contact.objects.get(organisation=road.organisation, kind="administrative").name == (
        "Someone New"
    )


def test_the_last_administrator_stays(road: Joining, client: Any) -> None:
    row = desks.membership(road)
    for name, data in (
        ("joining-person-remove", {}),
        ("joining-person-role", {"role": Role.CUSTOMER_TECHNICAL.value}),
    ):
        page = client.post(desks.address(name, road, row.id), data, follow=True).content.decode()
        assert "nobody could act for your organisation" in page
    row.refresh_from_db()
    assert row.role == Role.CUSTOMER_ADMIN


def test_a_person_is_invited_and_comes_in_once(road: Joining, client: Any) -> None:
    place = desks.address("joining-people", road)
    told = {"email": "new@uusi.example.invalid", "role": "customer_technical", "language": "sv"}
    assert wrong_at(client.post(place, {**told, "email": "new"}), "email")
    assert wrong_at(client.post(place, {**told, "role": "admin"}), "role")
    assert client.post(place, told).status_code == 302
    assert Invitation.objects.get().email == told["email"]
    secret: list[str] = []
    people.invite(
        cast.admin(road),
        road.organisation,
        email="other@uusi.example.invalid",
        role=Role.CUSTOMER_TECHNICAL,
        link=lambda each: secret.append(each) or "x",  # type: ignore[func-returns-value]
    )
    comer = desks.browser(cast.user("comer"))
    address = reverse("invitation", args=secret)
    assert "Accept the invitation" in comer.get(address).content.decode()
    assert comer.post(address).status_code == 302
    assert comer.get(desks.address("joining-file", road)).status_code == 200
    assert comer.get(address).status_code == 404
    assert "It opens nothing more." in comer.get(address).content.decode()


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_messages_are_in_the_readers_language(language: str, road: Joining) -> None:
    client = desks.of(cast.admin(road), language)
    client.cookies["django_language"] = language
    answer = plan(client, road, aet="BACK\\SLASH")
    with translation.override(language):
        said = translation.gettext(
            "An AE title has 1 to 16 characters of the English alphabet, digits and "
            "signs, and no backslash."
        )
    assert said in wrong_at(answer, "aet")
    assert not said.startswith("An AE title")
