"""An archive as it is after years: rows of so many studies, written by SQL, not over DICOM.

Each study has a series, two objects, its documents and its ledger events; four make a patient, of
the 900 series. The bytes of the objects are not there: nothing that is measured reads them.
"""

from collections.abc import Callable

import psycopg
from psycopg import sql

CHUNK = 10_000
MARK = "BENCH"  # StudyID (0020,0010) of what is filled in
STUDIES_OF_PATIENT = 4

# Number n becomes ids, UIDs and times; ids are ordered by time, UIDs are scattered, as real ones.
_STUDY = """
CREATE TEMP TABLE IF NOT EXISTS filled (n bigint, at timestamptz, id uuid, patient_id uuid,
    register_id uuid, organisation_id uuid, connection_id uuid, uid text, accession text,
    kind int, state text) ON COMMIT DELETE ROWS;
WITH places AS (
    SELECT row_number() OVER (ORDER BY c.aet) - 1 AS place, r.id AS register_id,
        r.organisation_id, c.id AS connection_id, count(*) OVER () AS many
    FROM archive_connection c JOIN archive_register r
        ON r.organisation_id = c.organisation_id AND r.is_default
    WHERE c.kind = 'dicom' AND c.environment = 'production'
), numbers AS (
    SELECT n, now() - interval '700 days' * (1 - n::float / {total}) - interval '1 day' AS at
    FROM generate_series({first}::bigint, {last}::bigint) n
)
INSERT INTO filled
SELECT n, at, {id_study}, {id_patient}, register_id, organisation_id, connection_id,
    '2.25.' || ('x' || substr(md5('u' || n), 1, 15))::bit(60)::bigint || n, 'F' || n,
    n % 5, CASE n % 50 WHEN 0 THEN 'waiting_for_documents' ELSE 'registered' END
FROM numbers JOIN places ON place = n % many;
"""
_PATIENTS = """
WITH born AS (
    SELECT p, date '1930-01-01' + (p % 30000)::int AS day, 950 + p / 30000 AS number
    FROM generate_series({first} / {share}, {last} / {share}) p
), coded AS (
    SELECT *, to_char(day, 'DDMMYY') || CASE WHEN day < '2000-01-01' THEN '-' ELSE 'A' END
        || number || substr('0123456789ABCDEFHJKLMNPRSTUVWXY',
            1 + ((to_char(day, 'DDMMYY') || number)::bigint % 31)::int, 1) AS code
    FROM born
)
INSERT INTO archive_patient (id, environment, identifier, issuer, name, birth_date, sex,
    death_source)
SELECT md5('p' || p)::uuid, 'production', code, {issuer},
    (ARRAY['Testinen','Kuvanen','Esimerkki','Malli','Koe'])[1 + p % 5] || p || '^'
    || (ARRAY['Aino','Eino','Venla','Matti'])[1 + p / 5 % 4],
    to_char(day, 'YYYYMMDD'), (ARRAY['F','M'])[1 + number % 2], ''
FROM coded ON CONFLICT DO NOTHING;
"""
_ROWS = """
INSERT INTO archive_study (id, environment, register_id, patient_id, connection_id,
    study_instance_uid, service_event, accession_number, study_code, description, study_id,
    study_date, study_time, timezone_offset, started_at, modalities, state, waits_for,
    instance_count, byte_count, received_at, quiet_since, committed_at, registered_at)
SELECT id, 'production', register_id, patient_id, connection_id, uid, '', accession,
    (ARRAY['AA1AD','JN3AD','GD1AA','JN3AE','AA1BG'])[1 + kind],
    (ARRAY['AA1AD Pään TT','JN3AD Vatsan TT','GD1AA Keuhkojen (thorax) röntgen',
        'JN3AE Vatsan ultraääni','AA1BG Pään laaja MT'])[1 + kind],
    {mark}, to_char(at, 'YYYYMMDD'), to_char(at, 'HH24MISS'), '', at,
    ARRAY[(ARRAY['CT','CT','CR','US','MR'])[1 + kind]]::varchar[], state,
    CASE state WHEN 'registered' THEN '' ELSE 'request' END, 2, 1048576, at, at, at,
    CASE state WHEN 'registered' THEN at END
FROM filled;
INSERT INTO archive_series (id, environment, study_id, series_instance_uid, modality,
    series_number, description)
SELECT {id_series}, 'production', id, uid || '.1',
    (ARRAY['CT','CT','CR','US','MR'])[1 + kind], '1', 'Aksiaali'
FROM filled;
INSERT INTO archive_instance (id, environment, study_id, series_id, sop_instance_uid,
    sop_class_uid, transfer_syntax_uid, content_type, instance_number, digest, digest_algorithm,
    size, association_id, received_at, committed_at)
SELECT {id_instance}, 'production', id, {id_series}, uid || '.1.' || i,
    '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', 'image', i::text,
    sha256((uid || i)::bytea), 'sha256', 524288, id, at, at
FROM filled, generate_series(1, 2) i;
INSERT INTO archive_document (id, environment, entry_uuid, unique_id, kind, status, patient_id,
    register_id, study_id, accession_number, study_instance_uid, service_event,
    repository_unique_id, mime_type, hash, size, metadata, version, vault_key, registered_at)
SELECT {id_document}, 'production', 'urn:uuid:' || {id_document}, uid || '.2.' || kinds.place,
    kinds.name, 'approved', patient_id, register_id,
    CASE kinds.name WHEN 'manifest' THEN id END, accession, uid, '', '1.2.246.10.1',
    'text/xml', repeat('0', 40), 1000, '{{}}', 1, '', at
FROM filled, (VALUES (1, 'study-entry'), (2, 'request'), (3, 'manifest')) kinds (place, name)
WHERE kinds.place = 1 OR state = 'registered';
INSERT INTO archive_ledgerevent (at, id, kind, environment, actor_kind, actor_id, actor_name,
    organisation_id, subject_id, study_id, facts)
SELECT at, {id_event}, kinds.name, 'production', 'connection', connection_id, 'filled',
    organisation_id, id, id, '{{"instances": 2, "bytes": 1048576, "calling": "FILLED"}}'
FROM filled, (VALUES (1, 'study.stored'), (2, 'study.registered')) kinds (place, name)
WHERE kinds.place = 1 OR state = 'registered';
"""


