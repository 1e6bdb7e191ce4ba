"""What was registered before gets what its objects have now: ids of associations, memberships of
submission sets as rows, and the patient and time of submission sets.
"""

from contextlib import suppress

from django.db import migrations, models

from archive.objects.registry import parse_time

LINKS = """
UPDATE archive_documentlink SET entry_uuid = 'urn:uuid:' || gen_random_uuid();
INSERT INTO archive_documentlink (id, environment, entry_uuid, kind, source_uuid, target_uuid, slots)
SELECT gen_random_uuid(), d.environment, 'urn:uuid:' || gen_random_uuid(), 'HasMember',
       s.entry_uuid, d.entry_uuid, '[["SubmissionSetStatus", ["Original"]]]'
FROM archive_document d JOIN archive_submission s ON s.id = d.submission_id
ON CONFLICT DO NOTHING;
"""


def tell_sets(apps, schema_editor):
    submissions = apps.get_model("archive", "Submission")
    documents = apps.get_model("archive", "Document")
    for row in submissions.objects.using(schema_editor.connection.alias).iterator():
        held = documents.objects.using(schema_editor.connection.alias).filter(submission=row)
        row.patient_id = held.values_list("patient_id", flat=True).first()
        with suppress(ValueError):
            row.submission_time = parse_time(row.metadata.get("submission_time", ""))
        row.save(update_fields=["patient_id", "submission_time"])


class Migration(migrations.Migration):
    dependencies = [("archive", "0046_registry")]

    operations = [
        migrations.RunSQL(LINKS, migrations.RunSQL.noop),
        migrations.RunPython(tell_sets, migrations.RunPython.noop),
        # Checks that wait for the end of the transaction would forbid what follows.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="documentlink",
            constraint=models.UniqueConstraint(
                fields=("environment", "entry_uuid"), name="document_link_entry_uuid"
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(
                fields=("environment", "entry_uuid"), name="submission_entry_uuid"
            ),
        ),
    ]
