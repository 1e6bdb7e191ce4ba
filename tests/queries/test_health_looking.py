"""The archive is ready again when what its database has forgotten was looked for (NF-4, NF-6)."""

import pytest

from archive.models import Heartbeat
from archive.queries import database, health
from archive.values import now

CASES = (
    ([{"looked_after": "before"}], health.LOOKING),
    ([{"looked_after": ""}], health.LOOKING),
    ([{"looked_after": "before"}, {"looked_after": "since"}], ""),
    ([{}], ""),  # of the version before, while machines are brought up to date
    ([], "no heartbeat for 15 s"),
)


@pytest.mark.usefixtures("fresh_database")
def test_a_listener_has_looked_since_the_database_broke_down() -> None:
    since = database.unbroken_since()
    assert since
    for facts, wrong in CASES:
        Heartbeat.objects.all().delete()
        for number, each in enumerate(facts):
            told = {name: since if value == "since" else value for name, value in each.items()}
            Heartbeat.objects.create(
                kind="dicom", instance=str(number), started_at=now(), at=now(), facts=told
            )
        assert health.from_database()["dicom"] == wrong
        assert health.answering()["dicom"] == (not wrong)
