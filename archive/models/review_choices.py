"""What the review of logs distinguishes."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ReviewScope(TextChoices):
    """Whose looks a rule of review judges."""

    PROFESSIONALS = "professionals", _("customers’ professionals")
    STAFF = "staff", _("operator’s staff")


class ReviewKind(TextChoices):
    """What raises a suspicion."""

    EMERGENCY = "emergency", _("emergency use")
    EMERGENCY_WITHOUT_CARE = "emergency_without_care", _("emergency use without later care")
    FAMILY_NAME = "family_name", _("shared family name")
    OWN_RECORD = "own_record", _("one’s own record")
    MANY_PATIENTS = "many_patients", _("many patients in a short time")
    OUTSIDE_HOURS = "outside_hours", _("outside hours")
    NO_CARE_RELATION = "no_care_relation", _("patient without care relation")
    WATCHED = "watched", _("person on the watch list")
    LOG_READING = "log_reading", _("mass reading of logs")
    WITHOUT_CASE = "without_case", _("looks without a case")
    MANUAL = "manual", _("a reviewer’s own finding")  # of no rule


class SuspicionState(TextChoices):
    OPEN = "open", _("to be looked at")
    IN_CASE = "in_case", _("in a case")
    SETTLED = "settled", _("settled")


class ReviewState(TextChoices):
    OPEN = "open", _("open")
    CLOSED = "closed", pgettext_lazy("case", "closed")


class ReviewFinding(TextChoices):
    JUSTIFIED = "justified", _("justified")
    NOT_JUSTIFIED = "not_justified", _("not justified")
    UNCLEAR = "unclear", _("unclear")


class ExplanationState(TextChoices):
    ASKED = "asked", _("waits for an answer")
    ANSWERED = "answered", _("answered")
    WITHDRAWN = "withdrawn", _("withdrawn")
