"""The index that a series with its study is found by, built while others read and write. One that a
broken-off start left half built is made again.
"""

from django.db import migrations

REMOVE = "DROP INDEX CONCURRENTLY IF EXISTS series_of_study"
BUILD = "CREATE UNIQUE INDEX CONCURRENTLY series_of_study ON archive_series (study_id, id)"


class Migration(migrations.Migration):
    atomic = False
    dependencies = (("archive", "0230_mails"),)
    operations = (migrations.RunSQL([REMOVE, BUILD], REMOVE),)
