"""Evidence: what is taken, how its file is kept, and who judges it (ON-2)."""

import stat
from datetime import date, timedelta
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest

from archive.config import settings
from archive.errors import NotFound
from archive.values import today
from onboarding.errors import (
    ActorUnfit,
    FieldInvalid,
    FileTooLarge,
    FileTypeRefused,
    StepOutOfOrder,
)
from onboarding.models import Evidence, EvidenceState, Precondition
from onboarding.queries import file
from onboarding.services import evidence, evidence_files
from onboarding.services.evidence import Upload
from tests.onboarding import cast

pytestmark = pytest.mark.usefixtures("db")

PDF = b"%PDF-1.7\n%\xe2\xe3\nrest"
PNG = b"\x89PNG\r\n\x1a\nrest"
JPEG = b"\xff\xd8\xff\xe0rest"


def container(mime: str = "application/vnd.etsi.asic-e+zip") -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w") as made:
        made.writestr("mimetype", mime, ZIP_STORED)
        made.writestr("document.pdf", PDF, ZIP_DEFLATED)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("certificate.pdf", PDF, "application/pdf"),
        ("C:\\papers\\certificate.PDF", PDF, "application/pdf"),
        ("scan.png", PNG, "image/png"),
        ("photo.jpeg", JPEG, "image/jpeg"),
        ("signed.asice", container(), "application/vnd.etsi.asic-e+zip"),
        (
            "signed.asics",
            container("application/vnd.etsi.asic-s+zip"),
            "application/vnd.etsi.asic-s+zip",
        ),
    ],
    ids=["pdf", "pdf-of-windows", "png", "jpeg", "asice", "asics"],  # a zip holds the time
)
def test_a_file_is_what_its_bytes_say(name: str, content: bytes, kind: str) -> None:
    road = cast.applicant()
    me = cast.admin(road)
    row = evidence.give(me, road, Precondition.CERTIFIED, file=Upload(name, content))
    assert row.file_type == kind
    assert "\\" not in row.file_name and "/" not in row.file_name
    assert evidence.read_file(me, row) == content
    path = settings().evidence_dir / row.file_digest
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("certificate.pdf", b"MZ\x90 a program"),
        ("certificate.pdf", b"<html><script>"),
        ("certificate.pdf", PNG),
        ("program.exe", PDF),
        ("no-suffix", PDF),
        ("empty.pdf", b""),
        ("archive.zip", container("text/plain")),
        ("signed.asice", b"PK\x03\x04" + b"\0" * 40),
    ],
    ids=["program", "page", "picture", "exe", "no-suffix", "empty", "zip", "broken-asice"],
)
def test_another_type_is_refused_and_nothing_is_kept(name: str, content: bytes) -> None:
    road = cast.applicant()
    with pytest.raises(FileTypeRefused) as refused:
        evidence.give(
            cast.admin(road), road, Precondition.CERTIFIED, number="1", file=Upload(name, content)
        )
    assert refused.value.facts["field"] == "file"
    assert not Evidence.objects.filter(joining=road).exists()


def test_a_file_that_is_too_large_is_refused() -> None:
    road = cast.applicant()
    large = Upload("a.pdf", PDF + bytes(settings().evidence_max_bytes))
    with pytest.raises(FileTooLarge):
        evidence.give(cast.admin(road), road, Precondition.CERTIFIED, file=large)
    assert not Evidence.objects.filter(joining=road).exists()


def test_a_file_name_leads_nowhere() -> None:
    assert evidence_files.bare_name("../../etc/passwd\n.pdf") == "passwd.pdf"
    assert evidence_files.bare_name("..\\..\\boot.pdf") == "boot.pdf"


def test_bytes_that_changed_on_disk_are_not_given_out() -> None:
    road = cast.applicant()
    me = cast.admin(road)
    changed = Upload("a.pdf", PDF + b"changed on disk")
    row = evidence.give(me, road, Precondition.CERTIFIED, file=changed)
    (settings().evidence_dir / row.file_digest).write_bytes(PDF)
    with pytest.raises(NotFound):
        evidence.read_file(me, row)


def test_another_customer_reads_nothing() -> None:
    road = cast.applicant()
    row = evidence.give(cast.admin(road), road, Precondition.CERTIFIED, file=Upload("a.pdf", PDF))
    people = cast.actors(road)
    with pytest.raises(NotFound):
        evidence.read_file(people["stranger"], row)
    assert evidence.read_file(people["officer"], row) == PDF
    with pytest.raises(ActorUnfit):
        evidence.give(people["stranger"], road, Precondition.CERTIFIED, number="1")


def test_nothing_at_all_is_no_evidence_nor_a_day_to_come() -> None:
    road = cast.applicant()
    with pytest.raises(FieldInvalid):
        evidence.give(cast.admin(road), road, Precondition.PATIENT_DATA)
    with pytest.raises(FieldInvalid) as refused:
        tomorrow = today() + timedelta(days=1)
        evidence.give(cast.admin(road), road, Precondition.PATIENT_DATA, dated=tomorrow)
    assert refused.value.facts == {"field": "dated", "why": "to-come"}


@pytest.mark.parametrize(
    "precondition",
    [each for each in Precondition if each not in evidence.GIVEN_BY_HAND],
)
def test_what_follows_from_other_rows_is_not_given_by_hand(precondition: Precondition) -> None:
    road = cast.applicant()
    with pytest.raises(FieldInvalid):
        evidence.give(cast.admin(road), road, precondition, number="passed, honestly")


def test_an_officer_judges_and_the_customer_does_not() -> None:
    road = cast.applicant()
    me = cast.admin(road)
    row = evidence.give(me, road, Precondition.PATIENT_DATA, dated=date(2024, 1, 1))
    with pytest.raises(ActorUnfit):
        evidence.judge(me, row, accepted=True)
    with pytest.raises(FieldInvalid) as refused:
        evidence.judge(cast.officer(), row, accepted=False)
    assert refused.value.facts == {"field": "judgement"}
    judged = evidence.judge(cast.officer(), row, accepted=False, judgement="Which system?")
    assert (judged.state, judged.judged_by) == (EvidenceState.MISSING, "first.officer")
    with pytest.raises(StepOutOfOrder):
        evidence.judge(cast.second_officer(), row, accepted=True)


def test_what_was_given_anew_is_judged_anew() -> None:
    road = cast.applicant()
    me = cast.admin(road)
    seen = evidence.give(me, road, Precondition.PATIENT_DATA, note="first")
    evidence.give(me, road, Precondition.PATIENT_DATA, note="second")
    with pytest.raises(StepOutOfOrder):
        evidence.judge(cast.officer(), seen, accepted=True)


def test_the_checklist_says_what_is_lacking() -> None:
    road = cast.applicant()
    lacking = {row.precondition: set(row.lacking) for row in file.checklist(road)}
    assert lacking == {
        Precondition.CERTIFIED: {"system", "evidence"},
        Precondition.PATIENT_DATA: {"evidence"},
        Precondition.DELIVERY_TERMS: {"acceptance"},
        Precondition.SERVICE_DESCRIPTION: {"acceptance"},
        Precondition.DEPLOYMENT_DATA: {"activity", "contacts", "connection"},
        Precondition.ROLLOUT_TEST: {"test"},
    }
    cast.proved(cast.filled(road))
    assert [row.precondition for row in file.checklist(road) if not row.holds] == [
        Precondition.ROLLOUT_TEST
    ]
