"""The tables of `onboarding.models.succession`, as they are after 0051."""

import django.db.models.deletion
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import key

MODELS = (
    CreateModel(
        name="Succession",
        fields=[
            key(),
            (
                "register",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="successions",
                    to="archive.register",
                ),
            ),
            (
                "from_organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="registers_given",
                    to="archive.organisation",
                ),
            ),
            (
                "to_organisation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="registers_taken",
                    to="archive.organisation",
                ),
            ),
            ("day", models.DateField()),
            (
                "request",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="successions",
                    to="onboarding.foureyes",
                ),
            ),
            ("passed_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "ordering": ("day",),
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("passed_at", None)),
                    fields=("register",),
                    name="succession_one_to_come",
                )
            ],
        },
    ),
)
