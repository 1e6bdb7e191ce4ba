"""What came into the registers, day by day (AR-11)."""

from django.db import models

from archive.models.fields import environment_field
from archive.models.organisations import Organisation


class VolumeDay(models.Model):
    """What was stored of a content type into a controller's registers on a day in Finland. A study
    counts on the day on which something of the type came of it first, so days can be added up.
    """

    environment = environment_field()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="volumes")
    content_type = models.CharField(max_length=32)
    day = models.DateField()
    studies = models.PositiveIntegerField(default=0)
    instances = models.PositiveBigIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("environment", "organisation", "content_type", "day"), name="volume_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.content_type} {self.day}"
