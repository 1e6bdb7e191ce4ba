from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("archive", "0200_damaged_and_rejected_in_takeovers"),)
    operations = (
        migrations.AlterField(
            "finding",
            "kind",
            models.CharField(
                max_length=24,
                choices=[
                    ("manifest-without-images", "manifest without its images"),
                    ("images-without-entry", "images without an entry in the registry"),
                    ("images-before-entry", "images before their examination note"),
                    ("row-without-bytes", "object whose bytes are missing"),
                    ("destroyed-yet-live", "destroyed study that is live in the registry"),
                    ("bytes-without-row", "stored bytes that no object names"),
                ],
            ),
        ),
    )
