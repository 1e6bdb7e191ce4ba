"""Study rows go into the index of modalities at once: a list of rows that wait to be sorted in would
be read whole by each search, for a modality that is not even there.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

AT_ONCE = """
ALTER INDEX study_by_modality SET (fastupdate = off);
SELECT gin_clean_pending_list('study_by_modality');
"""
LATER = "ALTER INDEX study_by_modality RESET (fastupdate)"


class Migration(migrations.Migration):
    dependencies = (("archive", "0170_alarm_rules_tell_roles"),)
    operations = (
        migrations.SeparateDatabaseAndState(  # nothing is built anew
            database_operations=(migrations.RunSQL(AT_ONCE, LATER),),
            state_operations=(
                migrations.RemoveIndex("study", "study_by_modality"),
                migrations.AddIndex(
                    "study",
                    GinIndex(fields=("modalities",), fastupdate=False, name="study_by_modality"),
                ),
            ),
        ),
    )
