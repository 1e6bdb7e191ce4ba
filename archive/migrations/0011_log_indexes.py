"""Indexes by which the logs are searched, and what guards the rows of retirement.

Each new partition gets the indexes by itself. Those of disclosures are partial, so that storing a study writes none
of them; their condition is what `archive.queries.disclosures` asks with, word for word.
"""

from django.db import migrations

GIVEN = "kind IN ('disclosure.given', 'disclosure.notified', 'data.used')"

CREATE = f"""
CREATE INDEX ledger_given ON archive_ledgerevent (environment, at, id) WHERE {GIVEN};
CREATE INDEX ledger_given_receiver ON archive_ledgerevent (environment, organisation_id, at, id) WHERE {GIVEN};
CREATE INDEX ledger_given_controller ON archive_ledgerevent (environment, (facts ->> 'controller'), at, id) WHERE {GIVEN};
CREATE INDEX ledger_given_user ON archive_ledgerevent (environment, (facts ->> 'user'), at, id) WHERE {GIVEN};
CREATE INDEX ledger_given_ground ON archive_ledgerevent (environment, (facts ->> 'ground'), at, id) WHERE {GIVEN};
CREATE INDEX ledger_kind ON archive_ledgerevent (kind, at, id);
CREATE INDEX ledger_organisation ON archive_ledgerevent (organisation_id, at, id) WHERE organisation_id IS NOT NULL;
CREATE INDEX ledger_person ON archive_ledgerevent (actor_id, at, id) WHERE actor_kind IN ('staff', 'customer');
CREATE INDEX ledger_seal_day ON archive_ledgerseal USING brin (sealed_at);

-- A row of retirement says where the chain begins: only the owner writes one, and nobody changes it.
CREATE FUNCTION archive_ledger_owner_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_has_role(current_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        RAISE EXCEPTION 'only the owner retires a part of the ledger'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER retired_owner_only BEFORE INSERT ON archive_ledgerretired
    FOR EACH ROW EXECUTE FUNCTION archive_ledger_owner_only();
CREATE TRIGGER retired_append_only BEFORE UPDATE OR DELETE ON archive_ledgerretired
    FOR EACH ROW EXECUTE FUNCTION archive_ledger_refuse();
CREATE TRIGGER retired_no_truncate BEFORE TRUNCATE ON archive_ledgerretired
    FOR EACH STATEMENT EXECUTE FUNCTION archive_ledger_refuse();
"""

DROP = """
DROP TRIGGER retired_owner_only ON archive_ledgerretired;
DROP TRIGGER retired_append_only ON archive_ledgerretired;
DROP TRIGGER retired_no_truncate ON archive_ledgerretired;
DROP FUNCTION archive_ledger_owner_only();
DROP INDEX ledger_given, ledger_given_receiver, ledger_given_controller, ledger_given_user, ledger_given_ground,
    ledger_kind, ledger_organisation, ledger_person, ledger_seal_day;
"""


class Migration(migrations.Migration):
    dependencies = (("archive", "0010_logs"),)
    operations = (migrations.RunSQL(CREATE, DROP),)
