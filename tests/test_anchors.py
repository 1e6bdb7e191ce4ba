"""Anchors stand outside the database: a chain that was rewritten no longer goes through them
(LG-4).
"""

import hashlib
import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import override_settings

from archive import chain, config, ledger
from archive.models import LedgerEvent
from archive.services import anchors
from archive.values import today
from tests.test_ledger import record, seal_all, settings_url

LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of this test's own."""
    own = replace(config.settings(), data_dir=tmp_path)
    monkeypatch.setattr(anchors, "settings", lambda: own)
    yield tmp_path


def verdict(*arguments: str) -> tuple[dict[str, Any], int]:
    """What the command says, and its exit code."""
    said, code = StringIO(), 0
    try:
        call_command("verify_ledger", "--json", *arguments, stdout=said, stderr=StringIO())
    except SystemExit as end:
        code = int(str(end.code))
    return json.loads(said.getvalue()), code


def file() -> str:
    return str(anchors.path())


def rewrite(event_id: object) -> None:
    """What somebody with the owner's password can do who knows how the chain is made: change an
    event and seal all that follows anew.
    """
    with psycopg.connect(settings_url(), autocommit=True) as session:
        for table in ("archive_ledgerevent", "archive_ledgerseal"):
            session.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        session.execute(
            'UPDATE archive_ledgerevent SET facts = \'{"reason": "forged"}\' WHERE id = %s',
            [str(event_id)],
        )
        rows = session.execute(
            f"SELECT position, {chain.CANONICAL} FROM archive_ledgerseal s"
            " JOIN archive_ledgerevent e ON e.id = s.event_id ORDER BY position"
        ).fetchall()
        digest = chain.GENESIS
        for position, canonical in rows:
            digest = hashlib.sha256(digest + canonical.encode()).digest()
            session.execute(
                "UPDATE archive_ledgerseal SET digest = %s WHERE position = %s", [digest, position]
            )


def test_a_day_has_one_anchor_and_the_ledger_tells_of_it(fresh_database: str) -> None:
    record()
    seal_all()
    first = anchors.anchor_due(today())
    assert first is not None and anchors.anchor_due(today()) is None
    later = anchors.anchor_due(today() + timedelta(days=1))
    assert later is not None
    assert anchors.read(anchors.path()) == [first, later]
    assert stat.S_IMODE(anchors.path().stat().st_mode) == 0o600
    assert stat.S_IMODE(anchors.path().parent.stat().st_mode) == 0o700
    told = LedgerEvent.objects.filter(kind="ledger.anchored").order_by("at").first()
    assert told is not None
    assert told.facts == {"position": first.position, "digest": first.digest}


def test_nothing_sealed_is_nothing_anchored(fresh_database: str) -> None:
    with psycopg.connect(settings_url(), autocommit=True) as session:
        session.execute("ALTER TABLE archive_ledgerseal DISABLE TRIGGER USER")
        session.execute("DELETE FROM archive_ledgerseal")
    assert anchors.anchor_due(today()) is None
    assert anchors.read(anchors.path()) == []


def test_a_rewritten_chain_proves_itself_but_has_left_its_anchors(fresh_database: str) -> None:
    record()
    changed = record()
    record()
    seal_all()
    before = anchors.anchor_due(today())
    assert before is not None
    assert verdict("--anchor", file()) == (
        {
            "holds": True,
            "sealed": before.position,
            "unsealed": 1,
            "broken_at": None,
            "broken_event": None,
            "why": "",
            "anchors": 1,
            "anchors_lost": [],
        },
        0,
    )
    rewrite(changed)
    told, code = verdict()
    assert (told["holds"], code) == (True, 0)
    told, code = verdict("--anchor", file())
    assert (told["holds"], code) == (False, 1)
    assert told["anchors_lost"] == [
        {"position": before.position, "why": "the chain has another digest there"}
    ]


def test_a_chain_whose_end_was_cut_off_ends_before_its_anchor(fresh_database: str) -> None:
    record()
    seal_all()
    anchors.anchor_due(today())
    with psycopg.connect(settings_url(), autocommit=True) as session:
        session.execute("ALTER TABLE archive_ledgerseal DISABLE TRIGGER USER")
        session.execute("ALTER TABLE archive_ledgerevent DISABLE TRIGGER USER")
        session.execute("DELETE FROM archive_ledgerevent WHERE kind IN ('study.viewed')")
        session.execute("DELETE FROM archive_ledgerevent WHERE kind = 'ledger.anchored'")
        session.execute(
            "DELETE FROM archive_ledgerseal s WHERE NOT EXISTS"
            " (SELECT 1 FROM archive_ledgerevent e WHERE e.id = s.event_id)"
        )
    told, _ = verdict("--anchor", file())
    assert [each["why"] for each in told["anchors_lost"]] == ["the chain ends before it"]


