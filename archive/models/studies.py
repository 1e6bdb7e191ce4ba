"""Patients and what is archived of them: study, series, instance."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Replace

from archive.models.choices import CommitmentState, RejectionTitle, StudyState
from archive.models.fields import environment_field, oid_field, uuid_key
from archive.models.keeping_choices import DeathSource
from archive.models.organisations import Connection, Register
from archive.values import mask


class Patient(models.Model):
    """A patient id with its issuer. A merge is a link to the survivor and can be undone."""

    id = uuid_key()
    environment = environment_field()
    identifier = models.CharField(max_length=64)
    issuer = oid_field()
    name = models.CharField(max_length=324, blank=True)  # PN as last received, PS3.5 6.2.1
    birth_date = models.CharField(max_length=8, blank=True)
    sex = models.CharField(max_length=16, blank=True)
    death_date = models.DateField(null=True, blank=True)
    death_source = models.CharField(max_length=10, choices=DeathSource, blank=True)
    survivor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="retired"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "issuer", "identifier"), name="patient_identity"
            ),
        )
        indexes = (
            models.Index(
                fields=("environment", "identifier"),
                opclasses=("varchar_ops", "varchar_pattern_ops"),
                name="patient_identifier",
            ),
        )  # and patient_composed_name, by SQL: migration 0251

    def __str__(self) -> str:
        return self.masked

    @property
    def masked(self) -> str:
        return mask(self.identifier)


class Study(models.Model):
    """A study in one register of one environment. Dates and times are kept as sent; `started_at` is
    the instant.
    """

    id = uuid_key()
    environment = environment_field()
    register = models.ForeignKey(Register, models.PROTECT, related_name="studies")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="studies")
    connection = models.ForeignKey(
        Connection, models.PROTECT, related_name="studies"
    )  # who stored it first
    # Under which a producer stored it into the organiser's register.
    authorisation = models.ForeignKey(
        "Authorisation", models.PROTECT, null=True, blank=True, related_name="studies"
    )
    study_instance_uid = oid_field()
    service_event = oid_field(blank=True)
    accession_number = models.CharField(max_length=64)
    study_code = models.CharField(max_length=5, blank=True)
    description = models.CharField(max_length=64, blank=True)
    study_id = models.CharField(max_length=16, blank=True)
    study_date = models.CharField(max_length=10, blank=True)
    study_time = models.CharField(max_length=16, blank=True)
    timezone_offset = models.CharField(max_length=5, blank=True)
    referring_physician = models.CharField(max_length=324, blank=True, db_default="")
    started_at = models.DateTimeField(null=True, blank=True)
    modalities = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    state = models.CharField(max_length=24, choices=StudyState, default=StudyState.RECEIVING)
    waits_for = models.CharField(
        max_length=64, blank=True
    )  # document kinds that are missing, by comma
    instance_count = models.PositiveIntegerField(default=0)  # as of the last pause in receiving
    byte_count = models.BigIntegerField(default=0)
    received_at = models.DateTimeField()
    quiet_since = models.DateTimeField(null=True, blank=True)
    committed_at = models.DateTimeField(null=True, blank=True)
    registered_at = models.DateTimeField(null=True, blank=True)
    # The correction made here whose values are laid over the bytes when they are served.
    overlay = models.ForeignKey(
        "Correction", models.PROTECT, null=True, blank=True, related_name="laid_over"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("environment", "study_instance_uid"), name="study_uid"),
        )
        indexes = (
            models.Index(
                fields=("environment", "register", "accession_number"), name="study_accession"
            ),
            models.Index(fields=("environment", "-received_at", "-id"), name="study_newest"),
            models.Index(
                fields=("environment", "register", "-received_at", "-id"), name="study_by_register"
            ),
            models.Index(
                fields=("environment", "state", "-received_at", "-id"), name="study_by_state"
            ),
            models.Index(fields=("environment", "register", "patient"), name="study_by_patient"),
            models.Index(
                F("environment"),
                F("register"),
                Replace(F("study_date"), Value("."), Value("")),
                name="study_by_day",
            ),
            models.Index(fields=("accession_number",), name="study_accession_any"),
            models.Index(fields=("study_instance_uid",), name="study_uid_any"),
            # What is rare is found and counted without reading the table.
            GinIndex(fields=("modalities",), fastupdate=False, name="study_by_modality"),
            models.Index(
                fields=("environment", "study_code", "-received_at", "-id"), name="study_by_code"
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def accession_issuer(self) -> str:
        """The assigning authority of the accession number is the controller."""
        return self.register.controller_oid


class Series(models.Model):
    id = uuid_key()
    environment = environment_field()
    study = models.ForeignKey(Study, models.PROTECT, related_name="series", db_index=False)
    series_instance_uid = oid_field()
    modality = models.CharField(max_length=16)
    series_number = models.CharField(max_length=12, blank=True)
    description = models.CharField(max_length=64, blank=True)
    body_part = models.CharField(max_length=16, blank=True, db_default="")
    # Of the performed procedure step, and of the orders it answers; None: not read yet.
    step_date = models.CharField(max_length=16, blank=True, db_default="")
    step_time = models.CharField(max_length=16, blank=True, db_default="")
    requests = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "series_instance_uid"), name="series_uid"
            ),
            models.UniqueConstraint(fields=("study", "id"), name="series_of_study"),
        )
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return str(self.id)


class InstanceSet(models.QuerySet["Instance"]):
    """Every read that shows, sends or counts objects begins with `available`."""

    def available(self, *, quality: bool = False) -> "InstanceSet":
        """Without rejected objects (AR-7); with `quality` those rejected for quality as well."""
        shown = ["", RejectionTitle.QUALITY] if quality else [""]
        return self.filter(rejection__in=shown)

    def kept(self) -> "InstanceSet":
        """Those whose bytes are to be there: of destroyed studies only rows are left (AR-9)."""
        return self.exclude(study__state=StudyState.DESTROYED)


class Instance(models.Model):
    """One archived object. Its bytes stand in the vault under their digest."""

    id = uuid_key()
    environment = environment_field()
    # Both are held by one key of the database, which Django cannot word: migration 0241.
    study = models.ForeignKey(
        Study, models.PROTECT, related_name="instances", db_index=False, db_constraint=False
    )
    series = models.ForeignKey(
        Series, models.PROTECT, related_name="instances", db_constraint=False
    )
    sop_instance_uid = oid_field()
    sop_class_uid = oid_field()
    transfer_syntax_uid = oid_field()
    content_type = models.CharField(max_length=32)
    instance_number = models.CharField(max_length=12, blank=True)
    digest = models.BinaryField(max_length=32)
    digest_algorithm = models.CharField(max_length=10)
    size = models.BigIntegerField()  # of the data set, bytes
    association_id = models.UUIDField()
    received_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True, blank=True)
    store = models.CharField(max_length=8, default="files", db_default="files")  # archive.stores
    version = models.PositiveSmallIntegerField(default=1, db_default=1)  # whose bytes these are
    rejection = models.CharField(
        max_length=6, choices=RejectionTitle, blank=True, default="", db_default=""
    )
    damaged_at = models.DateTimeField(null=True, blank=True)  # found so; its bytes are set aside

    objects = InstanceSet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "sop_instance_uid"), name="instance_uid"
            ),
        )
        indexes = (
            models.Index(fields=("study", "committed_at"), name="instance_uncommitted"),
            models.Index(fields=("id",), condition=~Q(damaged_at=None), name="instance_damaged"),
            BrinIndex(fields=("received_at",), name="instance_received"),  # volumes, day by day
        )

    def __str__(self) -> str:
        return str(self.id)


class StorageCommitment(models.Model):
    """A storage commitment request and what was answered; PS3.4 annex J."""

    id = uuid_key()
    environment = environment_field()
    connection = models.ForeignKey(Connection, models.PROTECT, related_name="commitments")
    transaction_uid = oid_field()
    association_id = models.UUIDField()
    references = models.JSONField()  # [[SOP class UID, SOP instance UID], ...]
    outcome = models.JSONField(
        default=list, blank=True
    )  # of each reference: "" or the reason of its failure
    state = models.CharField(
        max_length=12, choices=CommitmentState, default=CommitmentState.REQUESTED
    )
    requested_at = models.DateTimeField()
    reported_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "connection", "transaction_uid"),
                name="commitment_transaction",
            ),
        )

    def __str__(self) -> str:
        return str(self.id)
