"""Closed vocabularies of the engine's rows."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Environment(TextChoices):
    PRODUCTION = "production", _("production")
    TEST = "test", _("test")


class Sector(TextChoices):
    """Kind of controller, code system 1.2.246.537.5.40172."""

    PUBLIC = "1", _("public")
    PRIVATE = "2", _("private")


class RegisterType(TextChoices):
    """Patient document register, code system 1.2.246.537.5.40150."""

    PUBLIC = "2", _("public health care")
    PRIVATE = "3", _("private health care")
    OCCUPATIONAL = "4", _("occupational health care")


class CustomerState(TextChoices):
    JOINING = "joining", _("joining")
    IN_PRODUCTION = "in_production", _("in production")
    ENDED = "ended", _("ended")


class ConnectionKind(TextChoices):
    DICOM = "dicom", "DICOM"
    XDS = "xds", "XDS"
    HL7 = "hl7", "HL7"


class XdsRole(TextChoices):
    CONSUMER = "consumer", _("document consumer")
    PDR = "pdr", _("Patient Data Repository")
    OPERATOR = "operator", _("operator’s own tools")
    SOURCE = "source", _("document source")


class Role(TextChoices):
    ADMIN = "admin", _("administrator")
    ONBOARDING = "onboarding", _("onboarding officer")
    ARCHIVIST = "archivist", _("archivist")
    SUPPORT = "support", _("support desk")
    LOG_REVIEWER = "logreview", _("log reviewer")
    CUSTOMER_ADMIN = "customer_admin", _("customer's administrator")
    CUSTOMER_TECHNICAL = "customer_technical", _("customer's technical contact")


STAFF_ROLES = frozenset(
    {Role.ADMIN, Role.ONBOARDING, Role.ARCHIVIST, Role.SUPPORT, Role.LOG_REVIEWER}
)
CASE_WORKERS = frozenset({Role.ADMIN, Role.ARCHIVIST, Role.SUPPORT})  # may be given a case


class StudyState(TextChoices):
    RECEIVING = "receiving", _("receiving")
    WAITING = "waiting_for_documents", _("waiting for documents")
    REGISTERING = "registering", _("registering")
    REGISTERED = "registered", _("registered")
    FAILED = "failed", _("failed")
    CORRECTED = "corrected", _("corrected")
    DESTROYED = "destroyed", _("destroyed")


class DocumentKind(TextChoices):
    REQUEST = "request", _("request for examination")
    STUDY_ENTRY = "study-entry", _("examination note")
    REPORT = "report", _("report")
    MANIFEST = "manifest", _("image manifest")
    OTHER = "other", _("other document")


class DocumentStatus(TextChoices):
    """Availability of an XDS document entry, ITI TF-3 4.2.3.2.2."""

    APPROVED = "approved", _("in force")
    DEPRECATED = "deprecated", _("replaced")


class CommitmentState(TextChoices):
    REQUESTED = "requested", _("asked for")
    REPORTED = "reported", _("reported")
    UNDELIVERED = "undelivered", _("report not delivered")


class NoticeState(TextChoices):
    PENDING = "pending", _("to be sent")
    DELIVERED = "delivered", _("delivered")
    SUPERSEDED = "superseded", _("superseded by a later one")
    FAILED = "failed", _("given up")


class RejectionTitle(TextChoices):
    """Why objects are rejected: titles of rejection notes, PS3.16 CID 7011, scheme DCM."""

    QUALITY = "113001", _("rejected for quality reasons")
    PATIENT_SAFETY = "113037", _("rejected for patient safety reasons")
    WORKLIST = "113038", _("incorrect modality worklist entry")
    RETENTION = "113039", _("retention period has ended")


class CorrectionOrigin(TextChoices):
    STORED = "stored", _("sent again by the customer")
    PORTAL = "portal", _("made in the portal")


class CorrectionState(TextChoices):
    GATHERING = "gathering", _("part of the study is corrected")
    IN_FORCE = "in_force", _("in force")
    UNDONE = "undone", _("undone")


class JobState(TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    DEAD = "dead", _("given up")


class JobKind(TextChoices):
    REGISTRATION = "registration", _("registration of a study")
    NOTICE = "notice", _("confirmation of registration (IAN)")
    COMMITMENT_REPORT = "commitment_report", _("storage commitment report")
    AUTHORISATION_FORM = "authorisation_form", _("authorisation to the Patient Data Repository")
    AUTHORISATION_LETTER = "authorisation_letter", _("mail about an authorisation")
    CORRECTION = "correction", _("correction of a study")
    BATCH = "batch", _("batch of the support desk")
    TAKEOVER_QUERY = "takeover_query", _("query for a take-over")
    TAKEOVER_COMPARE = "takeover_compare", _("comparison of a take-over")
    RETENTION_SURVEY = "retention_survey", _("working out of retention")
    DESTRUCTION = "destruction", _("destruction of studies")
    REVIEW_LETTER = "review_letter", _("mail about a log review")
    WEBHOOK = "webhook", _("call of a webhook")
    MAIL = "mail", _("mail to a contact or an invited person")
    CASE_LETTER = "case_letter", _("mail about a case to a customer")


class RoundKind(TextChoices):
    VERIFICATION = "verification", _("verification of stored bytes")
    RECONCILIATION = "reconciliation", _("reconciliation of register and archive")


class FindingKind(TextChoices):
    MANIFEST_WITHOUT_IMAGES = "manifest-without-images", _("manifest without its images")
    IMAGES_WITHOUT_ENTRY = "images-without-entry", _("images without an entry in the registry")
    IMAGES_BEFORE_ENTRY = "images-before-entry", _("images before their examination note")
    ROW_WITHOUT_BYTES = "row-without-bytes", _("object whose bytes are missing")
    DESTROYED_YET_LIVE = "destroyed-yet-live", _("destroyed study that is live in the registry")
    BYTES_WITHOUT_ROW = "bytes-without-row", _("stored bytes that no object names")


class CaseState(TextChoices):
    OPEN = "open", _("open")
    RESOLVED = "resolved", _("resolved")


class Handling(TextChoices):
    """How far the desk is with an open case."""

    NEW = "new", _("new")
    ASSIGNED = "assigned", _("assigned")
    WAITING = "waiting", _("waits for the customer")
    ANSWERED = "answered", _("customer has answered")
    RECURRING = "recurring", _("has come back")


class Severity(TextChoices):
    CRITICAL = "critical", _("critical")
    HIGH = "high", _("high")
    NORMAL = "normal", _("normal")
    LOW = "low", _("low")


class EventOutcome(TextChoices):
    OPEN = "open", _("open")
    RETRIED = "retried", _("tried again")
    SOLVED = "solved", _("solved")
    IGNORED = "ignored", _("ignored")


class BatchKind(TextChoices):
    RETRY = "retry", _("try again")
    REDIRECT = "redirect", _("send to another system")
    IGNORE = "ignore", _("ignore")


class BatchState(TextChoices):
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    CANCELLED = "cancelled", _("cancelled")
    DONE = "done", _("ended")


class BatchItemState(TextChoices):
    """What became of one event of a batch."""

    WAITING = "waiting", _("waits its turn")
    GOING = "going", _("being done")
    DONE = "done", _("went through")
    PUT_OFF = "put_off", _("done, and waits for what is missing")
    FAILED = "failed", _("failed again")
    ALREADY = "already", _("had gone through already")
    IMPOSSIBLE = "impossible", _("cannot be done again here")
    CANCELLED = "cancelled", _("left undone")


class MailPace(TextChoices):
    """How a person is told of cases by mail."""

    OFF = "off", _("no mail")
    GIVEN = "given", _("at once, but only of cases that somebody gives me")
    AT_ONCE = "at_once", _("at once")
    DIGEST = "digest", _("once a day")


class WishSource(TextChoices):
    """Where a statement of the patient's was made."""

    CITIZEN = "citizen", _("citizen service")
    DESK = "desk", _("care provider’s desk")
    REPOSITORY = "repository", _("Patient Data Repository")
    CORRECTION = "correction", _("correction by staff")


