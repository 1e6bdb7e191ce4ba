"""Rules, holds and surveys of retention; lists of destruction; the day a patient died."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import archive.values


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0051_review_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="DestructionItem",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("listed", "listed"),
                            ("spared", "spared"),
                            ("condemned", "bytes are being removed"),
                            ("destroyed", "destroyed"),
                        ],
                        default="listed",
                        max_length=10,
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("death", "the patient’s death"),
                            ("birth", "the patient’s birth"),
                            ("study", "the study"),
                        ],
                        max_length=5,
                    ),
                ),
                ("basis_on", models.DateField()),
                ("ends_on", models.DateField()),
                (
                    "spared",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("held", "a retention hold is in force"),
                            ("not-expired", "its retention has not ended"),
                            ("permanent", "it is kept permanently"),
                            ("uncommitted", "not all of it is committed"),
                            ("unsettled", "objects are coming in, or it is being registered"),
                            ("refused", "the list was refused"),
                            ("stopped", "the list was stopped for good"),
                        ],
                        max_length=12,
                    ),
                ),
                ("study_instance_uid", models.CharField(max_length=64)),
                ("controller_oid", models.CharField(max_length=64)),
                ("instances", models.PositiveIntegerField(default=0)),
                ("bytes", models.BigIntegerField(default=0)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="DestructionList",
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
                ("number", models.PositiveIntegerField(unique=True)),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "production"), ("test", "test")], max_length=10
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "waits for a second person"),
                            ("refused", "refused"),
                            ("running", "being carried out"),
                            ("stopped", "stopped"),
                            ("done", "carried out"),
                        ],
                        default="proposed",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("certificate", models.TextField(blank=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="RetentionHold",
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
                ("reason", models.CharField(max_length=200)),
                ("placed_by", models.CharField(max_length=200)),
                ("placed_at", models.DateTimeField()),
                ("until", models.DateField(blank=True, null=True)),
                ("released_at", models.DateTimeField(blank=True, null=True)),
                ("released_by", models.CharField(blank=True, max_length=200)),
                ("release_reason", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="RetentionRule",
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
                ("name_fi", models.CharField(max_length=200)),
                ("name_sv", models.CharField(max_length=200)),
                ("name_en", models.CharField(max_length=200)),
                (
                    "content_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "register_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=1),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "birth_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("death", "the patient’s death"),
                            ("birth", "the patient’s birth"),
                            ("study", "the study"),
                        ],
                        max_length=5,
                    ),
                ),
                ("years", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("permanent", models.BooleanField(default=False)),
                ("priority", models.PositiveSmallIntegerField(default=0)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("source", models.CharField(max_length=200)),
                ("verified", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ("-permanent", "-priority", "name_fi", "valid_from"),
            },
        ),
        migrations.CreateModel(
            name="RetentionSurvey",
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
                ("began_at", models.DateTimeField()),
                ("after", models.UUIDField(blank=True, null=True)),
                ("studies", models.PositiveIntegerField(default=0)),
                ("figures", models.JSONField(blank=True, default=dict)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="StudyRetention",
            fields=[
                (
                    "study",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="retention",
                        serialize=False,
                        to="archive.study",
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        choices=[("production", "production"), ("test", "test")], max_length=10
                    ),
                ),
                ("ends_on", models.DateField(blank=True, null=True)),
                (
                    "basis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("death", "the patient’s death"),
                            ("birth", "the patient’s birth"),
                            ("study", "the study"),
                        ],
                        max_length=5,
                    ),
                ),
                ("basis_on", models.DateField(blank=True, null=True)),
                ("permanent", models.BooleanField(default=False)),
                ("committed", models.BooleanField(default=False)),
                ("worked_out_at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "study retentions",
            },
        ),
        migrations.AddField(
            model_name="patient",
            name="death_date",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="patient",
            name="death_source",
            field=models.CharField(
                blank=True,
                choices=[("message", "HL7 message"), ("archivist", "archivist")],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="patienthistory",
            name="death_date",
            field=models.DateField(blank=True, null=True),
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
                    ("retention_survey", "working out of retention"),
                    ("destruction", "destruction of studies"),
                    ("review_letter", "mail about a log review"),
                ],
                max_length=24,
            ),
        ),
        migrations.AddField(
            model_name="destructionitem",
            name="study",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="destructions",
                to="archive.study",
            ),
        ),
        migrations.AddField(
            model_name="destructionlist",
            name="approved_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="destructions_approved",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="destructionlist",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="destructions_proposed",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="destructionitem",
            name="list",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="archive.destructionlist",
            ),
        ),
        migrations.AddField(
            model_name="retentionhold",
            name="patient",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="retention_holds",
                to="archive.patient",
            ),
        ),
        migrations.AddField(
            model_name="retentionhold",
            name="study",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="retention_holds",
                to="archive.study",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("basis", ""), ("permanent", True), ("years", None)),
                    models.Q(
                        ("permanent", False),
                        ("years__isnull", False),
                        models.Q(("basis", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="retention_rule_is_a_period_or_for_ever",
            ),
        ),
        migrations.AddField(
            model_name="destructionitem",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="archive.retentionrule",
            ),
        ),
        migrations.AddIndex(
            model_name="retentionsurvey",
            index=models.Index(fields=["environment", "-began_at"], name="survey_newest"),
        ),
        migrations.AddConstraint(
            model_name="retentionsurvey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)),
                fields=("environment",),
                name="survey_one_open",
            ),
        ),
        migrations.AddField(
            model_name="studyretention",
            name="rule",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="studies",
                to="archive.retentionrule",
            ),
        ),
        migrations.AddIndex(
            model_name="destructionlist",
            index=models.Index(fields=["environment", "-number"], name="destruction_newest"),
        ),
        migrations.AddIndex(
            model_name="retentionhold",
            index=models.Index(fields=["environment", "-placed_at", "-id"], name="hold_newest"),
        ),
        migrations.AddIndex(
            model_name="retentionhold",
            index=models.Index(
                condition=models.Q(("released_at", None)), fields=["study"], name="hold_of_study"
            ),
        ),
        migrations.AddIndex(
            model_name="retentionhold",
            index=models.Index(
                condition=models.Q(("released_at", None)),
                fields=["patient"],
                name="hold_of_patient",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("patient__isnull", False), ("study", None)),
                    models.Q(("patient", None), ("study__isnull", False)),
                    _connector="OR",
                ),
                name="retention_hold_of_one",
            ),
        ),
        migrations.AddIndex(
            model_name="destructionitem",
            index=models.Index(fields=["list", "id"], name="destruction_items"),
        ),
        migrations.AddIndex(
            model_name="destructionitem",
            index=models.Index(
                condition=models.Q(("state__in", ("listed", "condemned"))),
                fields=["list"],
                name="destruction_left",
            ),
        ),
        migrations.AddConstraint(
            model_name="destructionitem",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("listed", "condemned", "destroyed"))),
                fields=("study",),
                name="destruction_one_list_a_study",
            ),
        ),
        migrations.AddIndex(
            model_name="studyretention",
            index=models.Index(
                condition=models.Q(("committed", True), ("permanent", False)),
                fields=["environment", "ends_on", "study"],
                name="retention_ending",
            ),
        ),
        migrations.RunSQL(
            "CREATE SEQUENCE archive_destruction_number START 1;",
            "DROP SEQUENCE archive_destruction_number;",
        ),
    ]
