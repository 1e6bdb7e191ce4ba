"""How the interfaces fare: what went through each hour, what is expected of whom, and alarms."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, TextChoices
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from archive.models.choices import Environment, Role, Severity
from archive.models.fields import environment_field, uuid_key
from archive.models.organisations import Connection, Organisation


class Interface(TextChoices):
    STORE = "store", _("DICOM, storing")
    RETRIEVE = "retrieve", _("DICOM, asking and fetching")
    XDS = "xds", "XDS"
    HL7 = "hl7", "HL7"
    DICOMWEB = "dicomweb", "DICOMweb"
    FHIR = "fhir", "FHIR"
    NOTICE = "notice", _("confirmations of registration (IAN)")
    COMMITMENT = "commitment", _("storage commitment reports")
    WEBHOOK = "webhook", _("webhooks")


class Channel(models.Model):
    """One system of a customer at one interface; of webhooks all of a customer's. It is there from
    its first exchange on. `expected_by` is when it should have sent on `expected_on`, if at all.
    """

    id = uuid_key()
    environment = environment_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="channels")
    connection = models.ForeignKey(
        Connection, models.PROTECT, null=True, blank=True, related_name="channels"
    )
    interface = models.CharField(max_length=10, choices=Interface)
    first_at = models.DateTimeField()
    good_at = models.DateTimeField(null=True, blank=True)  # the last that went through
    failed_at = models.DateTimeField(null=True, blank=True)
    expected_on = models.DateField(null=True, blank=True)
    expected_by = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "organisation", "connection", "interface"),
                nulls_distinct=False,
                name="channel_identity",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_interface_display()} {self.connection or self.organisation}"


class ChannelHour(models.Model):
    """What a channel's exchanges of an hour came to. `ms` over `timed` is the mean time: of an
    object that was stored or fetched, of a question or message until its answer, or from owing a
    message to its arrival.
    """

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField()
    good = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    ms = models.BigIntegerField(default=0)
    timed = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("channel", "hour"), name="channel_hour_identity"),
        )
        indexes = (models.Index(fields=("hour",), name="channel_hour_order"),)

    def __str__(self) -> str:
        return f"{self.channel_id} {self.hour}"


class SilenceLearning(models.Model):
    """How expectations are learned from a day on: from the same day of so many weeks, of which so
    many must have been seen and so few may have been silent.
    """

    id = uuid_key()
    weeks = models.PositiveSmallIntegerField()
    least_days = models.PositiveSmallIntegerField()
    most_silent = models.PositiveSmallIntegerField()
    valid_from = models.DateField(unique=True)
    source = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return str(self.valid_from)


class SilenceRule(models.Model):
    """What people know of a channel, in the place of what is learned: by when it sends on which
    days of the week, 0 being Monday. No days: nothing is ever expected of it.
    """

    id = uuid_key()
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="silence_rules")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    by = models.TimeField(null=True, blank=True)  # in Finland
    reason = models.CharField(max_length=200)
    made_by_name = models.CharField(max_length=200)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("channel",), condition=Q(until=None), name="silence_rule_one_live"
            ),
            models.CheckConstraint(
                condition=Q(weekdays=[]) | Q(by__isnull=False), name="silence_rule_has_time"
            ),
        )

    def __str__(self) -> str:
        return f"{self.weekdays} {self.by}"


class Measure(TextChoices):
    FAILURES = "failures", _("failed exchanges, %")
    LATENCY = "latency", _("mean time, ms")
    BACKLOG = "backlog", _("jobs that are due and not done")
    SILENCE = "silence", _("minutes over the time by which it always sends")
    CERTIFICATE = "certificate", _("days until a certificate expires")
    PART = "part", _("part that does not answer (1)")


FALLING = frozenset({Measure.CERTIFICATE.value})  # less is worse


class AlarmRule(models.Model):
    """When something is an alarm and who is told; replaced by a new row, never rewritten.

    It is raised when the value has been at the threshold or beyond it for so many minutes, and
    cleared at `clear_at`: between the two it stays as it is.
    """

    id = uuid_key()
    name_fi = models.CharField(max_length=200)
    name_sv = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    measure = models.CharField(max_length=12, choices=Measure)
    environment = models.CharField(max_length=10, choices=Environment, blank=True)  # empty: both
    interface = models.CharField(max_length=10, choices=Interface, blank=True)  # empty: each
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="alarm_rules"
    )
    threshold = models.FloatField()
    clear_at = models.FloatField()
    minutes = models.PositiveIntegerField(default=0)
    hours = models.PositiveSmallIntegerField(default=1)  # over which is measured
    least = models.PositiveIntegerField(default=0)  # exchanges, or else nothing is said
    cool_down_minutes = models.PositiveIntegerField(default=0)
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.NORMAL)
    recipients = ArrayField(models.EmailField(), default=list, blank=True)
    # Of the operator: whoever has one when the alarm is raised is told as well.
    roles = ArrayField(
        models.CharField(max_length=20, choices=Role), default=list, db_default=[], blank=True
    )
    made_by_name = models.CharField(max_length=200)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(measure="certificate", clear_at__gt=F("threshold"))
                | (~Q(measure="certificate") & Q(clear_at__lt=F("threshold"))),
                name="alarm_rule_clears_on_the_good_side",
            ),
        )
        ordering = ("measure", "name_fi")

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the reader's language."""
        return getattr(self, f"name_{(get_language() or 'fi')[:2]}", "") or self.name_fi

    @property
    def is_falling(self) -> bool:
        return self.measure in FALLING


class Alarm(models.Model):
    """What a rule found on one object: watched since it went beyond the threshold, raised when that
    lasted, cleared when it was over. A quiet one came back within its rule's cool-down; it is told
    of when it outlasts that.
    """

    id = uuid_key()
    rule = models.ForeignKey(AlarmRule, models.PROTECT, related_name="alarms", db_index=False)
    key = models.CharField(max_length=120)  # of the object, within the rule
    about = models.CharField(max_length=200)  # the object in words that need no translation
    environment = models.CharField(max_length=10, choices=Environment, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="alarms"
    )
    channel = models.ForeignKey(
        Channel, models.SET_NULL, null=True, blank=True, related_name="alarms"
    )
    value = models.FloatField()
    worst = models.FloatField()
    since = models.DateTimeField()
    raised_at = models.DateTimeField(null=True, blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)
    is_quiet = models.BooleanField(default=False)
    told_at = models.DateTimeField(null=True, blank=True)  # all that the rule tells
    told_to = ArrayField(models.EmailField(), default=list, db_default=[], blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)  # by a process that mails of it
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="alarms"
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("rule", "key"), condition=Q(cleared_at=None), name="alarm_one_open"
            ),
        )
        indexes = (
            models.Index(fields=("-cleared_at",), name="alarm_cleared"),
            models.Index(fields=("rule", "key", "-cleared_at"), name="alarm_before"),
        )

    def __str__(self) -> str:
        return f"{self.rule}: {self.about}"
