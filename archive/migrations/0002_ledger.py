"""The ledger: partitioned by month, append-only by trigger, chained by seals; and the numbers of cases."""

from django.db import migrations, models

CREATE = """
CREATE TABLE archive_ledgerevent (
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    kind varchar(40) NOT NULL,
    environment varchar(10) NOT NULL,
    actor_kind varchar(16) NOT NULL,
    actor_id uuid,
    actor_name varchar(200) NOT NULL,
    organisation_id uuid,
    subject_id uuid,
    study_id uuid,
    patient_id uuid,
    correlation_id uuid,
    facts jsonb NOT NULL,
    -- The writer's transaction: a seal takes only what lies below the oldest running one.
    txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX ledger_study ON archive_ledgerevent (study_id, at) WHERE study_id IS NOT NULL;
CREATE INDEX ledger_subject ON archive_ledgerevent (subject_id, at) WHERE subject_id IS NOT NULL;
CREATE INDEX ledger_patient ON archive_ledgerevent (patient_id, at) WHERE patient_id IS NOT NULL;
CREATE INDEX ledger_correlation ON archive_ledgerevent (correlation_id) WHERE correlation_id IS NOT NULL;
CREATE INDEX ledger_txid ON archive_ledgerevent (txid);

CREATE TABLE archive_ledgerseal (
    position bigint PRIMARY KEY,
    event_at timestamptz NOT NULL,
    event_id uuid NOT NULL,
    digest bytea NOT NULL,
    sealed_at timestamptz NOT NULL,
    -- Every event below this transaction is sealed at or before this position.
    upto xid8 NOT NULL,
    UNIQUE (event_id)
);

CREATE FUNCTION archive_ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % refused on %', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON archive_ledgerevent
    FOR EACH ROW EXECUTE FUNCTION archive_ledger_refuse();
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON archive_ledgerevent
    FOR EACH STATEMENT EXECUTE FUNCTION archive_ledger_refuse();
CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE ON archive_ledgerseal
    FOR EACH ROW EXECUTE FUNCTION archive_ledger_refuse();
CREATE TRIGGER seal_no_truncate BEFORE TRUNCATE ON archive_ledgerseal
    FOR EACH STATEMENT EXECUTE FUNCTION archive_ledger_refuse();

CREATE TABLE archive_ledgerevent_other PARTITION OF archive_ledgerevent DEFAULT;
CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON archive_ledgerevent_other
    FOR EACH STATEMENT EXECUTE FUNCTION archive_ledger_refuse();

-- Runs as the owner, so that the application's role makes next month's partition and owns nothing.
CREATE FUNCTION archive_ledger_partition(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first date := date_trunc('month', month)::date;
    name text := 'archive_ledgerevent_' || to_char(first, 'YYYYMM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('archive_ledger_partition'));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE %I PARTITION OF archive_ledgerevent FOR VALUES FROM (%L) TO (%L)',
        name, first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month')::timestamp AT TIME ZONE 'UTC');
    EXECUTE format(
        'CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON %I '
        'FOR EACH STATEMENT EXECUTE FUNCTION archive_ledger_refuse()', name);
    RETURN true;
END $$;

SELECT archive_ledger_partition((date_trunc('month', now()) + make_interval(months => n))::date)
    FROM generate_series(0, 3) AS n;

CREATE SEQUENCE archive_case_number START 1001;
"""

DROP = """
DROP SEQUENCE archive_case_number;
DROP FUNCTION archive_ledger_partition(date);
DROP TABLE archive_ledgerevent;
DROP TABLE archive_ledgerseal;
DROP FUNCTION archive_ledger_refuse();
"""


class Migration(migrations.Migration):
    dependencies = (("archive", "0001_initial"),)
    operations = (
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(CREATE, DROP)],
            state_operations=[
                migrations.CreateModel(
                    name="LedgerEvent",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "at",
                                "id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("id", models.UUIDField()),
                        ("kind", models.CharField(max_length=40)),
                        (
                            "environment",
                            models.CharField(
                                blank=True,
                                choices=[("production", "production"), ("test", "test")],
                                max_length=10,
                            ),
                        ),
                        ("actor_kind", models.CharField(max_length=16)),
                        ("actor_id", models.UUIDField(null=True)),
                        ("actor_name", models.CharField(max_length=200)),
                        ("organisation_id", models.UUIDField(null=True)),
                        ("subject_id", models.UUIDField(null=True)),
                        ("study_id", models.UUIDField(null=True)),
                        ("patient_id", models.UUIDField(null=True)),
                        ("correlation_id", models.UUIDField(null=True)),
                        ("facts", models.JSONField()),
                    ],
                    options={"db_table": "archive_ledgerevent"},
                ),
                migrations.CreateModel(
                    name="LedgerSeal",
                    fields=[
                        ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("event_at", models.DateTimeField()),
                        ("event_id", models.UUIDField()),
                        ("digest", models.BinaryField(max_length=32)),
                        ("sealed_at", models.DateTimeField()),
                    ],
                    options={"db_table": "archive_ledgerseal"},
                ),
            ],
        ),
    )
