"""The tables of `archive.models.corrections`, as they are after 0220."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import environment, key

MODELS = (
    CreateModel(
        name="CorrectionPolicy",
        fields=[
            key(),
            (
                "organisation",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="correction_policies",
                    to="archive.organisation",
                ),
            ),
            ("metadata", models.BooleanField(default=False)),
            ("note_first", models.BooleanField(default=True)),
            ("retention", models.BooleanField(default=False)),
            ("valid_from", models.DateField()),
            ("valid_until", models.DateField(blank=True, null=True)),
            ("source", models.CharField(max_length=200)),
            ("made_at", models.DateTimeField()),
        ],
        options={
            "verbose_name_plural": "correction policies",
            "ordering": ("organisation", "-valid_from", "-made_at"),
            "indexes": [
                models.Index(
                    fields=["organisation", "-valid_from"], name="correction_policy_newest"
                )
            ],
        },
    ),
    CreateModel(
        name="Rejection",
        fields=[
            key(),
            environment(),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="rejections",
                    to="archive.organisation",
                ),
            ),
            (
                "connection",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="rejections",
                    to="archive.connection",
                ),
            ),
            (
                "study",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="rejections",
                    to="archive.study",
                ),
            ),
            (
                "title",
                models.CharField(
                    choices=[
                        ("113001", "rejected for quality reasons"),
                        ("113037", "rejected for patient safety reasons"),
                        ("113038", "incorrect modality worklist entry"),
                        ("113039", "retention period has ended"),
                    ],
                    max_length=6,
                ),
            ),
            ("note_uid", models.CharField(max_length=64)),
            ("transfer_syntax_uid", models.CharField(max_length=64)),
            ("digest", models.BinaryField(max_length=32)),
            ("size", models.BigIntegerField()),
            ("reason", models.CharField(blank=True, max_length=200)),
            ("actor_kind", models.CharField(max_length=16)),
            ("actor_id", models.UUIDField(blank=True, null=True)),
            ("actor_name", models.CharField(max_length=200)),
            ("made_at", models.DateTimeField()),
        ],
        options={
            "indexes": [
                models.Index(fields=["environment", "-made_at", "-id"], name="rejection_newest"),
                models.Index(fields=["study", "-made_at"], name="rejection_study"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("environment", "note_uid"), name="rejection_note")
            ],
        },
    ),
    CreateModel(
        name="RejectedObject",
        fields=[
            key(),
            (
                "rejection",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="rejected",
                    to="archive.rejection",
                ),
            ),
            environment(),
            ("study_instance_uid", models.CharField(max_length=64)),
            ("series_instance_uid", models.CharField(max_length=64)),
            ("sop_class_uid", models.CharField(max_length=64)),
            ("sop_instance_uid", models.CharField(max_length=64)),
            (
                "instance",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="rejections",
                    to="archive.instance",
                ),
            ),
            ("ended_at", models.DateTimeField(blank=True, null=True)),
            ("ended_by", models.CharField(blank=True, max_length=200)),
            ("ended_why", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("ended_at", None)),
                    fields=["environment", "sop_instance_uid"],
                    name="rejected_object_live",
                ),
                models.Index(
                    condition=models.Q(("ended_at", None), ("instance", None)),
                    fields=["environment", "study_instance_uid"],
                    name="rejected_object_awaited",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("rejection", "sop_instance_uid"), name="rejected_once_a_note"
                )
            ],
        },
    ),
    CreateModel(
        name="Correction",
        fields=[
            key(),
            environment(),
            (
                "study",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="corrections",
                    to="archive.study",
                ),
            ),
            ("batch_id", models.UUIDField()),
            (
                "origin",
                models.CharField(
                    choices=[
                        ("stored", "sent again by the customer"),
                        ("portal", "made in the portal"),
                    ],
                    max_length=8,
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("gathering", "part of the study is corrected"),
                        ("in_force", "in force"),
                        ("undone", "undone"),
                    ],
                    max_length=12,
                ),
            ),
            ("mark", models.CharField(max_length=64)),
            ("before", models.JSONField(default=dict)),
            ("after", models.JSONField(default=dict)),
            ("values", models.JSONField(default=dict)),
            (
                "previous",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="followers",
                    to="archive.correction",
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=200)),
            (
                "connection",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="corrections",
                    to="archive.connection",
                ),
            ),
            ("actor_kind", models.CharField(max_length=16)),
            ("actor_id", models.UUIDField(blank=True, null=True)),
            ("actor_name", models.CharField(max_length=200)),
            ("made_at", models.DateTimeField()),
            ("in_force_at", models.DateTimeField(blank=True, null=True)),
            ("undone_at", models.DateTimeField(blank=True, null=True)),
            ("undone_by", models.CharField(blank=True, max_length=200)),
            ("undone_why", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "indexes": [
                models.Index(fields=["environment", "-made_at", "-id"], name="correction_newest"),
                models.Index(fields=["study", "-made_at"], name="correction_study"),
                models.Index(fields=["batch_id"], name="correction_batch"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "gathering")),
                    fields=("study", "mark"),
                    name="correction_gathered_once",
                )
            ],
        },
    ),
    CreateModel(
        name="InstanceVersion",
        fields=[
            key(),
            (
                "instance",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="versions",
                    to="archive.instance",
                ),
            ),
            ("number", models.PositiveSmallIntegerField()),
            (
                "correction",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="versions",
                    to="archive.correction",
                ),
            ),
            ("transfer_syntax_uid", models.CharField(max_length=64)),
            ("digest", models.BinaryField(max_length=32)),
            ("digest_algorithm", models.CharField(max_length=10)),
            ("size", models.BigIntegerField()),
            ("store", models.CharField(default="files", max_length=8)),
            ("association_id", models.UUIDField()),
            ("received_at", models.DateTimeField()),
            ("originals", models.BinaryField(blank=True, default=bytes)),
            ("damaged_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "ordering": ("instance", "number"),
            "constraints": [
                models.UniqueConstraint(
                    fields=("instance", "number"), name="instance_version_number"
                )
            ],
        },
    ),
)
