"""How long what is archived is kept: rules, holds, what follows for each study, and destruction."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from archive.models.fields import environment_field, oid_field, uuid_key
from archive.models.keeping_choices import ItemState, ListState, RetentionBasis, Spared
from archive.models.studies import Patient, Study


class RetentionRule(models.Model):
    """A dated rule: so many years from an event, or for ever. Empty lists mean any.

    Of the rules that fit a study those of the highest `priority` count. `birth_days` are days of
    the month on which the patients of a sample were born.
    """

    id = uuid_key()
    name_fi = models.CharField(max_length=200)
    name_sv = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    content_types = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    register_types = ArrayField(models.CharField(max_length=1), default=list, blank=True)
    birth_days = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    basis = models.CharField(max_length=5, choices=RetentionBasis, blank=True)
    years = models.PositiveSmallIntegerField(null=True, blank=True)
    permanent = models.BooleanField(default=False)
    priority = models.PositiveSmallIntegerField(default=0)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)
    verified = models.BooleanField(default=False)  # somebody has read it in the source itself

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(permanent=True, basis="", years=None)
                | (Q(permanent=False, years__isnull=False) & ~Q(basis="")),
                name="retention_rule_is_a_period_or_for_ever",
            ),
        )
        ordering = ("-permanent", "-priority", "name_fi", "valid_from")

    def __str__(self) -> str:
        return self.name_fi


class RetentionHold(models.Model):
    """While it is in force nothing of the study, or of the patient, is destroyed."""

    id = uuid_key()
    environment = environment_field()
    study = models.ForeignKey(
        Study, models.PROTECT, null=True, blank=True, related_name="retention_holds"
    )
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="retention_holds"
    )
    reason = models.CharField(max_length=200)
    placed_by = models.CharField(max_length=200)
    placed_at = models.DateTimeField()
    until = models.DateField(null=True, blank=True)  # its last day; none: until it is released
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=200, blank=True)
    release_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(study=None, patient__isnull=False)
                | Q(study__isnull=False, patient=None),
                name="retention_hold_of_one",
            ),
        )
        indexes = (
            models.Index(fields=("environment", "-placed_at", "-id"), name="hold_newest"),
            models.Index(fields=("study",), condition=Q(released_at=None), name="hold_of_study"),
            models.Index(
                fields=("patient",), condition=Q(released_at=None), name="hold_of_patient"
            ),
        )

    def __str__(self) -> str:
        return str(self.id)


class StudyRetention(models.Model):
    """What the rules said of a study when the last survey passed it, since `worked_out_at`. For
    lists and forecasts: what is to be destroyed is judged anew.
    """

    study = models.OneToOneField(Study, models.PROTECT, primary_key=True, related_name="retention")
    environment = environment_field()
    ends_on = models.DateField(null=True, blank=True)  # last day of the period; none: not settled
    rule = models.ForeignKey(
        RetentionRule, models.PROTECT, null=True, blank=True, related_name="studies"
    )
    basis = models.CharField(max_length=5, choices=RetentionBasis, blank=True)
    basis_on = models.DateField(null=True, blank=True)
    permanent = models.BooleanField(default=False)
    committed = models.BooleanField(default=False)
    worked_out_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(
                fields=("environment", "ends_on", "study"),
                condition=Q(permanent=False, committed=True),
                name="retention_ending",
            ),
        )
        verbose_name_plural = "study retentions"

    def __str__(self) -> str:
        return f"{self.study_id} {self.ends_on}"


class RetentionSurvey(models.Model):
    """One walk over all studies of an environment. `figures` count them by year while it walks."""

    id = uuid_key()
    environment = environment_field()
    began_at = models.DateTimeField()
    after = models.UUIDField(null=True, blank=True)  # the last study that was passed
    studies = models.PositiveIntegerField(default=0)
    figures = models.JSONField(default=dict, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment",), condition=Q(ended_at=None), name="survey_one_open"
            ),
        )
        indexes = (models.Index(fields=("environment", "-began_at"), name="survey_newest"),)

    def __str__(self) -> str:
        return f"{self.environment} {self.began_at}"


class DestructionList(models.Model):
    """Studies that one archivist proposes to destroy and another approves (NF-3)."""

    id = uuid_key()
    number = models.PositiveIntegerField(unique=True)
    environment = environment_field()
    state = models.CharField(max_length=10, choices=ListState, default=ListState.PROPOSED)
    reason = models.CharField(max_length=200)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="destructions_proposed"
    )
    made_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="destructions_approved",
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    certificate = models.TextField(blank=True)  # what the digest is over
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = (models.Index(fields=("environment", "-number"), name="destruction_newest"),)

    def __str__(self) -> str:
        return str(self.number)


class DestructionItem(models.Model):
    """One study of a list: why it may go, and what is told of it for ever. Study, series and
    instance rows stay too, with every UID and digest.
    """

    id = uuid_key()
    list = models.ForeignKey(DestructionList, models.PROTECT, related_name="items", db_index=False)
    study = models.ForeignKey(Study, models.PROTECT, related_name="destructions")
    state = models.CharField(max_length=10, choices=ItemState, default=ItemState.LISTED)
    rule = models.ForeignKey(RetentionRule, models.PROTECT, related_name="+")
    basis = models.CharField(max_length=5, choices=RetentionBasis)
    basis_on = models.DateField()
    ends_on = models.DateField()
    spared = models.CharField(max_length=12, choices=Spared, blank=True)
    study_instance_uid = oid_field()
    controller_oid = oid_field()
    instances = models.PositiveIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)  # over UIDs and digests of the objects
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("study",),
                condition=Q(state__in=("listed", "condemned", "destroyed")),
                name="destruction_one_list_a_study",
            ),
        )
        indexes = (
            models.Index(fields=("list", "id"), name="destruction_items"),
            models.Index(
                fields=("list",),
                condition=Q(state__in=("listed", "condemned")),
                name="destruction_left",
            ),
        )

    def __str__(self) -> str:
        return self.study_instance_uid
