"""Two indexes were there twice: the one that each key to another table has, and one more of the same
column. Taken away where nobody has to wait.
"""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = (("archive", "0251_names_in_one_form"),)
    operations = (
        RemoveIndexConcurrently("authorisation", "auth_patient"),
        RemoveIndexConcurrently("watchedperson", "watched_patient"),
    )
