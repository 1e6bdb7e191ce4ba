"""How much a customer's systems may load the archive, as dated rows (AR-13)."""

from django.db import models

from archive.models.fields import uuid_key
from archive.models.organisations import Organisation


class UseLimit(models.Model):
    """What is allowed at once and in a minute, in each environment. Without an organisation it is
    for everyone who has no row of their own. Of several in force the one that began last counts.
    """

    id = uuid_key()
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="use_limits",
        db_index=False,
    )
    associations = models.PositiveIntegerField()  # at once
    objects_per_minute = models.PositiveIntegerField()
    calls_per_minute = models.PositiveIntegerField(default=1_200)  # of all its tokens of the API
    token_calls_per_minute = models.PositiveIntegerField(default=600)  # of each
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "valid_from"),
                nulls_distinct=False,
                name="use_limit_identity",
            ),
        )

    def __str__(self) -> str:
        return f"{self.associations} {self.objects_per_minute}"


class ApiCallCount(models.Model):
    """Calls of the API in one minute, by a token or by an organisation with all of its tokens: one
    count for all processes.
    """

    holder_id = models.UUIDField()
    minute = models.DateTimeField()
    calls = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("holder_id", "minute"), name="api_call_count_one"),
        )
        indexes = (models.Index(fields=("minute",), name="api_call_count_minute"),)

    def __str__(self) -> str:
        return f"{self.holder_id} {self.calls}"
