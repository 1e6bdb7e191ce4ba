"""The tables of `archive.models.status`, as they are after 0220."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import key

MODELS = (
    CreateModel(
        name="PlannedBreak",
        fields=[
            key(),
            ("text_fi", models.TextField(max_length=2000)),
            ("text_sv", models.TextField(max_length=2000)),
            ("text_en", models.TextField(max_length=2000)),
            ("made_at", models.DateTimeField()),
            ("made_by_name", models.CharField(max_length=200)),
            ("starts_at", models.DateTimeField()),
            ("ends_at", models.DateTimeField()),
            (
                "parts",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("dicom", "DICOM: storing, asking, fetching"),
                            ("hl7", "HL7 messages"),
                            ("web", "XDS, DICOMweb and FHIR"),
                            ("registration", "registration and confirmations"),
                            ("portal", "portal"),
                        ],
                        max_length=12,
                    ),
                    size=None,
                ),
            ),
            ("called_off_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "ordering": ("starts_at",),
            "indexes": [models.Index(fields=["ends_at"], name="break_ends")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                    name="break_ends_after_it_starts",
                )
            ],
        },
    ),
    CreateModel(
        name="Announcement",
        fields=[
            key(),
            ("text_fi", models.TextField(max_length=2000)),
            ("text_sv", models.TextField(max_length=2000)),
            ("text_en", models.TextField(max_length=2000)),
            ("made_at", models.DateTimeField()),
            ("made_by_name", models.CharField(max_length=200)),
            ("title_fi", models.CharField(max_length=200)),
            ("title_sv", models.CharField(max_length=200)),
            ("title_en", models.CharField(max_length=200)),
            ("is_acknowledged", models.BooleanField(default=True)),
            ("taken_down_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "ordering": ("-made_at",),
            "indexes": [models.Index(fields=["-made_at"], name="announcement_newest")],
        },
    ),
    CreateModel(
        name="AnnouncementReceipt",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            (
                "announcement",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="receipts",
                    to="archive.announcement",
                ),
            ),
            (
                "organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="receipts",
                    to="archive.organisation",
                ),
            ),
            ("at", models.DateTimeField()),
            ("by_name", models.CharField(max_length=200)),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("announcement", "organisation"), name="receipt_one_an_organisation"
                )
            ]
        },
    ),
)
