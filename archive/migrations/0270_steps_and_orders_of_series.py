"""The performed step of a series and the orders it answers, to be asked for. Rows that are there say
nothing of either; the defaults are the database's, so no table is written anew.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("archive", "0260_indexes_once"),)
    operations = (
        migrations.AddField(
            "series", "step_date", models.CharField(blank=True, db_default="", max_length=16)
        ),
        migrations.AddField(
            "series", "step_time", models.CharField(blank=True, db_default="", max_length=16)
        ),
        migrations.AddField("series", "requests", models.JSONField(blank=True, null=True)),
    )
