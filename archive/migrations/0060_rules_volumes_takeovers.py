"""Where the sources of the law differ, lists of codes, volumes by day, take-over of local archives."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import archive.values


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0056_retention_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="CodeImport",
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
                ("file_name", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.TextField()),
                ("is_whole", models.BooleanField(default=False)),
                ("last_day", models.DateField(blank=True, null=True)),
                ("made_by", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.JSONField(blank=True, default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="Takeover",
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
                ("name", models.CharField(max_length=200)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("list", "list as a file"),
                            ("query", "query to the customer’s system"),
                        ],
                        max_length=8,
                    ),
                ),
                ("first_day", models.DateField(blank=True, null=True)),
                ("last_day", models.DateField(blank=True, null=True)),
                ("asked_until", models.DateField(blank=True, null=True)),
                ("span_days", models.PositiveIntegerField(default=7)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asking", "asking"),
                            ("comparing", "comparing"),
                            ("compared", "compared"),
                            ("failed", "failed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("listed", models.PositiveIntegerField(default=0)),
                ("faulty", models.PositiveIntegerField(default=0)),
                ("faults", models.JSONField(blank=True, default=list)),
                ("compared", models.PositiveIntegerField(default=0)),
                ("compared_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.JSONField(blank=True, default=dict)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("error", models.CharField(blank=True, max_length=200)),
                ("made_by", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="TakeoverLine",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("study_instance_uid", models.CharField(blank=True, max_length=64)),
                ("accession_number", models.CharField(blank=True, max_length=64)),
                ("study_date", models.DateField(blank=True, null=True)),
                ("instances", models.PositiveIntegerField(blank=True, null=True)),
                ("held", models.PositiveIntegerField(default=0)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("missing", "not stored"),
                            ("destroyed", "destroyed"),
                            ("fewer", "fewer objects"),
                            ("uncommitted", "not committed"),
                            ("unregistered", "not registered"),
                            ("here", "in order"),
                            ("repeated", "repeated in the list"),
                        ],
                        max_length=14,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VolumeDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "production"), ("test", "test")], max_length=10
                    ),
                ),
                ("content_type", models.CharField(max_length=32)),
                ("day", models.DateField()),
                ("studies", models.PositiveIntegerField(default=0)),
                ("instances", models.PositiveBigIntegerField(default=0)),
                ("bytes", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="studycodeentry",
            name="study_code_identity",
        ),
        migrations.AddField(
            model_name="contentpolicy",
            name="contradiction",
            field=models.TextField(blank=True),
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
                    ("correction", "correction of a study"),
                    ("takeover_query", "query for a take-over"),
                    ("takeover_compare", "comparison of a take-over"),
                    ("retention_survey", "working out of retention"),
                    ("destruction", "destruction of studies"),
                    ("review_letter", "mail about a log review"),
                ],
                max_length=24,
            ),
        ),
        migrations.AddConstraint(
            model_name="studycodeentry",
            constraint=models.UniqueConstraint(
                fields=("system_oid", "code", "valid_from"), name="study_code_identity"
            ),
        ),
        migrations.AddField(
            model_name="takeover",
            name="connection",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="archive.connection",
            ),
        ),
        migrations.AddField(
            model_name="takeover",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="takeovers",
                to="archive.organisation",
            ),
        ),
        migrations.AddField(
            model_name="takeoverline",
            name="takeover",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="archive.takeover",
            ),
        ),
        migrations.AddField(
            model_name="volumeday",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="volumes",
                to="archive.organisation",
            ),
        ),
        migrations.AddIndex(
            model_name="takeover",
            index=models.Index(fields=["environment", "-made_at", "-id"], name="takeover_newest"),
        ),
        migrations.AddIndex(
            model_name="takeoverline",
            index=models.Index(
                condition=models.Q(("outcome", "here"), _negated=True),
                fields=["takeover", "outcome", "number"],
                name="takeover_lacking",
            ),
        ),
        migrations.AddIndex(
            model_name="takeoverline",
            index=models.Index(fields=["takeover", "study_instance_uid"], name="takeover_line_uid"),
        ),
        migrations.AddConstraint(
            model_name="takeoverline",
            constraint=models.UniqueConstraint(fields=("takeover", "number"), name="takeover_line"),
        ),
        migrations.AddIndex(
            model_name="instance",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["received_at"], name="instance_received"
            ),
        ),
        migrations.AddConstraint(
            model_name="volumeday",
            constraint=models.UniqueConstraint(
                fields=("environment", "organisation", "content_type", "day"), name="volume_day"
            ),
        ),
    ]
