"""The tables of `archive.models.policies`, as they are after 0220."""

import django.contrib.postgres.fields
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import key

MODELS = (
    CreateModel(
        name="StudyCodeEntry",
        fields=[
            key(),
            ("code", models.CharField(max_length=5)),
            ("system_oid", models.CharField(max_length=64)),
            ("name_fi", models.CharField(max_length=200)),
            ("name_sv", models.CharField(blank=True, max_length=200)),
            ("name_en", models.CharField(blank=True, max_length=200)),
            ("valid_from", models.DateField()),
            ("valid_until", models.DateField(blank=True, null=True)),
        ],
        options={
            "ordering": ("code", "valid_from"),
            "constraints": [
                models.UniqueConstraint(
                    fields=("system_oid", "code", "valid_from"), name="study_code_identity"
                )
            ],
        },
    ),
    CreateModel(
        name="CodeImport",
        fields=[
            key(),
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
    CreateModel(
        name="ContentPolicy",
        fields=[
            key(),
            ("content_type", models.CharField(max_length=32)),
            ("name_fi", models.CharField(max_length=100)),
            ("name_sv", models.CharField(max_length=100)),
            ("name_en", models.CharField(max_length=100)),
            (
                "sop_classes",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=64), size=None
                ),
            ),
            (
                "modalities",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=16), blank=True, size=None
                ),
            ),
            ("code_demanded", models.BooleanField(default=True)),
            ("allowed_from", models.DateField()),
            ("allowed_until", models.DateField(blank=True, null=True)),
            ("duty_from", models.DateField(blank=True, null=True)),
            ("source", models.CharField(blank=True, max_length=200)),
            ("contradiction", models.TextField(blank=True)),
        ],
        options={
            "verbose_name_plural": "content policies",
            "ordering": ("content_type", "allowed_from"),
            "constraints": [
                models.UniqueConstraint(
                    fields=("content_type", "allowed_from"), name="content_policy_identity"
                )
            ],
        },
    ),
    CreateModel(
        name="AccessPolicy",
        fields=[
            key(),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("area", "disclosure without permission within an area"),
                        ("role", "professional roles that may see"),
                        ("consent", "consents count as disclosure permissions"),
                    ],
                    max_length=10,
                ),
            ),
            ("name_fi", models.CharField(max_length=200)),
            ("name_sv", models.CharField(max_length=200)),
            ("name_en", models.CharField(max_length=200)),
            (
                "roles",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                ),
            ),
            ("informing_needed", models.BooleanField(default=True)),
            ("valid_from", models.DateField()),
            ("valid_until", models.DateField(blank=True, null=True)),
            ("source", models.CharField(max_length=200)),
            (
                "members",
                models.ManyToManyField(
                    blank=True, related_name="access_policies", to="archive.organisation"
                ),
            ),
        ],
        options={"verbose_name_plural": "access policies"},
    ),
)