class ConsentForm(TextChoices):
    """What was given: a permission, or before 1.11.2021 a consent, which was converted."""

    PERMISSION = "permission", _("disclosure permission")
    CONSENT = "consent", _("consent, converted to a permission")


class ProhibitionScope(TextChoices):
    SERVICE_EVENT = "service_event", _("one service event")
    PROVIDER = "provider", _("a public provider")
    REGISTER = "register", _("a register of a public provider")
    PRIVATE_OCCUPATIONAL = "private_occupational", _("private occupational health care")
    EVERYTHING = "everything", _("everything")


class WillSubject(TextChoices):
    ORGAN_DONATION = "organ_donation", _("organ donation")
    LIVING_WILL = "living_will", _("living will")
    OTHER = "other", _("other expression of will")


class AuthorisationLevel(TextChoices):
    PATIENT = "patient", _("one patient")
    POPULATION = "population", _("population level")


class AuthorisationState(TextChoices):
    WITHOUT_PRODUCER = "without_producer", _("without producer")
    GRANTED = "granted", _("granted")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    ENDED = "ended", _("ended")
    REVOKED = "revoked", _("revoked")
    REPLACED = "replaced", _("replaced by a new version")


class Urgency(TextChoices):
    ROUTINE = "routine", _("routine")
    URGENT = "urgent", _("urgent")
    EMERGENCY = "emergency", _("emergency")


class AccessPolicyKind(TextChoices):
    AREA = "area", _("disclosure without permission within an area")
    ROLE = "role", _("professional roles that may see")
    CONSENT = "consent", _("consents count as disclosure permissions")


class ActingGround(TextChoices):
    """On what ground a person acts for another in the citizen service."""

    GUARDIAN = "guardian", _("guardian of a minor")
    MANDATE = "mandate", _("mandate")
    TRUSTEE = "trustee", _("guardianship of an adult")


class ApiClientKind(TextChoices):
    CITIZEN_SERVICE = "citizen_service", _("citizen service")


class LogRuleKey(TextChoices):
    RETENTION_YEARS = "retention-years", _("years a log is kept")
    REPORT_YEARS = "report-years", _("years a report goes back without a special reason")
    ANSWER_DAYS = "answer-days", _("days a customer has for an explanation")


class MessageOutcome(TextChoices):
    """What became of an HL7 message."""

    RECEIVED = "received", _("not answered")
    DONE = "done", _("done")
    NO_EFFECT = "no_effect", _("nothing to change")
    REFUSED = "refused", _("refused")


class SecondKind(TextChoices):
    """What needs two persons."""

    UNDO_MERGE = "undo-merge", _("undoing of a merge")
    DESTRUCTION = "destruction", _("destruction of studies")


class SecondState(TextChoices):
    """Of what one person asks for and a second one decides."""

    OPEN = "open", _("waits for a second person")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
