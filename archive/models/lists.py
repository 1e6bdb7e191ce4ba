"""How people keep the portal's lists: saved views, and their own choice of columns."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from archive.models.fields import uuid_key
from archive.models.organisations import Organisation


class SavedView(models.Model):
    """A list's filters, order and columns under a name: its owner's, or everybody's beside the
    owner who may read the list. Without a name it is how its owner keeps the list: the columns,
    and the view it opens with.
    """

    id = uuid_key()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", db_index=False
    )
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, null=True, blank=True, related_name="+"
    )  # within which it is shared; none: the operator
    listing = models.CharField(max_length=40)
    name = models.CharField(max_length=60, blank=True)
    query = models.CharField(max_length=1000, blank=True)  # a patient by opaque id only
    columns = models.JSONField(default=list, blank=True)  # keys; none: the usual ones
    is_shared = models.BooleanField(default=False)
    opens_with = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint("owner", "listing", Lower("name"), name="saved_view_identity"),
            models.CheckConstraint(
                condition=~Q(name="", is_shared=True), name="saved_view_shared_by_name"
            ),
        )
        indexes = (
            models.Index(
                fields=("listing",), condition=Q(is_shared=True), name="saved_view_shared"
            ),
        )

    def __str__(self) -> str:
        return self.name
