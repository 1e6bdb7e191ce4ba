"""Authorisations are exchanged with the Patient Data Repository; orders are filled in step by step."""

import django.db.models.deletion
from django.db import migrations, models

import archive.values


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0040_persons_and_messages"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuthorisationDraft",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=archive.values.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "production"), ("test", "test")], max_length=10
                    ),
                ),
                ("values", models.JSONField(default=dict)),
                ("made_by", models.CharField(max_length=200)),
                ("changed_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="authorisation",
            name="changed_at",
            field=models.DateTimeField(default=archive.values.now),
        ),
        migrations.AddField(
            model_name="authorisation",
            name="delivered_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="authorisation",
            name="done_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="job",
            name="kind",
            field=models.CharField(
                choices=[
                    ("registration", "registration of a study"),
                    ("notice", "confirmation of registration (IAN)"),
                    ("commitment_report", "storage commitment report"),
                    ("authorisation_form", "authorisation to the Patient Data Repository"),
                    ("authorisation_letter", "mail about an authorisation"),
                ],
                max_length=24,
            ),
        ),
        migrations.AddIndex(
            model_name="authorisation",
            index=models.Index(
                condition=models.Q(("closed_at", None)),
                fields=["valid_until"],
                name="auth_running_out",
            ),
        ),
        migrations.AddField(
            model_name="authorisationdraft",
            name="patient",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="authorisation_drafts",
                to="archive.patient",
            ),
        ),
        migrations.AddField(
            model_name="authorisationdraft",
            name="register",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="authorisation_drafts",
                to="archive.register",
            ),
        ),
        migrations.AddIndex(
            model_name="authorisationdraft",
            index=models.Index(fields=["register", "environment"], name="auth_draft_register"),
        ),
    ]
