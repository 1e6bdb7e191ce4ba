"""The index of patients' names in one form of Unicode, so that an ä is found however it is written
down. Nothing that is kept changes. It is built while others read and write; one that a broken-off
start left half built is made again, and the one before stays until it is there.
"""

from django.db import migrations

# As queries.finding.folded_name; the operator class serves prefixes in any locale.
REMOVE = "DROP INDEX CONCURRENTLY IF EXISTS patient_composed_name"
BUILD = """
CREATE INDEX CONCURRENTLY patient_composed_name ON archive_patient
    (environment, (rtrim(split_part(lower(normalize(name)), '=', 1), '^ ')) text_pattern_ops)
"""
REMOVE_BEFORE = "DROP INDEX CONCURRENTLY IF EXISTS patient_folded_name"
BUILD_BEFORE = """
CREATE INDEX CONCURRENTLY patient_folded_name ON archive_patient
    (environment, (rtrim(split_part(lower(name), '=', 1), '^ ')) text_pattern_ops)
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = (("archive", "0250_physicians_and_body_parts"),)
    operations = (
        migrations.RunSQL([REMOVE, BUILD, REMOVE_BEFORE], [REMOVE_BEFORE, BUILD_BEFORE, REMOVE]),
    )
