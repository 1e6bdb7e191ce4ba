"""Closed vocabularies of a customer's road."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class JoiningState(TextChoices):
    """Where a customer stands on its road (ON-5, ON-6)."""

    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    IN_REVIEW = "in_review", _("in review")
    RETURNED = "returned", _("returned")
    ACCEPTED = "accepted_for_testing", _("accepted for testing")
    TEST_PASSED = "test_passed", _("test passed")
    TEST_WAIVED = "test_waived", _("test waived")
    IN_PRODUCTION = "in_production", _("in production")
    NOTICE_GIVEN = "notice_given", _("notice given")
    ENDED = "ended", _("ended")
    REJECTED = "rejected", pgettext_lazy("application", "rejected")


class ContactKind(TextChoices):
    ADMINISTRATIVE = "administrative", _("administrative contact")
    TECHNICAL = "technical", _("technical contact")
    DATA_PROTECTION = "data_protection", _("data protection contact")


class Precondition(TextChoices):
    """ON-2 (a) to (f)."""

    CERTIFIED = "certified", _("certified systems")
    PATIENT_DATA = "patient_data", _("Patient Data Repository in use")
    DELIVERY_TERMS = "delivery_terms", _("general delivery terms accepted")
    SERVICE_DESCRIPTION = "service_description", _("service description accepted")
    DEPLOYMENT_DATA = "deployment_data", _("deployment data given")
    ROLLOUT_TEST = "rollout_test", _("rollout test passed")


class EvidenceState(TextChoices):
    MISSING = "missing", _("missing")
    GIVEN = "given", _("given")
    ACCEPTED = "accepted", _("accepted")
    WAIVED = "waived", _("waived")


class TermsKind(TextChoices):
    DELIVERY = "delivery_terms", _("general delivery terms")
    SERVICE = "service_description", _("service description")


class ActivityRole(TextChoices):
    """What an organisation does with images; several are allowed (ON-1)."""

    PRODUCES = "produces", _("produces images")
    REPORTS = "reports", _("reports on images")
    USES = "uses", _("uses images")


class MailState(TextChoices):
    WAITS = "waits", _("mail is on its way")
    GONE = "gone", _("mail has gone")
    FAILED = "failed", _("mail did not go")


class RunState(TextChoices):
    RUNNING = "running", _("running")
    PASSED = "passed", _("passed")
    FAILED = "failed", _("not passed")
    ABANDONED = "abandoned", _("abandoned")


class StepState(TextChoices):
    WAITING = "waiting", _("waiting for your system")
    PASSED = "passed", _("passed")
    FAILED = "failed", _("not as expected")
    INACTIVE = "inactive", _("its interface is not there yet")
    NOT_ASKED = "not_asked", _("not asked for")


class RequestState(TextChoices):
    """A thing that needs a second person."""

    OPEN = "open", _("waits for a second person")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
