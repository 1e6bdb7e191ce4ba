"""What befell patient ids and names: merges that can be undone, demographics as they were, and the
HL7 messages that told of them.
"""

from django.db import models
from django.db.models import F, Q

from archive.models.choices import MessageOutcome
from archive.models.desk import Case
from archive.models.fields import environment_field, uuid_key
from archive.models.organisations import Connection, Organisation
from archive.models.studies import Patient


class Hl7Message(models.Model):
    """A message as it came and as it was answered. `raw` is emptied when its time is over."""

    id = uuid_key()
    environment = environment_field()
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="messages")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="messages", db_index=False
    )
    received_at = models.DateTimeField()
    raw = models.BinaryField()
    digest = models.BinaryField(max_length=32)  # SHA-256 of `raw`: the same message again
    control_id = models.CharField(max_length=200, blank=True)  # MSH-10
    event = models.CharField(max_length=20, blank=True)  # MSH-9: ADT^A40
    version = models.CharField(max_length=20, blank=True)  # MSH-12
    outcome = models.CharField(max_length=10, choices=MessageOutcome)
    reason = models.CharField(max_length=40, blank=True)  # of a refusal: archive.errors, as a word
    detail = models.CharField(max_length=400, blank=True)
    place = models.CharField(max_length=40, blank=True)  # where in the message: PID^1^3
    acknowledgement = models.CharField(max_length=2, blank=True)  # MSA-1 of the first answer
    answer = models.BinaryField(blank=True, default=bytes)
    ms = models.PositiveIntegerField(null=True, blank=True)  # until the first answer was ready
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="messages", db_index=False
    )
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="messages")
    replayed_at = models.DateTimeField(null=True, blank=True)
    correlation_id = models.UUIDField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("environment", "-received_at", "-id"), name="message_newest"),
            models.Index(
                fields=("organisation", "environment", "-received_at", "-id"),
                name="message_customer",
            ),
            models.Index(fields=("control_id", "connection"), name="message_control_id"),
            models.Index(fields=("patient", "-received_at"), name="message_patient"),
            models.Index(
                fields=("received_at",), condition=~Q(raw=b""), name="message_to_be_emptied"
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class PatientMerge(models.Model):
    """A link from a retired id to the one it was merged into, as it was named then.

    `Patient.survivor` is where all live links lead; these rows say how it came to that.
    """

    id = uuid_key()
    environment = environment_field()
    retired = models.ForeignKey(Patient, models.PROTECT, related_name="merges")
    into = models.ForeignKey(Patient, models.PROTECT, related_name="merges_taken")
    message = models.ForeignKey(
        Hl7Message, models.PROTECT, null=True, blank=True, related_name="merges"
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="merges"
    )
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=200, blank=True)
    undo_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("retired",), condition=Q(undone_at=None), name="merge_one_live"
            ),
            models.CheckConstraint(condition=~Q(retired=F("into")), name="merge_of_two"),
        )
        indexes = (
            models.Index(fields=("environment", "-made_at", "-id"), name="merge_newest"),
            models.Index(fields=("into",), condition=Q(undone_at=None), name="merge_live_into"),
        )

    def __str__(self) -> str:
        return str(self.id)


class PatientHistory(models.Model):
    """A patient's demographics as they were until a change; `Patient` has them as they are."""

    id = uuid_key()
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="history", db_index=False)
    name = models.CharField(max_length=324, blank=True)
    birth_date = models.CharField(max_length=8, blank=True)
    sex = models.CharField(max_length=16, blank=True)
    death_date = models.DateField(null=True, blank=True)
    until = models.DateTimeField()
    changed_by = models.CharField(max_length=200)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="patient_changes"
    )
    message = models.ForeignKey(
        Hl7Message, models.PROTECT, null=True, blank=True, related_name="patient_changes"
    )

    class Meta:
        indexes = (models.Index(fields=("patient", "-until"), name="patient_history_newest"),)
        verbose_name_plural = "patient histories"

    def __str__(self) -> str:
        return str(self.id)
