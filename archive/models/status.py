"""What customers are told of the service: planned breaks, and notices that they acknowledge."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, TextChoices
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from archive.models.fields import uuid_key
from archive.models.organisations import Organisation


class ServicePart(TextChoices):
    """The interfaces as customers know them."""

    DICOM = "dicom", _("DICOM: storing, asking, fetching")
    HL7 = "hl7", _("HL7 messages")
    WEB = "web", _("XDS, DICOMweb and FHIR")
    REGISTRATION = "registration", _("registration and confirmations")
    PORTAL = "portal", _("portal")


class _Told(models.Model):
    """A text in the three languages, by whom and when."""

    id = uuid_key()
    text_fi = models.TextField(max_length=2000)
    text_sv = models.TextField(max_length=2000)
    text_en = models.TextField(max_length=2000)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=200)

    class Meta:
        abstract = True

    @property
    def text(self) -> str:
        return getattr(self, f"text_{(get_language() or 'fi')[:2]}", "") or self.text_fi


class PlannedBreak(_Told):
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    parts = ArrayField(models.CharField(max_length=12, choices=ServicePart))
    called_off_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="break_ends_after_it_starts"
            ),
        )
        indexes = (models.Index(fields=("ends_at",), name="break_ends"),)
        ordering = ("starts_at",)

    def __str__(self) -> str:
        return str(self.starts_at)

    @property
    def part_words(self) -> list[str]:
        return [str(ServicePart(each).label) for each in self.parts]


class Announcement(_Told):
    """For example that instructions changed. Each customer acknowledges it, when that is asked."""

    title_fi = models.CharField(max_length=200)
    title_sv = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    is_acknowledged = models.BooleanField(default=True)  # by each customer
    taken_down_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("-made_at",), name="announcement_newest"),)
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return getattr(self, f"title_{(get_language() or 'fi')[:2]}", "") or self.title_fi


class AnnouncementReceipt(models.Model):
    """An organisation has taken note, by one of its people."""

    announcement = models.ForeignKey(
        Announcement, models.CASCADE, related_name="receipts", db_index=False
    )
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="receipts")
    at = models.DateTimeField()
    by_name = models.CharField(max_length=200)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("announcement", "organisation"), name="receipt_one_an_organisation"
            ),
        )

    def __str__(self) -> str:
        return f"{self.organisation} {self.at}"
