from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("archive", "0190_by_which_digest"),)
    operations = (
        migrations.AddField("takeover", "uncounted", models.PositiveIntegerField(default=0)),
        migrations.AlterField(
            "takeoverline",
            "outcome",
            models.CharField(
                max_length=14,
                choices=[
                    ("missing", "not stored"),
                    ("destroyed", "destroyed"),
                    ("damaged", "damaged"),
                    ("rejected", "rejected"),
                    ("fewer", "fewer objects"),
                    ("uncommitted", "not committed"),
                    ("unregistered", "not registered"),
                    ("here", "in order"),
                    ("repeated", "repeated in the list"),
                ],
                blank=True,
            ),
        ),
    )
