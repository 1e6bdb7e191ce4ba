"""Names and words in queries: groups of a name, letters however they are written down (AR-6)."""

import unicodedata

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.finding import find, study, uids

pytestmark = pytest.mark.usefixtures("db")


@pytest.mark.parametrize(
    ("key", "matches"),
    [
        ("=山田*", True),
        ("=田中*", False),
        ("==やまだ^*", True),
        ("==たなか", False),
        ("yamada*=田中", True),  # the alphabetic group decides where there is one
        ("tanaka*=山田", False),
        ("=", True),
    ],
)
def test_a_name_is_found_by_the_group_that_is_asked_for(key: str, matches: bool) -> None:
    uid = study(1, PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう")
    assert uids("STUDY", PatientName=key) == ({uid} if matches else set())


@pytest.mark.parametrize("sent", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("level", "key", "value"),
    [
        ("STUDY", "PatientName", "Meikäläinen^Åke"),
        ("STUDY", "PatientName", "MEIKÄLÄ*"),
        ("STUDY", "PatientName", "meik?l?inen^?ke"),
        ("STUDY", "ReferringPhysicianName", "lähettäjä*"),
        ("STUDY", "StudyDescription", "AA1AD Pään*"),
        ("SERIES", "SeriesDescription", "Pää"),
    ],
)
def test_a_letter_is_the_same_however_it_is_written_down(
    sent: str, asked: str, level: str, key: str, value: str
) -> None:
    """Systems born on macOS send an ä as an a and its dots."""
    told = {
        "PatientName": "Meikäläinen^Åke",
        "ReferringPhysicianName": "Lähettäjä^Liisa",
        "StudyDescription": "AA1AD Pään TT",
        "SeriesDescription": "Pää",
    }
    columns = {name: unicodedata.normalize(sent, text) for name, text in told.items()}
    uid = study(1, **columns)
    found = find(
        level,
        **{"StudyInstanceUID": uid, "PatientName": "", key: unicodedata.normalize(asked, value)},
    )
    assert [each["PatientName"] for each in found] == [columns["PatientName"]]  # as it was sent


@pytest.mark.parametrize("key", ["Meikäläinen^Åke", "meik*"])
def test_the_index_leads_to_a_name(key: str) -> None:
    study(1)
    with CaptureQueriesContext(connection) as asked:
        uids("STUDY", PatientName=key)
    (said,) = [each["sql"] for each in asked if "normalize" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {said}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "patient_composed_name" in plan, plan
