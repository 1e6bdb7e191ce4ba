"""Lists of study codes: kept, shown, applied as they were shown (AR-8)."""

from datetime import date

import pytest

from archive.actors import Actor, ActorKind
from archive.errors import rules as errors
from archive.errors.wishes import StaffRoleUnfit
from archive.models import LedgerEvent, StudyCodeEntry
from archive.rules.code_lists import Kind, Plan
from archive.services import code_lists as services
from archive.services.code_lists import Upload
from tests import builders

pytestmark = pytest.mark.django_db

ADMIN = Actor(ActorKind.STAFF, "Anna Ylläpito", roles=frozenset({"admin"}))
SUPPORT = Actor(ActorKind.STAFF, "Timo Tuki", roles=frozenset({"support"}))
HEADING = "code,system_oid,name_fi,name_sv,name_en,valid_from,valid_until"
REASON = "THL 1/2026"


def known(code: str) -> StudyCodeEntry:
    return StudyCodeEntry.objects.get(code=code)


def line(row: StudyCodeEntry, *, name: str = "", last: str = "") -> str:
    return f"{row.code},{row.system_oid},{name or row.name_fi},,,{row.valid_from},{last}"


def upload(*lines: str, closes: date | None = None) -> Upload:
    return Upload("koodit.csv", "\n".join((HEADING, *lines)).encode(), closes)


def some() -> StudyCodeEntry:
    return StudyCodeEntry.objects.order_by("code").first() or pytest.fail("no codes are loaded")


def new_line() -> str:
    return f"ZX9ZX,{some().system_oid},Uusi tutkimus,,,2026-01-01,"


def test_a_list_is_applied_as_it_was_shown_once_and_told() -> None:
    row = known("AA1AD")
    builders.study()  # with the code that the list closes
    held = services.keep(ADMIN, upload(line(row, last="2026-12-31"), new_line()))
    assert not StudyCodeEntry.objects.filter(code="ZX9ZX").exists()
    plan = services.preview(held)
    assert services.in_use(plan) == {"AA1AD": 1}
    counts = services.apply(ADMIN, str(held.id), shown=plan.digest, reason=REASON)
    assert (counts["added"], counts["closed"]) == (1, 1)
    assert known("AA1AD").valid_until == date(2026, 12, 31) and known("ZX9ZX").name_fi
    event = LedgerEvent.objects.get(kind="codes.imported", subject_id=held.id)
    assert event.facts["closed"] == ["AA1AD"] and event.facts["sha256"] == held.sha256
    held.refresh_from_db()
    assert held.content == ""
    with pytest.raises(errors.CodesApplied):
        services.apply(ADMIN, str(held.id), shown=plan.digest, reason=REASON)


def test_what_was_not_shown_is_not_done() -> None:
    row = known("AA1AD")
    held = services.keep(ADMIN, upload(line(row, name="Toinen nimi")))
    shown = services.preview(held).digest
    StudyCodeEntry.objects.filter(id=row.id).update(name_fi="Kolmas nimi")
    with pytest.raises(errors.CodesChanged):
        services.apply(ADMIN, str(held.id), shown=shown, reason=REASON)
    assert known("AA1AD").name_fi == "Kolmas nimi"


def test_nothing_of_a_faulty_list_is_applied() -> None:
    held = services.keep(ADMIN, upload(new_line(), "??,1.2,x,,,2026-01-01,"))
    plan = services.preview(held)
    assert plan.of(Kind.ADDED)
    with pytest.raises(errors.CodeListFaulty):
        services.apply(ADMIN, str(held.id), shown=plan.digest, reason=REASON)
    assert not StudyCodeEntry.objects.filter(code="ZX9ZX").exists()


def test_a_whole_list_closes_the_rest() -> None:
    count = StudyCodeEntry.objects.filter(system_oid=some().system_oid, valid_until=None).count()
    held = services.keep(ADMIN, upload(line(some()), closes=date(2026, 12, 31)))
    plan: Plan = services.preview(held)
    assert len(plan.of(Kind.CLOSED)) == count - 1 > 1
    services.apply(ADMIN, str(held.id), shown=plan.digest, reason=REASON)
    assert some().valid_until is None
    last_days = StudyCodeEntry.objects.filter(code=known("AA1AD").code)
    assert set(last_days.values_list("valid_until", flat=True)) == {date(2026, 12, 31)}


def test_what_is_no_list_is_refused_and_nobody_but_an_administrator_gives_one() -> None:
    for content in (b"\xff\xfe\x00", f"{HEADING}\n\0".encode(), b"code;name_fi\n"):
        with pytest.raises(errors.ListUnreadable):
            services.keep(ADMIN, Upload("x.csv", content))
    with pytest.raises(errors.ListTooLarge):
        services.keep(ADMIN, Upload("x.csv", b" " * (services.MOST_BYTES + 1)))
    with pytest.raises(StaffRoleUnfit):
        services.keep(SUPPORT, upload(new_line()))
