"""When a case was given to its owner by somebody else, and as which error work failed last."""

from django.db import migrations, models


def _reason() -> "models.CharField[str, str]":
    return models.CharField(blank=True, db_default="", default="", max_length=40)


class Migration(migrations.Migration):
    dependencies = (("archive", "0242_one_key_of_an_object"),)
    operations = (
        migrations.AddField("case", "given_at", models.DateTimeField(blank=True, null=True)),
        migrations.AlterField(
            "casemail",
            "pace",
            models.CharField(
                choices=[
                    ("off", "no mail"),
                    ("given", "at once, but only of cases that somebody gives me"),
                    ("at_once", "at once"),
                    ("digest", "once a day"),
                ],
                default="off",
                max_length=10,
            ),
        ),
        migrations.AddField("job", "last_reason", _reason()),
        migrations.AddField("availabilitynotice", "last_reason", _reason()),
        migrations.AddField("webhookdelivery", "last_reason", _reason()),
        migrations.AddField("takeover", "last_reason", _reason()),
    )
