"""Archives that have many studies already: this one by SQL, Orthanc by what it takes in bulk."""

import io
import urllib.request
import zipfile

import psycopg
from pydicom import Dataset

from archive.values import HETU_ROOT
from bench import corpus, fill
from bench.frame import note, until
from bench.orthanc import Orthanc
from bench.ours import Archive
from bench.servers import BenchError

SEALED_SECONDS = 3600.0
AT_ONCE = 1000  # studies in one request
PATIENCE = 600.0
# In a template, to be replaced by numbers that are as long: no UID has a leading zero in a part.
STUDY, SERIES, OBJECT = "2.25.910000000", "2.25.920000000", "2.25.930000000"
PATIENT, ACCESSION = "P900000000", "F900000000"


# A round that is leased has a slice under way, which would open it again; one survey a day begins.
_AT_REST = """
WITH ended AS (UPDATE archive_round SET ended_at = now()
        WHERE ended_at IS NULL AND not_before < now() + interval '1 minute'),
    surveyed AS (UPDATE archive_retentionsurvey SET ended_at = now() WHERE ended_at IS NULL),
    begun AS (INSERT INTO archive_retentionsurvey
            (id, environment, began_at, studies, figures, ended_at)
        SELECT gen_random_uuid(), environment, now(), 0, '{}', now()
        FROM (SELECT DISTINCT environment FROM archive_connection) here)
SELECT (SELECT count(DISTINCT kind) FROM archive_round WHERE ended_at IS NOT NULL) = 2
    AND NOT EXISTS (SELECT FROM archive_round WHERE ended_at IS NULL)
"""


def archive_to(archive: Archive, size: int) -> None:
    """With everything sealed, the planner's numbers in order and no walk over everything under way,
    as after years it would be: the first ones write a row for each study, and a finding for each
    object, since what is filled by SQL has no bytes.
    """
    with archive.database() as connection:
        fill.fill(connection, size, HETU_ROOT, lambda done: note(f"  {archive.name}: {done:,}"))
        if not until(lambda: fill.unsealed(connection) == 0, SEALED_SECONDS):
            raise BenchError("the ledger is not sealed")
        if not until(lambda: _is_at_rest(connection), PATIENCE):
            raise BenchError("its first rounds do not end")
    with archive.database("DATABASE_OWNER_URL") as owner:
        owner.execute("VACUUM ANALYZE")


def _is_at_rest(connection: psycopg.Connection) -> bool:
    return connection.execute(_AT_REST).fetchone() == (True,)


def orthanc_to(server: Orthanc, size: int, sample: Dataset) -> None:
    """So many studies of one object like the sample, four a patient. What was filled stays filled:
    objects that are there already change nothing.
    """
    template = _template(sample)
    for first in range(0, size, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, size))
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.web_port}/instances",
            data=_zipped(template, numbers),
            headers={"Content-Type": "application/zip"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            answer.read()
        if not numbers.stop % (10 * AT_ONCE):
            note(f"  {server.name}: {numbers.stop:,}")


def _template(sample: Dataset) -> bytes:
    sample.StudyInstanceUID, sample.SeriesInstanceUID, sample.SOPInstanceUID = STUDY, SERIES, OBJECT
    sample.PatientID, sample.AccessionNumber = PATIENT, ACCESSION
    file = io.BytesIO()
    corpus.save(sample, file)
    return file.getvalue()


def _zipped(template: bytes, numbers: range) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for number in numbers:
            archive.writestr(f"{number}.dcm", _numbered(template, number))
    return held.getvalue()


def _numbered(template: bytes, number: int) -> bytes:
    for mark in (STUDY, SERIES, OBJECT, ACCESSION):
        template = template.replace(mark.encode(), _with(mark, number))
    return template.replace(PATIENT.encode(), _with(PATIENT, number // fill.STUDIES_OF_PATIENT))


def _with(mark: str, number: int) -> bytes:
    head = mark.rstrip("0")
    return f"{head}{number:0{len(mark) - len(head)}}".encode()
