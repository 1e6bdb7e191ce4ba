"""The referring physician of a study and the body part of a series, to be asked for. Rows that are
there say nothing of either; the default is the database's, so no table is written anew.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("archive", "0246_letters_about_cases"),)
    operations = (
        migrations.AddField(
            "study",
            "referring_physician",
            models.CharField(blank=True, db_default="", max_length=324),
        ),
        migrations.AddField(
            "series", "body_part", models.CharField(blank=True, db_default="", max_length=16)
        ),
    )
