"""The table of pages: who may open what, and where it stands in the rail. One row a page;
`portal.staff.page` is the door.
"""

from dataclasses import dataclass

from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from archive.models import CASE_WORKERS, STAFF_ROLES, Role

Label = str | Promise

STAFF = frozenset(str(role) for role in STAFF_ROLES)
WORKERS = frozenset(str(role) for role in CASE_WORKERS)
CUSTOMERS = frozenset({Role.CUSTOMER_ADMIN.value, Role.CUSTOMER_TECHNICAL.value})
STUDY_READERS = frozenset({Role.ADMIN.value, Role.ARCHIVIST.value, Role.SUPPORT.value})
DESK = STUDY_READERS | {Role.ONBOARDING.value}
ARCHIVISTS = frozenset({Role.ADMIN.value, Role.ARCHIVIST.value})
OFFICERS = frozenset({Role.ADMIN.value, Role.ONBOARDING.value})
ADMINISTRATORS = frozenset({Role.ADMIN.value})
REVIEWERS = frozenset({Role.ADMIN.value, Role.LOG_REVIEWER.value})
SPEAKERS = OFFICERS | {Role.CUSTOMER_ADMIN.value}  # who binds a customer, or acts on its behalf
ORDERERS = frozenset({Role.CUSTOMER_ADMIN.value})  # who orders and accepts purchased services

TOP: Label = ""
CUSTOMER_GROUP = _("Customers")
ARCHIVE_GROUP = _("Archive")
ACCESS_GROUP = _("Who may see")
SYSTEM_GROUP = _("System")
LOGS_GROUP = _("Logs")
# Where a customer's people find what the staff find elsewhere.
OWN = {
    "customers": "home",
    "authorisations": "own-authorisations",
    "duty": "own-duty",
    "takeovers": "own-takeovers",
}


@dataclass(frozen=True, slots=True)
class Page:
    """`within` names the rail's page that is current while this one is open; `counted` asks for
    a number beside it.
    """

    name: str
    url_name: str
    label: Label
    roles: frozenset[str]
    group: Label = TOP
    in_rail: bool = False
    within: str = ""
    counted: bool = False

    def may_open(self, roles: frozenset[str]) -> bool:
        return bool(self.roles & roles)

    @property
    def url(self) -> str:
        """The address, or nothing while no view has the name."""
        try:
            return reverse(self.url_name)
        except NoReverseMatch:
            return ""


