"""Cases that are worked on: owners, due times, routes, comments, batches, mails; search indexes."""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import archive.values


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0065_provided_documents"),
    ]

    operations = [
        migrations.CreateModel(
            name="Batch",
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
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("retry", "try again"),
                            ("redirect", "send to another system"),
                            ("ignore", "ignore"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("paused", "paused"),
                            ("cancelled", "cancelled"),
                            ("done", "ended"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("item_count", models.PositiveIntegerField(default=0)),
                ("made_at", models.DateTimeField()),
                ("made_by_name", models.CharField(max_length=200)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "batches",
            },
        ),
        migrations.CreateModel(
            name="BatchItem",
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
                ("place", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waits its turn"),
                            ("going", "being done"),
                            ("done", "went through"),
                            ("put_off", "done, and waits for what is missing"),
                            ("failed", "failed again"),
                            ("already", "had gone through already"),
                            ("impossible", "cannot be done again here"),
                            ("cancelled", "left undone"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("job_id", models.UUIDField(blank=True, null=True)),
                ("detail", models.CharField(blank=True, max_length=400)),
                ("at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="CaseComment",
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
                ("at", models.DateTimeField()),
                ("author_name", models.CharField(max_length=200)),
                ("is_customers", models.BooleanField(default=False)),
                ("is_shared", models.BooleanField(default=False)),
                ("text", models.TextField(max_length=2000)),
            ],
        ),
        migrations.CreateModel(
            name="CaseMail",
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
                    "pace",
                    models.CharField(
                        choices=[
                            ("off", "no mail"),
                            ("at_once", "at once"),
                            ("digest", "once a day"),
                        ],
                        default="off",
                        max_length=10,
                    ),
                ),
                ("digest_hour", models.PositiveSmallIntegerField(default=7)),
                ("quiet_from", models.PositiveSmallIntegerField(default=0)),
                ("quiet_until", models.PositiveSmallIntegerField(default=0)),
                ("told_until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="CaseRoute",
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
                ("fingerprint", models.CharField(max_length=64)),
                ("fact", models.CharField(blank=True, max_length=64)),
                ("value", models.CharField(blank=True, max_length=400)),
                ("leads_to", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=200)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SeverityRule",
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
                ("reason", models.CharField(blank=True, max_length=40)),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("critical", "critical"),
                            ("high", "high"),
                            ("normal", "normal"),
                            ("low", "low"),
                        ],
                        max_length=10,
                    ),
                ),
                ("valid_from", models.DateField()),
                ("source", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="SeverityTime",
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
                    "severity",
                    models.CharField(
                        choices=[
                            ("critical", "critical"),
                            ("high", "high"),
                            ("normal", "normal"),
                            ("low", "low"),
                        ],
                        max_length=10,
                    ),
                ),
                ("hours", models.PositiveIntegerField()),
                ("valid_from", models.DateField()),
                ("source", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.AddField(
            model_name="case",
            name="caller",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="case",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="handling",
            field=models.CharField(
                choices=[
                    ("new", "new"),
                    ("assigned", "assigned"),
                    ("waiting", "waits for the customer"),
                    ("recurring", "has come back"),
                ],
                default="new",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="opened_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="cases",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="resolution",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="case",
            name="severity",
            field=models.CharField(
                choices=[
                    ("critical", "critical"),
                    ("high", "high"),
                    ("normal", "normal"),
                    ("low", "low"),
                ],
                default="normal",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="watchers",
            field=models.ManyToManyField(
                blank=True, related_name="watched_cases", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="caseevent",
            name="mark",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="caseevent",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("open", "open"),
                    ("retried", "tried again"),
                    ("solved", "solved"),
                    ("ignored", "ignored"),
                ],
                default="open",
                max_length=8,
            ),
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
                    ("batch", "batch of the support desk"),
                    ("takeover_query", "query for a take-over"),
                    ("takeover_compare", "comparison of a take-over"),
                    ("retention_survey", "working out of retention"),
                    ("destruction", "destruction of studies"),
                    ("review_letter", "mail about a log review"),
                ],
                max_length=24,
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["fingerprint", "-last_at"], name="case_fingerprint"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["opened_at"], name="case_opened"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["resolved_at"], name="case_resolved"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["reason", "environment", "-last_at"], name="case_reason"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["code", "environment", "-last_at"], name="case_code"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["connection", "-last_at"], name="case_connection"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["caller", "-last_at"], name="case_caller"),
        ),
        migrations.AddIndex(
            model_name="caseevent",
            index=models.Index(
                condition=models.Q(("correlation_id__isnull", False)),
                fields=["correlation_id"],
                name="case_event_correlation",
            ),
        ),
        migrations.AddIndex(
            model_name="caseevent",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("detail", config="simple"),
                name="case_event_words",
            ),
        ),
        migrations.AddIndex(
            model_name="connection",
            index=models.Index(fields=["aet", "environment"], name="connection_title"),
        ),
        migrations.AddIndex(
            model_name="organisation",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector(
                    "name_fi", "name_sv", "name_en", config="simple"
                ),
                name="organisation_words",
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="case",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="archive.case",
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="connection",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to="archive.connection",
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="made_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batches",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="batchitem",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="items",
                to="archive.batch",
            ),
        ),
        migrations.AddField(
            model_name="batchitem",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="batch_items",
                to="archive.caseevent",
            ),
        ),
        migrations.AddField(
            model_name="casecomment",
            name="author",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="case_comments",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="casecomment",
            name="case",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="comments",
                to="archive.case",
            ),
        ),
        migrations.AddField(
            model_name="casemail",
            name="user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="case_mail",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="caseroute",
            name="into",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="routes_in",
                to="archive.case",
            ),
        ),
        migrations.AddField(
            model_name="caseroute",
            name="origin",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="routes",
                to="archive.case",
            ),
        ),
        migrations.AddConstraint(
            model_name="severityrule",
            constraint=models.UniqueConstraint(
                fields=("reason", "valid_from"), name="severity_identity"
            ),
        ),
        migrations.AddConstraint(
            model_name="severitytime",
            constraint=models.UniqueConstraint(
                fields=("severity", "valid_from"), name="severity_time_identity"
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(fields=["environment", "-made_at"], name="batch_newest"),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(fields=["case", "-made_at"], name="batch_of_case"),
        ),
        migrations.AddIndex(
            model_name="batchitem",
            index=models.Index(fields=["batch", "state", "place"], name="batch_item_next"),
        ),
        migrations.AddConstraint(
            model_name="batchitem",
            constraint=models.UniqueConstraint(fields=("batch", "place"), name="batch_item_place"),
        ),
        migrations.AddConstraint(
            model_name="batchitem",
            constraint=models.UniqueConstraint(fields=("batch", "event"), name="batch_item_event"),
        ),
        migrations.AddIndex(
            model_name="casecomment",
            index=models.Index(fields=["case", "at"], name="case_comment_order"),
        ),
        migrations.AddIndex(
            model_name="casecomment",
            index=models.Index(fields=["at"], name="case_comment_newest"),
        ),
        migrations.AddIndex(
            model_name="caseroute",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["leads_to"],
                name="case_route_leads_to",
            ),
        ),
        migrations.AddConstraint(
            model_name="caseroute",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("fingerprint", "fact", "value"),
                name="case_route_one_live",
            ),
        ),
    ]
