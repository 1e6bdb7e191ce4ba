"""The tables of `archive.models.retention`, as they are after 0220."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="RetentionRule",
        fields=[
            key(),
            ("name_fi", models.CharField(max_length=200)),
            ("name_sv", models.CharField(max_length=200)),
            ("name_en", models.CharField(max_length=200)),
            (
                "content_types",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=32), blank=True, default=list, size=None
                ),
            ),
            (
                "register_types",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=1), blank=True, default=list, size=None
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
            "constraints": [
                models.CheckConstraint(
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
                )
            ],
        },
    ),
    CreateModel(
        name="RetentionHold",
        fields=[
            key(),
            environment(),
            (
                "study",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="retention_holds",
                    to="archive.study",
                ),
            ),
            (
                "patient",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="retention_holds",
                    to="archive.patient",
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
        options={
            "indexes": [
                models.Index(fields=["environment", "-placed_at", "-id"], name="hold_newest"),
                models.Index(
                    condition=models.Q(("released_at", None)),
                    fields=["study"],
                    name="hold_of_study",
                ),
                models.Index(
                    condition=models.Q(("released_at", None)),
                    fields=["patient"],
                    name="hold_of_patient",
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("patient__isnull", False), ("study", None)),
                        models.Q(("patient", None), ("study__isnull", False)),
                        _connector="OR",
                    ),
                    name="retention_hold_of_one",
                )
            ],
        },
    ),
    CreateModel(
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
            environment(),
            ("ends_on", models.DateField(blank=True, null=True)),
            (
                "rule",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="studies",
                    to="archive.retentionrule",
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
            ("basis_on", models.DateField(blank=True, null=True)),
            ("permanent", models.BooleanField(default=False)),
            ("committed", models.BooleanField(default=False)),
            ("worked_out_at", models.DateTimeField()),
        ],
        options={
            "verbose_name_plural": "study retentions",
            "indexes": [
                models.Index(
                    condition=models.Q(("committed", True), ("permanent", False)),
                    fields=["environment", "ends_on", "study"],
                    name="retention_ending",
                )
            ],
        },
    ),
    CreateModel(
        name="RetentionSurvey",
        fields=[
            key(),
            environment(),
            ("began_at", models.DateTimeField()),
            ("after", models.UUIDField(blank=True, null=True)),
            ("studies", models.PositiveIntegerField(default=0)),
            ("figures", models.JSONField(blank=True, default=dict)),
            ("ended_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "indexes": [models.Index(fields=["environment", "-began_at"], name="survey_newest")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("ended_at", None)),
                    fields=("environment",),
                    name="survey_one_open",
                )
            ],
        },
    ),
    CreateModel(
        name="DestructionList",
        fields=[
            key(),
            ("number", models.PositiveIntegerField(unique=True)),
            environment(),
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
            (
                "made_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="destructions_proposed",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("made_at", models.DateTimeField()),
            (
                "approved_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="destructions_approved",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("approved_at", models.DateTimeField(blank=True, null=True)),
            ("ended_at", models.DateTimeField(blank=True, null=True)),
            ("certificate", models.TextField(blank=True)),
            ("sha256", models.CharField(blank=True, max_length=64)),
        ],
        options={
            "indexes": [models.Index(fields=["environment", "-number"], name="destruction_newest")]
        },
    ),
    CreateModel(
        name="DestructionItem",
        fields=[
            key(),
            (
                "list",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="items",
                    to="archive.destructionlist",
                ),
            ),
            (
                "study",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="destructions",
                    to="archive.study",
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
                "rule",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="archive.retentionrule",
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
        options={
            "indexes": [
                models.Index(fields=["list", "id"], name="destruction_items"),
                models.Index(
                    condition=models.Q(("state__in", ("listed", "condemned"))),
                    fields=["list"],
                    name="destruction_left",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ("listed", "condemned", "destroyed"))),
                    fields=("study",),
                    name="destruction_one_list_a_study",
                )
            ],
        },
    ),
)
