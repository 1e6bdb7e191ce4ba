"""After all that happened to the system: the ledger holds, and tells when a row was changed (LG-4).

The name sorts last among the journeys.
"""

import psycopg
import pytest

from tests.journeys.system import SOON, System, eventually

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("system")]

UNSEALED = """SELECT count(*) FROM archive_ledgerevent e WHERE NOT EXISTS
    (SELECT 1 FROM archive_ledgerseal s WHERE s.event_id = e.id)"""
FIFTH = "id = (SELECT event_id FROM archive_ledgerseal WHERE position = 5)"


def test_the_ledger_holds_and_all_of_it_is_sealed(system: System) -> None:
    """Also what was written while the worker that seals was dead."""
    eventually(lambda: system.one(UNSEALED) == 0, SOON)
    told = system.verdict()
    assert (told["holds"], told["code"], told["why"]) == (True, 0, "")
    assert told["sealed"] >= 5


def test_a_row_that_was_changed_by_force_is_found(system: System) -> None:
    eventually(lambda: system.one("SELECT count(*) FROM archive_ledgerseal") >= 5, SOON)
    facts = system.one(f"SELECT facts::text FROM archive_ledgerevent WHERE {FIFTH}")
    force(system, '{"instances": 1}')
    told = system.verdict()
    assert (told["holds"], told["code"], told["broken_at"]) == (False, 1, 5)
    assert told["why"] == "the event or its seal was changed"
    force(system, facts)
    assert system.verdict()["holds"]


def force(system: System, facts: str) -> None:
    """What a person with the owner's password can do."""
    with psycopg.connect(system.file["env"]["DATABASE_OWNER_URL"]) as session:
        session.execute("ALTER TABLE archive_ledgerevent DISABLE TRIGGER USER")
        session.execute(f"UPDATE archive_ledgerevent SET facts = %s WHERE {FIFTH}", [facts])
        session.execute("ALTER TABLE archive_ledgerevent ENABLE TRIGGER USER")
