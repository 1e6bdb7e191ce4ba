"""What anybody may read: the list of customers, the catalogue of Kanta services."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language

from archive.models import Organisation, Sector
from archive.models.fields import uuid_key


class PublicCustomer(models.Model):
    """A line of the public list. The source names some whose business id is not known (ON-7)."""

    id = uuid_key()
    name_fi = models.CharField(max_length=200)
    name_sv = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    sector = models.CharField(max_length=1, choices=Sector)
    joined_on = models.DateField()
    joined_text = models.CharField(max_length=40, blank=True)  # the source's text where it is odd
    ended_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True)
    organisation = models.OneToOneField(
        Organisation, models.PROTECT, null=True, blank=True, related_name="public_entry"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("name_fi",), condition=~Q(source=""), name="public_one_a_source_name"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """In the reader's language, else in Finnish."""
        return getattr(self, f"name_{(get_language() or 'fi')[:2]}", "") or self.name_fi


class KantaService(models.Model):
    """A row of the catalogue of Kanta services, with what it holds and since when (ON-9)."""

    id = uuid_key()
    code = models.CharField(max_length=40, unique=True)
    name_fi = models.CharField(max_length=100)
    name_sv = models.CharField(max_length=100)
    name_en = models.CharField(max_length=100)
    holds_fi = models.TextField()
    holds_sv = models.TextField()
    holds_en = models.TextField()
    concerns = ArrayField(models.CharField(max_length=24), default=list)  # answers of the guide
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code