def test_half_a_line_of_a_power_cut_is_taken_back(fresh_database: str) -> None:
    record()
    seal_all()
    anchors.anchor_due(today())
    with anchors.path().open("a") as kept:
        kept.write('{"position": 12, "dig')
    with pytest.raises(CommandError, match="no anchor"):
        call_command("verify_ledger", "--anchor", file())
    anchors.anchor_due(today() + timedelta(days=1))
    assert len(anchors.read(anchors.path())) == 2


def test_anchors_are_mailed_when_somebody_is_named(
    fresh_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record()
    seal_all()
    anchors.anchor_due(today())
    named = replace(anchors.settings(), anchor_mail=("log@example.fi", "audit@example.fi"))
    monkeypatch.setattr(anchors, "settings", lambda: named)
    with override_settings(EMAIL_BACKEND="portal.mail_server.EmailBackend"):
        with override_settings(EMAIL_HOST="127.0.0.1", EMAIL_PORT=1):
            anchors.anchor_due(today())  # nobody takes it: it is kept for the next look
    with override_settings(EMAIL_BACKEND=LOCMEM):
        anchors.anchor_due(today() + timedelta(days=1))
        anchors.anchor_due(today() + timedelta(days=1))
    (sent,) = mail.outbox
    assert sent.to == ["log@example.fi", "audit@example.fi"]
    for anchor in anchors.read(anchors.path()):
        assert anchor.digest in sent.body
    anchors.path().unlink()  # moved away by somebody: the next file is mailed from its beginning
    with override_settings(EMAIL_BACKEND=LOCMEM):
        anchors.anchor_due(today() + timedelta(days=2))
    assert len(mail.outbox) == 2


# --- parts of the chain ---------------------------------------------------------------------------


def test_a_part_of_the_chain_is_proved_by_positions_and_by_days(fresh_database: str) -> None:
    for _ in range(4):
        record()
    seal_all()
    head = chain.head()
    assert head is not None
    assert verdict("--from", str(head[0] - 1))[0]["sealed"] == 2
    assert verdict("--from", str(head[0] - 2), "--until", str(head[0] - 1))[0]["sealed"] == 2
    day = today().isoformat()
    assert verdict("--from", day, "--until", day)[0]["sealed"] >= 4
    with pytest.raises(CommandError, match="no event was sealed"):
        call_command("verify_ledger", "--until", "2001-01-01")


def test_a_position_that_is_not_there_breaks_no_chain(fresh_database: str) -> None:
    record()
    seal_all()
    head = chain.head()
    assert head is not None
    with pytest.raises(CommandError, match=f"ends at {head[0]}"):
        call_command("verify_ledger", "--from", str(head[0] + 1))
    with pytest.raises(CommandError, match="nothing from position 3 until 2"):
        call_command("verify_ledger", "--from", "3", "--until", "2")


def test_a_fault_outside_the_part_is_not_its_fault(fresh_database: str) -> None:
    changed = record()
    record()
    record()
    seal_all()
    head = chain.head()
    assert head is not None
    with psycopg.connect(settings_url(), autocommit=True) as session:
        session.execute("ALTER TABLE archive_ledgerevent DISABLE TRIGGER USER")
        session.execute(
            "UPDATE archive_ledgerevent SET actor_name = 'x' WHERE id = %s", [str(changed)]
        )
    assert verdict("--from", str(head[0] - 1))[1] == 0
    assert verdict()[0]["broken_at"] == head[0] - 2
    assert verdict("--from", str(head[0] - 2))[0]["broken_event"] == str(changed)


def test_progress_goes_to_stderr(fresh_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        record()
    seal_all()
    monkeypatch.setattr(chain, "BATCH", 2)
    said, progress = StringIO(), StringIO()
    call_command("verify_ledger", "--json", stdout=said, stderr=progress)
    sealed = json.loads(said.getvalue())["sealed"]
    assert f"2 of {sealed} seals proved" in progress.getvalue()
    assert f"{sealed} of {sealed} seals proved" in progress.getvalue()
    assert ledger.verify().holds
