"""A register passes from one controller to the next on a day (ON-8)."""

from django.db import models
from django.db.models import Q

from archive.models import Organisation, Register
from archive.models.fields import uuid_key
from onboarding.models.joining import FourEyes


class Succession(models.Model):
    """`Register.organisation` says who is controller now; these rows say who was before, until
    when.
    """

    id = uuid_key()
    register = models.ForeignKey(Register, models.PROTECT, related_name="successions")
    from_organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="registers_given"
    )
    to_organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="registers_taken"
    )
    day = models.DateField()  # the first on which the successor is controller
    request = models.ForeignKey(FourEyes, models.PROTECT, related_name="successions")
    passed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("register",), condition=Q(passed_at=None), name="succession_one_to_come"
            ),
        )
        ordering = ("day",)

    def __str__(self) -> str:
        return f"{self.register_id} {self.day}"
