"""Indexes by which customers' systems ask: patients by id and name, studies by patient and day."""

from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Replace

# As queries.finding.folded_name; the operator class serves prefixes in any locale.
FOLDED_NAME = """
CREATE INDEX patient_folded_name ON archive_patient
    (environment, (rtrim(split_part(lower(name), '=', 1), '^ ')) text_pattern_ops)
"""


class Migration(migrations.Migration):
    dependencies = (("archive", "0036_correction_reference"),)
    operations = (
        migrations.AddIndex(
            model_name="patient",
            index=models.Index(
                fields=["environment", "identifier"],
                name="patient_identifier",
                opclasses=("varchar_ops", "varchar_pattern_ops"),
            ),
        ),
        migrations.AddIndex(
            model_name="study",
            index=models.Index(
                fields=["environment", "register", "patient"], name="study_by_patient"
            ),
        ),
        migrations.AddIndex(
            model_name="study",
            index=models.Index(
                F("environment"),
                F("register"),
                Replace(F("study_date"), Value("."), Value("")),
                name="study_by_day",
            ),
        ),
        migrations.RunSQL(FOLDED_NAME, "DROP INDEX patient_folded_name"),
    )
