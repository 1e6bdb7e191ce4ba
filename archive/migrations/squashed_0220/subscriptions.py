"""The tables of `archive.models.subscriptions`, as they are after 0220."""

import django.db.models.deletion
from django.conf import settings
from django.db import models
from django.db.migrations import CreateModel

from archive.migrations.squashed_0220.fields import key

MODELS = (
    CreateModel(
        name="CaseMail",
        fields=[
            key(),
            (
                "user",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="case_mail",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "pace",
                models.CharField(
                    choices=[("off", "no mail"), ("at_once", "at once"), ("digest", "once a day")],
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
)
