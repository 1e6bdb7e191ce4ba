"""What retention, destruction and take-overs distinguish."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RetentionBasis(TextChoices):
    """The event from which a period of retention runs."""

    DEATH = "death", _("the patient’s death")
    BIRTH = "birth", _("the patient’s birth")
    STUDY = "study", _("the study")


class DeathSource(TextChoices):
    """Who told that a patient has died."""

    MESSAGE = "message", _("HL7 message")
    ARCHIVIST = "archivist", _("archivist")


class ListState(TextChoices):
    """Of a list of studies to be destroyed."""

    PROPOSED = "proposed", _("waits for a second person")
    REFUSED = "refused", _("refused")
    RUNNING = "running", _("being carried out")
    STOPPED = "stopped", _("stopped")
    DONE = "done", _("carried out")


class ItemState(TextChoices):
    """Of one study of such a list."""

    LISTED = "listed", _("listed")
    SPARED = "spared", _("spared")
    CONDEMNED = "condemned", _("bytes are being removed")
    DESTROYED = "destroyed", _("destroyed")


class Spared(TextChoices):
    """Why a listed study was not destroyed when its turn came."""

    HELD = "held", _("a retention hold is in force")
    NOT_EXPIRED = "not-expired", _("its retention has not ended")
    PERMANENT = "permanent", _("it is kept permanently")
    UNCOMMITTED = "uncommitted", _("not all of it is committed")
    UNSETTLED = "unsettled", _("objects are coming in, or it is being registered")
    REFUSED = "refused", _("the list was refused")
    STOPPED = "stopped", _("the list was stopped for good")


class TakeoverSource(TextChoices):
    LIST = "list", _("list as a file")
    QUERY = "query", _("query to the customer’s system")


class TakeoverState(TextChoices):
    ASKING = "asking", _("asking")
    COMPARING = "comparing", _("comparing")
    COMPARED = "compared", _("compared")
    FAILED = "failed", _("failed")


class LineOutcome(TextChoices):
    """What a study of the list lacks: the first that applies, worst first."""

    MISSING = "missing", _("not stored")
    DESTROYED = "destroyed", _("destroyed")
    DAMAGED = "damaged", _("damaged")
    REJECTED = "rejected", _("rejected")
    FEWER = "fewer", _("fewer objects")
    UNCOMMITTED = "uncommitted", _("not committed")
    UNREGISTERED = "unregistered", _("not registered")
    HERE = "here", _("in order")
    REPEATED = "repeated", _("repeated in the list")
