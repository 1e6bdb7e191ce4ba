"""The rollout test: runs in the test environment, and what was observed in each step (ON-4)."""

from django.db import models
from django.db.models import Q

from archive.models import Organisation
from archive.models.fields import uuid_key
from onboarding.models.choices import RunState, StepState


class RolloutRun(models.Model):
    """One run: it watches the customer's traffic from `started_at` on."""

    id = uuid_key()
    number = models.PositiveIntegerField()  # the customer's first, second ...
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="rollout_runs", db_index=False
    )
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    purpose = models.CharField(max_length=200, blank=True)  # joining, version change, after a fault
    systems = models.JSONField(default=list)  # product and version of each system, as of the start
    patients = models.JSONField(default=list)  # 900-series codes given for this run
    started_by = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    report_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "number"), name="rollout_number"),
            models.UniqueConstraint(
                fields=("organisation",), condition=Q(state="running"), name="rollout_one_running"
            ),
        )

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.number}"


class RolloutStep(models.Model):
    """One step of a run. What came is kept, so that the report stays when the traffic is gone."""

    id = uuid_key()
    run = models.ForeignKey(RolloutRun, models.CASCADE, related_name="steps", db_index=False)
    place = models.PositiveIntegerField()
    kind = models.CharField(max_length=24)  # onboarding.rules.rollout
    content_type = models.CharField(max_length=32, blank=True)
    state = models.CharField(max_length=10, choices=StepState, default=StepState.WAITING)
    observed = models.JSONField(default=dict)  # decoded attributes, status, times
    cause = models.CharField(max_length=40, blank=True)  # archive.errors reason of what went wrong
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "place"), name="rollout_place"),)
        ordering = ("run", "place")

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
