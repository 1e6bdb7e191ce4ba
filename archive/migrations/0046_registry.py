"""Folders, metadata versions, and associations as registry objects of their own."""

import django.db.models.deletion
from django.db import migrations, models

import archive.values


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0045_trust"),
    ]

    operations = [
        migrations.CreateModel(
            name="DocumentVersion",
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
                ("entry_uuid", models.CharField(max_length=64)),
                ("version", models.PositiveIntegerField()),
                ("metadata", models.JSONField(default=dict)),
                ("replaced_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Folder",
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
                ("entry_uuid", models.CharField(max_length=64)),
                ("unique_id", models.CharField(max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[("approved", "in force"), ("deprecated", "replaced")],
                        default="approved",
                        max_length=12,
                    ),
                ),
                ("updated_at", models.DateTimeField()),
                ("metadata", models.JSONField(default=dict)),
            ],
        ),
        migrations.AddField(
            model_name="document",
            name="version",
            field=models.PositiveIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="documentlink",
            name="entry_uuid",
            field=models.CharField(default="", max_length=64),
            preserve_default=False,  # 0047 gives each its own
        ),
        migrations.AddField(
            model_name="documentlink",
            name="slots",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="submission",
            name="patient",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submissions",
                to="archive.patient",
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="submission_time",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="connection",
            name="xds_role",
            field=models.CharField(
                blank=True,
                choices=[
                    ("consumer", "document consumer"),
                    ("pdr", "Patient Data Repository"),
                    ("operator", "operator’s own tools"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="documentlink",
            index=models.Index(fields=["environment", "source_uuid"], name="document_link_source"),
        ),
        migrations.AddField(
            model_name="documentversion",
            name="document",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="versions",
                to="archive.document",
            ),
        ),
        migrations.AddField(
            model_name="folder",
            name="patient",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="folders",
                to="archive.patient",
            ),
        ),
        migrations.AddField(
            model_name="folder",
            name="submission",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="folders",
                to="archive.submission",
            ),
        ),
        migrations.AddConstraint(
            model_name="documentversion",
            constraint=models.UniqueConstraint(
                fields=("environment", "entry_uuid"), name="document_version_entry_uuid"
            ),
        ),
        migrations.AddConstraint(
            model_name="folder",
            constraint=models.UniqueConstraint(
                fields=("environment", "entry_uuid"), name="folder_entry_uuid"
            ),
        ),
        migrations.AddConstraint(
            model_name="folder",
            constraint=models.UniqueConstraint(
                fields=("environment", "unique_id"), name="folder_unique_id"
            ),
        ),
    ]
