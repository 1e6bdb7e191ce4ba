"""An object's series is one of its study: one key of both columns instead of two keys that did not
know of each other. The rows that are there are looked through in the next step.
"""

from django.db import migrations, models

ADD = """
ALTER TABLE archive_series ADD CONSTRAINT series_of_study UNIQUE USING INDEX series_of_study;
ALTER TABLE archive_instance ADD CONSTRAINT instance_in_series
    FOREIGN KEY (study_id, series_id) REFERENCES archive_series (study_id, id)
    DEFERRABLE INITIALLY DEFERRED NOT VALID;
"""
# The index would go with its constraint; the step before takes it away where nobody has to wait.
REMOVE = """
ALTER TABLE archive_instance DROP CONSTRAINT instance_in_series;
ALTER TABLE archive_series DROP CONSTRAINT series_of_study;
"""


class Migration(migrations.Migration):
    dependencies = (("archive", "0240_series_of_study"),)
    operations = (
        migrations.RunSQL(
            ADD,
            REMOVE,
            state_operations=(
                migrations.AddConstraint(
                    "series",
                    models.UniqueConstraint(fields=("study", "id"), name="series_of_study"),
                ),
            ),
        ),
    )