def _id(kind: str, number: str = "n") -> sql.SQL:
    """A UUID whose first 48 bits are the time, as RFC 9562 version 7 has it."""
    stamp = "lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0')"
    text = f"md5('{kind}' || {number})"
    return sql.SQL(f"overlay(overlay({text} placing {stamp} from 1) placing '7' from 13)::uuid")


_NAMES = {
    "mark": sql.Literal(MARK),
    "share": sql.Literal(STUDIES_OF_PATIENT),
    "id_study": _id("s"),
    "id_patient": sql.SQL(f"md5('p' || n / {STUDIES_OF_PATIENT})::uuid"),
    "id_series": _id("e"),
    "id_instance": _id("i", "n || '.' || i"),
    "id_document": _id("d", "n || '.' || kinds.place"),
    "id_event": _id("l", "n || '.' || kinds.place"),
}


def held(connection: psycopg.Connection) -> int:
    return _number(connection, "SELECT count(*) FROM archive_study WHERE study_id = %s", MARK)


def fill(
    connection: psycopg.Connection, total: int, issuer: str, say: Callable[[int], None]
) -> None:
    """Up to so many studies, some of each customer's; goes on where an earlier one ended."""
    connection.execute("SET synchronous_commit = off")
    done = held(connection)
    while done < total:
        last = min(done + CHUNK, total)
        names = {
            **_NAMES,
            "first": sql.Literal(done + 1),
            "last": sql.Literal(last),
            "total": sql.Literal(total),
            "issuer": sql.Literal(issuer),
        }
        with connection.transaction():
            for statements in (_STUDY, _PATIENTS, _ROWS):
                whole = sql.SQL(statements).format(**names)
                connection.execute(whole.as_string(connection).encode())
        done = last
        say(done)


def unsealed(connection: psycopg.Connection) -> int:
    """Ledger events that the chain does not hold yet."""
    return _number(
        connection,
        "SELECT (SELECT count(*) FROM archive_ledgerevent)"
        " - (SELECT count(*) FROM archive_ledgerseal)",
    )


def _number(connection: psycopg.Connection, query: str, *values: object) -> int:
    row = connection.execute(query.encode(), values).fetchone()
    assert row is not None
    return int(row[0])
