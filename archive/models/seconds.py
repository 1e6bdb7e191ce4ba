"""What one person asks for and a second one must do (NF-3)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from archive.models.choices import SecondState
from archive.models.fields import environment_field, uuid_key


class SecondPerson(models.Model):
    """One open request for a kind of act and a subject; `details` are what the act will need."""

    id = uuid_key()
    kind = models.CharField(max_length=24)  # SecondKind
    environment = environment_field()
    subject_id = models.UUIDField()
    reason = models.CharField(max_length=200)
    details = models.JSONField(default=dict, blank=True)  # no patient's name or code
    state = models.CharField(max_length=10, choices=SecondState, default=SecondState.OPEN)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="seconds_asked"
    )
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="seconds_decided",
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subject_id"), condition=Q(state="open"), name="second_one_open"
            ),
        )
        indexes = (
            models.Index(fields=("environment", "state", "-asked_at"), name="second_newest"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
