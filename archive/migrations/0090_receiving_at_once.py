"""One call to write an object that is nothing special: its row, or nothing.

The lock comes in a statement of its own, so that the next one sees what a registration has just
written; in a function that costs no round trip, and alone in its transaction no commit of its own.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION archive_add_instance(
    new_id uuid, its_environment text, its_study uuid, its_series uuid, uid text, sop_class text,
    transfer_syntax text, content text, number text, its_digest bytea, algorithm text, bytes bigint,
    its_store text, association uuid, received timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended(its_study::text, 0));
    INSERT INTO archive_instance (id, environment, study_id, series_id, sop_instance_uid,
        sop_class_uid, transfer_syntax_uid, content_type, instance_number, digest, digest_algorithm,
        size, store, association_id, received_at)
    SELECT new_id, its_environment, its_study, its_series, uid, sop_class, transfer_syntax, content,
        number, its_digest, algorithm, bytes, its_store, association, received
    WHERE EXISTS (SELECT FROM archive_study s WHERE s.id = its_study AND s.state = 'receiving')
        AND NOT EXISTS (SELECT FROM archive_rejectedobject r
            WHERE r.environment = its_environment AND r.sop_instance_uid = uid
            AND r.ended_at IS NULL AND r.instance_id IS NULL)
    ON CONFLICT (environment, sop_instance_uid) DO NOTHING;
    RETURN FOUND;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = (("archive", "0080_registry_messages"),)
    operations = (migrations.RunSQL(CREATE, "DROP FUNCTION archive_add_instance"),)
