from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("archive", "0210_destroyed_yet_live"),)
    operations = (
        migrations.AddField(
            "round", "destroyed_again", models.PositiveIntegerField(default=0, db_default=0)
        ),
    )
