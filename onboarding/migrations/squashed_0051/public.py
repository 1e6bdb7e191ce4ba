"""The tables of `onboarding.models.public`, as they are after 0051."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import key

MODELS = (
    CreateModel(
        name="PublicCustomer",
        fields=[
            key(),
            ("name_fi", models.CharField(max_length=200)),
            ("name_sv", models.CharField(blank=True, max_length=200)),
            ("name_en", models.CharField(blank=True, max_length=200)),
            ("sector", models.CharField(choices=[("1", "public"), ("2", "private")], max_length=1)),
            ("joined_on", models.DateField()),
            ("joined_text", models.CharField(blank=True, max_length=40)),
            ("ended_on", models.DateField(blank=True, null=True)),
            ("source", models.CharField(blank=True, max_length=200)),
            (
                "organisation",
                models.OneToOneField(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="public_entry",
                    to="archive.organisation",
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("source", ""), _negated=True),
                    fields=("name_fi",),
                    name="public_one_a_source_name",
                )
            ]
        },
    ),
    CreateModel(
        name="KantaService",
        fields=[
            key(),
            ("code", models.CharField(max_length=40, unique=True)),
            ("name_fi", models.CharField(max_length=100)),
            ("name_sv", models.CharField(max_length=100)),
            ("name_en", models.CharField(max_length=100)),
            ("holds_fi", models.TextField()),
            ("holds_sv", models.TextField()),
            ("holds_en", models.TextField()),
            (
                "concerns",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=24), default=list, size=None
                ),
            ),
            ("source", models.CharField(max_length=200)),
        ],
        options={"ordering": ("code",)},
    ),
)
