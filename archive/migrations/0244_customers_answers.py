"""A case in which the customer has answered waits for the desk."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("archive", "0243_told_of_cases_and_errors"),)
    operations = (
        migrations.AlterField(
            "case",
            "handling",
            models.CharField(
                choices=[
                    ("new", "new"),
                    ("assigned", "assigned"),
                    ("waiting", "waits for the customer"),
                    ("answered", "customer has answered"),
                    ("recurring", "has come back"),
                ],
                default="new",
                max_length=10,
            ),
        ),
    )
