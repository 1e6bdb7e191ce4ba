"""The mails that are owed to people of customers and of the operator. It needs no kind of work, and
so nothing of the archive after what the earlier ones need.
"""

import django.db.models.deletion
from django.db import migrations, models

import archive.values


class Migration(migrations.Migration):
    dependencies = (("onboarding", "0051_planned_certificates_known"),)
    operations = (
        migrations.CreateModel(
            "OutgoingMail",
            [
                (
                    "id",
                    models.UUIDField(
                        default=archive.values.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("address", models.EmailField(max_length=254)),
                ("language", models.CharField(max_length=5)),
                ("subject", models.TextField()),
                ("body", models.TextField(blank=True)),
                ("made_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("given_up_at", models.DateTimeField(blank=True, null=True)),
                (
                    "invitation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mails",
                        to="onboarding.invitation",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="mails",
                        to="archive.organisation",
                    ),
                ),
            ],
            options={
                "constraints": (
                    models.CheckConstraint(
                        condition=models.Q(
                            ("body", ""),
                            models.Q(("given_up_at", None), ("sent_at", None)),
                            _connector="OR",
                        ),
                        name="mail_ended_has_no_body",
                    ),
                ),
            },
        ),
    )