PAGES: tuple[Page, ...] = (
    Page("overview", "overview", _("Overview"), STAFF, in_rail=True),
    Page("home", "home", _("Home"), CUSTOMERS, in_rail=True),
    Page("desk", "desk", _("Support desk"), DESK, in_rail=True, counted=True),
    Page("case", "case", _("Case"), DESK, within="desk"),
    Page("case-retry", "case-retry", _("Retry"), STUDY_READERS, within="desk"),
    Page("case-resolve", "case-resolve", _("Resolve"), STUDY_READERS, within="desk"),
    Page("case-work", "case-work", _("Case"), WORKERS, within="desk"),
    Page("batch", "batches", _("Batches"), STUDY_READERS, within="desk"),
    Page("case-mail", "case-mail", _("Mails about cases"), DESK, within="desk"),
    Page("trace-study", "trace-study", _("Trace"), STUDY_READERS, within="desk"),
    Page("trace-message", "trace-message", _("Trace"), STUDY_READERS, within="desk"),
    Page("trace-association", "trace-association", _("Trace"), STUDY_READERS, within="desk"),
    Page("errors", "desk", _("Errors"), CUSTOMERS, in_rail=True),
    Page("own-case", "case", _("Case"), CUSTOMERS, within="errors"),
    Page("own-case-reply", "case-reply", _("Case"), CUSTOMERS, within="errors"),
    Page("own-case-mail", "case-mail", _("Mails about cases"), CUSTOMERS, within="errors"),
    Page("own-case-repair", "case-repair", _("Case"), CUSTOMERS, within="errors"),
    Page("own-authorisations", "authorisations", _("Authorisations"), CUSTOMERS, in_rail=True),
    Page("rollout", "rollout", _("Rollout test"), CUSTOMERS, in_rail=True),
    Page("customers", "organisations", _("Customers"), STAFF, CUSTOMER_GROUP, in_rail=True),
    Page("customer", "organisation", _("Customer"), STAFF | CUSTOMERS, within="customers"),
    Page("pipeline", "joining", _("Joining"), STAFF, CUSTOMER_GROUP, in_rail=True),
    Page("terms-versions", "terms-versions", _("Terms"), STAFF, within="pipeline"),
    Page("terms-publish", "terms-publish", _("New version"), OFFICERS, within="pipeline"),
    Page("four-eyes", "four-eyes", _("Second officer"), OFFICERS, within="pipeline"),
    Page("succession", "succession", _("Succession"), OFFICERS, within="customers"),
    Page("access-requests", "access-requests", _("Asks to be let in"), OFFICERS, within="pipeline"),
    Page("joining-file", "joining-file", _("Joining"), STAFF | CUSTOMERS, within="customers"),
    Page("joining-move", "joining-move", _("Joining"), SPEAKERS, within="customers"),
    Page("joining-judge", "joining-judge", _("Joining"), OFFICERS, within="customers"),
    Page(
        "joining-fill", "joining-contacts", _("Joining"), OFFICERS | CUSTOMERS, within="customers"
    ),
    Page("joining-people", "joining-people", _("People"), SPEAKERS, within="customers"),
    Page("rollouts", "rollout", _("Rollout tests"), STAFF, CUSTOMER_GROUP, in_rail=True),
    Page("rollout-run", "rollout-run", _("Rollout test"), STAFF | CUSTOMERS, within="rollout"),
    Page("rollout-act", "rollout-finish", _("Rollout test"), CUSTOMERS, within="rollout"),
    Page("load", "load", _("Load"), STAFF, CUSTOMER_GROUP, in_rail=True),
    Page("load-limits", "load-limits", _("Limits"), OFFICERS, within="customers"),
    Page("studies", "studies", _("Studies"), STUDY_READERS, ARCHIVE_GROUP, in_rail=True),
    Page("patient-search", "patient-search", _("Patient"), STUDY_READERS, within="studies"),
    Page("study", "study", _("Study"), STUDY_READERS, within="studies"),
    Page(
        "authorisations", "authorisations", _("Authorisations"), STAFF, ACCESS_GROUP, in_rail=True
    ),
    Page("assignments", "assignments", _("Assignments"), CUSTOMERS, within="authorisations"),
    Page("follow-up", "follow-up", _("Follow-up"), STAFF | CUSTOMERS, within="authorisations"),
    Page(
        "authorisation",
        "authorisation",
        _("Authorisation"),
        STAFF | CUSTOMERS,
        within="authorisations",
    ),
    Page(
        "authorisation-search",
        "authorisation-search",
        _("Patient"),
        ORDERERS | STUDY_READERS,
        within="authorisations",
    ),
    Page("order-new", "order-new", _("New order"), ORDERERS, within="authorisations"),
    Page(
        "authorisation-act",
        "authorisation-act",
        _("Authorisation"),
        ORDERERS,
        within="authorisations",
    ),
    Page("people", "people", _("People"), ADMINISTRATORS, SYSTEM_GROUP, in_rail=True),
    Page("person", "person", _("Person"), ADMINISTRATORS, within="people"),
    Page("disclosures", "log-disclosures", _("Disclosures"), REVIEWERS, LOGS_GROUP, in_rail=True),
    Page("disclosure", "log-disclosure", _("Disclosure"), REVIEWERS, within="disclosures"),
    Page("log-patient", "log-patient", _("Patient"), REVIEWERS, within="disclosures"),
    Page("use-log", "log-use", _("Use log"), REVIEWERS, LOGS_GROUP, in_rail=True),
    Page("use-entry", "log-use-entry", _("Entry"), REVIEWERS, within="use-log"),
    Page("who-has-seen", "log-report", _("Who has seen"), REVIEWERS, LOGS_GROUP, in_rail=True),
    Page("corrections", "corrections", _("Corrections"), STUDY_READERS, ARCHIVE_GROUP, True),
    Page("correction", "correction", _("Correction"), STUDY_READERS, within="corrections"),
    Page("rejection", "rejection", _("Rejection"), STUDY_READERS, within="corrections"),
    Page("correct", "correction-new", _("Correct"), ARCHIVISTS, within="corrections"),
    Page("reject", "study-reject", _("Reject objects"), ARCHIVISTS, within="corrections"),
    Page("may-correct", "may-correct", _("Who may correct"), ARCHIVISTS, within="corrections"),
    Page("integrity", "integrity", _("Integrity"), STUDY_READERS, ARCHIVE_GROUP, True),
    Page("reconciliation", "reconciliation", _("Findings"), STUDY_READERS, within="integrity"),
    Page("restore", "integrity", _("Restore"), ARCHIVISTS, within="integrity"),
    Page("search", "search", _("Search"), DESK),
    Page("issuers", "issuers", _("Trusted issuers"), DESK, SYSTEM_GROUP, in_rail=True),
    Page("issuer-change", "issuer-add", _("Add an issuer"), ADMINISTRATORS, within="issuers"),
    Page("xua-switch", "xua-switch", _("Signed assertions"), OFFICERS, within="customers"),
    Page("wishes", "wishes", _("Patients’ state"), STUDY_READERS, ACCESS_GROUP, in_rail=True),
    Page("wishes-person", "wishes-person", _("Patients’ state"), STUDY_READERS, within="wishes"),
    Page("why", "why", _("Why"), STUDY_READERS, ACCESS_GROUP, in_rail=True),
    Page(
        "access-rules",
        "access-rules",
        _("Rules of access"),
        ADMINISTRATORS,
        ACCESS_GROUP,
        in_rail=True,
    ),
    Page(
        "access-rules-change",
        "access-rules-change",
        _("Rules of access"),
        ADMINISTRATORS,
        within="access-rules",
    ),
    Page(
        "api-clients",
        "api-clients",
        _("Clients of the API"),
        ADMINISTRATORS,
        SYSTEM_GROUP,
        in_rail=True,
    ),
    Page("wishes-correct", "wishes-correct", _("Correction"), ARCHIVISTS, within="wishes"),
    Page("messages", "messages", _("HL7 messages"), STUDY_READERS, ARCHIVE_GROUP, in_rail=True),
    Page("message", "message", _("HL7 message"), STUDY_READERS, within="messages"),
    Page("message-replay", "message-replay", _("HL7 message"), STUDY_READERS, within="messages"),
    Page("own-messages", "messages", _("HL7 messages"), CUSTOMERS, in_rail=True),
    Page("own-message", "message", _("HL7 message"), CUSTOMERS, within="own-messages"),
    Page("registry", "registry", _("Registry"), STUDY_READERS, ARCHIVE_GROUP, in_rail=True),
    Page("registry-entry", "registry-entry", _("Registry"), STUDY_READERS, within="registry"),
    Page(
        "registry-messages",
        "registry-messages",
        _("XDS messages"),
        STUDY_READERS,
        within="registry",
    ),
    Page(
        "registry-message", "registry-message", _("XDS message"), STUDY_READERS, within="registry"
    ),
    Page("joining-source", "joining-source", _("Document source"), OFFICERS, within="customers"),
    Page("merges", "merges", _("Merges"), STUDY_READERS, ARCHIVE_GROUP, in_rail=True),
    Page("merge", "merge", _("Merge"), STUDY_READERS, within="merges"),
    Page("merge-make", "merge-make", _("Merge two ids"), ARCHIVISTS, within="merges"),
    Page("merge-undo", "merge-undo", _("Undo a merge"), ARCHIVISTS, within="merges"),
    Page("review", "review", _("Log review"), REVIEWERS, LOGS_GROUP, in_rail=True, counted=True),
    Page("suspicion", "suspicion", _("Suspicion"), REVIEWERS, within="review"),
    Page("review-cases", "review-cases", _("Review cases"), REVIEWERS, within="review"),
    Page("review-case", "review-case", _("Review case"), REVIEWERS, within="review"),
    Page("review-act", "review-act", _("Review case"), REVIEWERS, within="review"),
    Page("review-rules", "review-rules", _("Rules of log review"), REVIEWERS, within="review"),
    Page("review-rule", "review-rule", _("Rules of log review"), ADMINISTRATORS, within="review"),
    Page("review-watch", "review-watch", _("Watch list"), REVIEWERS, within="review"),
    Page("review-watch-change", "review-watch-add", _("Watch list"), REVIEWERS, within="review"),
    Page("keys", "keys", _("Keyboard"), STAFF | CUSTOMERS),
    Page("list-views", "list-columns", _("Saved views"), STAFF | CUSTOMERS),
    Page("log-requests", "log-requests", _("Log requests"), CUSTOMERS, in_rail=True),
    Page("log-request", "log-request", _("Log request"), CUSTOMERS, within="log-requests"),
    Page("retention", "retention", _("Retention"), STUDY_READERS, ARCHIVE_GROUP, in_rail=True),
    Page("retention-survey", "retention-survey", _("Retention"), ARCHIVISTS, within="retention"),
    Page("retention-rules", "retention-rules", _("Rules"), STUDY_READERS, within="retention"),
    Page(
        "retention-rule-change",
        "retention-rule-change",
        _("Rules"),
        ARCHIVISTS,
        within="retention",
    ),
    Page("retention-holds", "retention-holds", _("Holds"), STUDY_READERS, within="retention"),
    Page(
        "retention-hold-change",
        "retention-hold-change",
        _("Holds"),
        ARCHIVISTS,
        within="retention",
    ),
    Page("retention-death", "retention-death", _("Day of death"), ARCHIVISTS, within="retention"),
    Page("destructions", "destructions", _("Destruction"), STUDY_READERS, within="retention"),
    Page("destruction", "destruction", _("Destruction list"), STUDY_READERS, within="retention"),
    Page(
        "destruction-propose",
        "destruction-propose",
        _("Propose a destruction list"),
        ARCHIVISTS,
        within="retention",
    ),
    Page("destruction-act", "destruction-act", _("Destruction"), ARCHIVISTS, within="retention"),
    Page("duty", "duty", _("Duty against fact"), STAFF, CUSTOMER_GROUP, in_rail=True),
    Page("own-duty", "duty", _("Volumes"), CUSTOMERS, in_rail=True),
    Page("customer-duty", "customer-duty", _("Volumes"), STAFF | CUSTOMERS, within="duty"),
    Page("takeovers", "takeovers", _("Take-overs"), DESK, ARCHIVE_GROUP, in_rail=True),
    Page("own-takeovers", "takeovers", _("Take-overs"), CUSTOMERS, in_rail=True),
    Page("takeover", "takeover", _("Take-over"), DESK | CUSTOMERS, within="takeovers"),
    Page(
        "takeover-start",
        "takeover-start",
        _("Take-over"),
        ARCHIVISTS | OFFICERS | CUSTOMERS,
        within="takeovers",
    ),
    Page("policies", "policies", _("Content policy"), STAFF, SYSTEM_GROUP, in_rail=True),
    Page("policy", "policy", _("Content policy"), STAFF, within="policies"),
    Page("codes", "codes", _("Study codes"), STAFF, SYSTEM_GROUP, in_rail=True),
    Page("codes-import", "codes-import", _("Study codes"), ADMINISTRATORS, within="codes"),
    Page("policy-change", "policy-add", _("Content policy"), ADMINISTRATORS, within="policies"),
    Page("queues", "queues", _("Queues"), DESK, SYSTEM_GROUP, in_rail=True),
    Page("queue-hold", "queue-hold", _("Queues"), ADMINISTRATORS, within="queues"),
    Page("job-retry", "job-retry", _("Queues"), STUDY_READERS, within="queues"),
    Page("interfaces", "interfaces", _("Interfaces"), DESK, SYSTEM_GROUP, in_rail=True),
    Page("interface", "interface", _("Interfaces"), DESK, within="interfaces"),
    Page(
        "interface-expected",
        "interface-expected",
        _("Interfaces"),
        STUDY_READERS,
        within="interfaces",
    ),
    Page(
        "silence-learning",
        "silence-learning",
        _("How silence is learned"),
        DESK,
        within="interfaces",
    ),
    Page(
        "silence-learning-change",
        "silence-learning-new",
        _("How silence is learned"),
        ADMINISTRATORS,
        within="interfaces",
    ),
    Page("alarms", "alarms", _("Alarms"), DESK, SYSTEM_GROUP, in_rail=True),
    Page("alarm-acknowledge", "alarm-acknowledge", _("Alarms"), DESK, within="alarms"),
    Page("alarm-rules", "alarm-rules", _("Rules of alarms"), DESK, within="alarms"),
    Page(
        "alarm-rule-change",
        "alarm-rule-new",
        _("Rules of alarms"),
        ADMINISTRATORS,
        within="alarms",
    ),
    Page("status", "status", _("State of the service"), STAFF, SYSTEM_GROUP, in_rail=True),
    Page("own-status", "status", _("State of the service"), CUSTOMERS, in_rail=True),
    Page("status-change", "break-new", _("Planned break"), OFFICERS | DESK, within="status"),
    Page(
        "announcement",
        "announcement",
        pgettext_lazy("announcement", "Notice"),
        STAFF,
        within="status",
    ),
    Page(
        "announcement-read",
        "announcement-read",
        pgettext_lazy("announcement", "Notice"),
        CUSTOMERS,
        within="own-status",
    ),
    Page("webhooks", "webhooks", _("Webhooks"), OFFICERS | CUSTOMERS, SYSTEM_GROUP, in_rail=True),
    Page("webhook-change", "webhook-add", _("Webhooks"), SPEAKERS, within="webhooks"),
    Page("tokens", "tokens", _("Tokens of the API"), STAFF | CUSTOMERS, SYSTEM_GROUP, True),
    Page(
        "token-system",
        "token-system",
        _("Tokens of the API"),
        ADMINISTRATORS | ORDERERS,
        within="tokens",
    ),
)
BY_NAME = {page.name: page for page in PAGES}


def address(roles: frozenset[str], url_name: str, row: Model | None = None) -> str:
    """The page of a row, or one of none, or nothing for roles that may not open it."""
    opens = any(page.url_name == url_name and page.may_open(roles) for page in PAGES)
    return reverse(url_name, args=[row.pk] if row else []) if opens else ""


@dataclass(frozen=True, slots=True)
class Link:
    label: Label
    url: str
    current: bool
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    label: Label
    links: tuple[Link, ...]


def rail(roles: frozenset[str], current: str, counts: dict[str, int]) -> tuple[Group, ...]:
    """What these roles may open and what exists, by group, in the table's order."""
    here = BY_NAME[current].within or current if current in BY_NAME else ""
    if here in OWN and not BY_NAME[here].may_open(roles):
        here = OWN[here]
    groups: dict[Label, list[Link]] = {}
    for page in PAGES:
        if page.in_rail and page.may_open(roles) and page.url:
            link = Link(page.label, page.url, page.name == here, counts.get(page.name, 0))
            groups.setdefault(page.group, []).append(link)
    return tuple(Group(label, tuple(links)) for label, links in groups.items())
