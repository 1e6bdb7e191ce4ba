"""Months whose retention has run out are proved, exported and dropped; the chain goes on (LG-4)."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections

from archive import chain, config, ledger
from archive.errors import Conflict, Malformed
from archive.ledger import About, Kind
from archive.models import LedgerEvent, LedgerRetired, LedgerSeal
from archive.queries import figures
from archive.services import anchors, ledger_files, ledger_retirement
from archive.values import now, today
from tests.test_anchors import verdict
from tests.test_ledger import seal_all, settings_url

OLD, OLDER, KEPT = date(2013, 5, 1), date(2013, 4, 1), date(2013, 6, 1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    own = replace(config.settings(), data_dir=tmp_path)
    for module in (anchors, ledger_retirement):
        monkeypatch.setattr(module, "settings", lambda: own)
    yield tmp_path


def on(day: date, name: str = "x") -> UUID:
    at = datetime(day.year, day.month, 15, tzinfo=UTC)
    about = About(environment="test")
    return ledger.record(Kind.STUDY_VIEWED, about, {"reason": name}, at=at)


@pytest.fixture
def years(fresh_database: str) -> dict[str, UUID]:
    """Two old months and one that is kept, sealed; an old event was sealed after a kept one.

    What loading the demo world wrote is younger and would stand before them: it is not there.
    """
    with psycopg.connect(settings_url(), autocommit=True) as session:
        for table in ("archive_ledgerevent", "archive_ledgerseal"):
            session.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            session.execute(f"DELETE FROM {table}")
            session.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    for month in (OLDER, OLD, KEPT):
        ledger.make_partitions(month, months_ahead=0)
    made = {"first": on(OLDER, "first"), "second": on(OLD, "second")}
    seal_all()
    made["kept"] = on(KEPT, "kept")
    seal_all()
    made["stray"] = on(OLD, "stray")
    seal_all()
    made["last"] = on(today(), "last")
    seal_all()
    return made


def retire(before: str = "2013-06", *, apply: bool = True) -> str:
    said = StringIO()
    arguments = ["--before", before, *(["--apply"] if apply else [])]
    call_command("retire_ledger", *arguments, stdout=said, stderr=StringIO())
    return said.getvalue()


def place(event_id: UUID) -> int:
    return LedgerSeal.objects.get(event_id=event_id).position


def test_what_would_go_is_said_and_nothing_done(years: dict[str, UUID]) -> None:
    anchors.anchor_due(today())
    said = retire(apply=False)
    assert "2013-04  1 events" in said and "2013-05  2 events" in said
    assert "2013-06" not in said and "Nothing was done" in said
    assert LedgerEvent.objects.filter(id__in=years.values()).count() == 5


def test_months_are_exported_and_dropped_and_the_chain_goes_on(
    years: dict[str, UUID], folder: Path
) -> None:
    anchors.anchor_due(today())
    base, stray = place(years["kept"]) - 1, place(years["stray"])
    retire()
    left = set(LedgerEvent.objects.filter(id__in=years.values()).values_list("id", flat=True))
    assert left == {years["kept"], years["last"]}
    row = LedgerRetired.objects.get()
    assert (row.position, row.strays, row.events) == (base, [stray], 3)
    assert not LedgerSeal.objects.filter(position__lte=base).exists()
    seal_all()
    told, code = verdict("--anchor", str(anchors.path()))
    assert (told["holds"], code, told["unsealed"]) == (True, 0, 0)
    event = LedgerEvent.objects.get(kind="ledger.retired")
    assert (event.facts["position"], event.facts["digest"]) == (base, bytes(row.digest).hex())
    for name, digest in row.files.items():
        assert ledger_files.sha256(folder / "retired" / name) == digest
        assert (folder / "retired" / name).stat().st_mode & 0o777 == 0o600
    may = list(ledger_files.read(folder / "retired/ledger-201305.jsonl.gz"))
    assert [line.position for line in may] == [base, stray]
    assert json.loads(may[1].canonical)["facts"] == {"reason": "stray"}


def test_a_forced_change_after_a_retirement_is_found(years: dict[str, UUID]) -> None:
    anchors.anchor_due(today())
    retire()
    seal_all()
    with psycopg.connect(settings_url(), autocommit=True) as session:
        session.execute("ALTER TABLE archive_ledgerevent DISABLE TRIGGER USER")
        session.execute(
            "UPDATE archive_ledgerevent SET kind = 'x' WHERE id = %s", [str(years["kept"])]
        )
    assert verdict()[0]["broken_event"] == str(years["kept"])


def test_a_second_retirement_begins_where_the_first_ended(years: dict[str, UUID]) -> None:
    anchors.anchor_due(today())
    retire("2013-05")
    seal_all()
    retire("2013-06")
    seal_all()
    assert LedgerRetired.objects.count() == 2
    assert verdict("--anchor", str(anchors.path()))[1] == 0


def test_a_file_that_was_changed_is_found(years: dict[str, UUID], folder: Path) -> None:
    anchors.anchor_due(today())
    retire()
    source = folder / "retired/ledger-201305.jsonl.gz"
    text = gzip.decompress(source.read_bytes()).decode()
    source.write_bytes(gzip.compress(text.replace("stray", "forged").encode()))
    with pytest.raises(Conflict, match="was changed at position"):
        ledger_files.prove(source)
    source.write_bytes(source.read_bytes()[:40])
    with pytest.raises(Malformed):
        ledger_files.prove(source)


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("2020-01", "logs are kept 12 years"),
        ("2012-01", "nothing stands before"),
    ],
)
def test_too_young_or_nothing_is_refused(years: dict[str, UUID], before: str, why: str) -> None:
    anchors.anchor_due(today())
    with pytest.raises(CommandError, match=why):
        retire(before)


def test_without_anchors_nothing_is_retired(years: dict[str, UUID]) -> None:
    with pytest.raises(CommandError, match="there are no anchors"):
        retire()


def test_a_chain_that_left_its_anchor_is_not_retired(years: dict[str, UUID]) -> None:
    anchors.anchor_due(today())
    file = anchors.path()
    forged = json.loads(file.read_text())
    file.write_text(json.dumps({**forged, "digest": "00" * 32}) + "\n")
    with pytest.raises(CommandError, match="the anchor at position"):
        retire()


def test_a_broken_part_is_not_retired(years: dict[str, UUID]) -> None:
    anchors.anchor_due(today())
    with psycopg.connect(settings_url(), autocommit=True) as session:
        session.execute("ALTER TABLE archive_ledgerevent DISABLE TRIGGER USER")
        session.execute(
            "UPDATE archive_ledgerevent SET kind = 'x' WHERE id = %s", [str(years["second"])]
        )
    with pytest.raises(CommandError, match="the chain does not hold"):
        retire()
    assert LedgerEvent.objects.filter(id=years["first"]).exists()


def test_an_event_that_is_not_sealed_stays(years: dict[str, UUID]) -> None:
    anchors.anchor_due(today())
    on(OLD, "late")
    with pytest.raises(CommandError, match="not sealed yet"):
        retire()


def test_an_event_outside_the_months_keeps_everything(years: dict[str, UUID]) -> None:
    on(date(2010, 1, 1), "in no month's partition")
    seal_all()
    anchors.anchor_due(today())
    with pytest.raises(CommandError, match="1 events stand in no month's partition"):
        retire()


def test_a_month_that_changed_since_the_plan_stays(years: dict[str, UUID]) -> None:
    anchors.anchor_due(today())
    found = ledger_retirement.plan(KEPT, today())
    on(OLD, "late")
    with pytest.raises(Conflict, match="has changed meanwhile"):
        ledger_retirement.retire(found)
    assert LedgerEvent.objects.filter(id=years["first"]).exists()
    assert not LedgerRetired.objects.exists()


def test_the_application_may_not_retire(years: dict[str, UUID]) -> None:
    base, digest = chain.base(), bytes(32)
    with pytest.raises(DatabaseError, match="only the owner"):
        LedgerRetired.objects.create(
            before=KEPT,
            position=1,
            digest=digest,
            events=1,
            files={},
            retired_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
    assert chain.base() == base


@pytest.mark.parametrize("verb", ["UPDATE archive_ledgerretired SET position = 0", "DELETE FROM"])
def test_a_retirement_is_not_taken_back(years: dict[str, UUID], verb: str) -> None:
    anchors.anchor_due(today())
    retire()
    statement = verb if verb.startswith("UPDATE") else f"{verb} archive_ledgerretired"
    for alias in ("default", "owner"):
        with pytest.raises(DatabaseError), connections[alias].cursor() as cursor:
            cursor.execute(statement)


def test_a_seal_put_back_where_the_chain_was_retired_is_found(years: dict[str, UUID]) -> None:
    anchors.anchor_due(today())
    retire()
    seal_all()
    with psycopg.connect(settings_url(), autocommit=True) as session:
        session.execute(
            "INSERT INTO archive_ledgerseal SELECT 1, event_at, %s, digest, sealed_at, upto"
            " FROM archive_ledgerseal LIMIT 1",
            [str(years["first"])],
        )
    told, _ = verdict()
    assert (told["holds"], told["why"]) == (False, "1 seals stand where the chain was retired")


def test_of_a_chain_that_began_with_younger_events_only_the_events_go(
    fresh_database: str,
) -> None:
    ledger.make_partitions(OLD, months_ahead=0)
    seal_all()
    event = on(OLD)
    seal_all()
    anchors.anchor_due(today())
    retire()
    seal_all()
    row = LedgerRetired.objects.get()
    assert (row.position, row.strays) == (0, [place(event)])
    assert verdict("--anchor", str(anchors.path()))[1] == 0


def test_seals_that_stand_still_are_seen_while_events_go_on(years: dict[str, UUID]) -> None:
    seal_all()
    assert figures.unsealed_seconds() == 0
    with psycopg.connect(settings_url(), autocommit=True) as session:
        session.execute("ALTER TABLE archive_ledgerseal DISABLE TRIGGER USER")
        session.execute("UPDATE archive_ledgerseal SET sealed_at = now() - interval '15 minutes'")
        session.execute("ALTER TABLE archive_ledgerseal ENABLE TRIGGER USER")
    for minutes in (10, 5, 0):
        at = now() - timedelta(minutes=minutes)
        ledger.record(Kind.STUDY_VIEWED, About(environment="test"), {"reason": "x"}, at=at)
    assert 600 <= figures.unsealed_seconds() < 700
