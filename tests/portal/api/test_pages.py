"""What the pages do, the API does: each page that takes a POST has its operations, open to the same
roles, or a reason why it has none. `docs/decisions.md` tells the reasons ("What the API leaves to
the pages").
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver

from portal import urls
from portal.api.doors import Door, Opened
from portal.api.urls import urlpatterns
from portal.pages import BY_NAME, Page

PROGRAMS = ("api/", "xds/", "xca/", "wado", "fhir/", "dicomweb/")
STUDY, CASE, BATCH, REVIEW = "studies/{}", "cases/{}", "batches/{}", "review/cases/{}"
CUSTOMER, COLLEAGUE, MERGE = "customers/{}", "people/{}", "merges/{}"
PLANNED, LISTED = "customers/{}/planned-connections/{}", "retention/destructions/{}"

# The pages that act, by the names of their addresses, and what a POST over the API does of it.
OPERATIONS: dict[str, str] = {
    "access-decide": "customers/{}/access-requests/{}/let-in|turn-away",
    "access-rules-change": "access-rules",
    "access-rules-close": "access-rules/{}/close",
    "access-rules-members": "access-rules/{}/members",
    "access-rules-role": "access-rules",
    "alarm-acknowledge": "alarms/{}/acknowledge",
    "alarm-rule-change": "alarms/rules/{}/replace",
    "alarm-rule-end": "alarms/rules/{}/end",
    "alarm-rule-new": "alarms/rules",
    "announcement-new": "status/notices/put-up",
    "announcement-read": "status/notices/{}/acknowledge",
    "announcement-take-down": "status/notices/{}/take-down",
    "api-clients-add": "clients",
    "api-clients-retire": "clients/{}/retire",
    "authorisation-act": "orders/{}/accept|decline|withdraw|done|revoke",
    "authorisation-amend": "orders/{}/versions",
    "authorisation-patient": "orders/{}/patient",
    "authorisation-search": "orders/search",
    "batch-act": f"{BATCH}/pause|resume|cancel|undo",
    "batch-begin": "batches",
    "break-call-off": "status/breaks/{}/call-off",
    "break-new": "status/breaks",
    "case-repair": f"{CASE}/repair",
    "case-reply": f"{CASE}/reply",
    "case-resolve": f"{CASE}/resolve",
    "case-retry": f"{CASE}/retry",
    "case-work": f"{CASE}/assign|severity|comment|ignore|join|split|apart|redirect|watch",
    "codes-import": "study-codes/imports",
    "codes-preview": "study-codes/imports/{}/apply",
    "correction-new": "corrections/preview corrections",
    "correction-undo": "corrections/{}/undo",
    "destruction-act": f"{LISTED}/approve",
    "destruction-move": f"{LISTED}/refuse|stop|resume|end",
    "destruction-propose": "retention/destructions",
    "finding-repair": "integrity/findings/repair",
    "four-eyes-grant": "joining/second-officer/{}/grant",
    "four-eyes-refuse": "joining/second-officer/{}/refuse",
    "integrity-begin": "integrity/rounds",
    "integrity-restore": "integrity/damaged/{}/restore",
    "interface-expected": "interfaces/{}/expected",
    "issuer-add": "issuers",
    "issuer-retire": "issuers/{}/retire",
    "job-retry": "queues/jobs/{}/again",
    "joining-access": f"{CUSTOMER}/access-requests/{{}}/let-in|turn-away",
    "joining-contacts": f"{CUSTOMER}/contacts",
    "joining-details": f"{CUSTOMER}/joining/details",
    "joining-evidence": f"{CUSTOMER}/joining/evidence",
    "joining-invitation-withdraw": f"{CUSTOMER}/invitations/{{}}/withdraw",
    "joining-judge": f"{CUSTOMER}/joining/evidence/judge",
    "joining-move": f"{CUSTOMER}/joining/step",
    "joining-notice": f"{CUSTOMER}/joining/notice",
    "joining-people": f"{CUSTOMER}/invitations",
    "joining-person-remove": f"{CUSTOMER}/people/{{}}/remove",
    "joining-person-role": f"{CUSTOMER}/people/{{}}/role",
    "joining-plan": f"{CUSTOMER}/planned-connections",
    "joining-planned": PLANNED,
    "joining-planned-open": f"{PLANNED}/open",
    "joining-planned-password": f"{PLANNED}/password",
    "joining-planned-remove": f"DELETE:{PLANNED}",
    "joining-planned-test": f"{PLANNED}/echo",
    "joining-source": f"{CUSTOMER}/document-sources",
    "joining-system": f"{CUSTOMER}/systems/{{}}",
    "joining-system-new": f"{CUSTOMER}/systems",
    "joining-system-put-back": f"{CUSTOMER}/systems/{{}}/put-back",
    "joining-system-remove": f"DELETE:{CUSTOMER}/systems/{{}}",
    "joining-terms": f"{CUSTOMER}/terms/accept",
    "load-everyones": f"{CUSTOMER}/limits/everyones",
    "load-limits": f"{CUSTOMER}/limits",
    "log-patient": "logs/use/search logs/disclosures/search",
    "log-report": "logs/who-has-seen",
    "log-request": "log-requests/{}/answer",
    "may-correct": "corrections/policies",
    "merge-make": "merges",
    "merge-undo": f"{MERGE}/undo",
    "merge-undo-grant": f"{MERGE}/undo/grant",
    "merge-undo-refuse": f"{MERGE}/undo/refuse",
    "message-replay": "messages/{}/replay",
    "message-whole": "messages/{}/whole",
    "order-check": "orders",
    "patient-search": "studies/search",
    "people": "people/invitations",
    "person": f"{COLLEAGUE}/roles",
    "person-close": f"{COLLEAGUE}/close",
    "person-open": f"{COLLEAGUE}/open",
    "person-second-factor": f"{COLLEAGUE}/second-factor/reset",
    "policy-add": "policies",
    "policy-end": "policies/{}/end/preview policies/{}/end",
    "policy-version": "policies/preview policies",
    "queue-hold": "queues/{}/hold|go-on",
    "registry-entry-whole": "registry/{}/whole",
    "registry-message-whole": "registry/messages/{}/whole",
    "rejection-revoke": "rejections/{}/revoke",
    "retention-death": "retention/deaths",
    "retention-hold-change": "retention/holds",
    "retention-hold-release": "retention/holds/{}/release",
    "retention-hold-study": "retention/holds",
    "retention-rule-change": "retention/rules",
    "retention-rule-close": "retention/rules/{}/close",
    "retention-rule-confirm": "retention/rules/{}/confirm",
    "retention-survey": "retention/survey",
    "review-act": f"{REVIEW}/note|owner|ask|finding|close|reopen",
    "review-raise": "review/suspicions/raise",
    "review-rule": "review/rules/{}",
    "review-watch-add": "review/watch",
    "review-watch-end": "review/watch/{}/end",
    "review-withdraw": f"{REVIEW}/requests/{{}}/withdraw",
    "rollout-abandon": "rollouts/{}/abandon",
    "rollout-documents": "rollouts/{}/documents",
    "rollout-finish": "rollouts/{}/finish",
    "rollout-start": "rollouts",
    "silence-learning-new": "interfaces/learning",
    "staff-invitation-withdraw": "people/invitations/{}/withdraw",
    "study-notice": f"{STUDY}/notice",
    "study-patient": f"{STUDY}/patient",
    "study-register": f"{STUDY}/register",
    "study-reject": f"{STUDY}/reject",
    "study-retry": f"{STUDY}/retry",
    "succession": f"{CUSTOMER}/succession/preview {CUSTOMER}/succession",
    "succession-call-off": f"DELETE:{CUSTOMER}/succession",
    "suspicion-settle": "review/suspicions/{}/settle",
    "suspicion-take": "review/suspicions/{}/take",
    "takeover-again": "takeovers/{}/compare",
    "takeover-ask": "takeovers/ask",
    "takeover-start": "takeovers",
    "terms-publish": "terms",
    "token-add": "tokens",
    "token-revoke": "DELETE:tokens/{}",
    "token-system": "tokens/systems",
    "webhook-on": "webhooks/{}/on",
    "webhook-end": "DELETE:webhooks/{}",
    "webhook-add": "webhooks",
    "why": "why",
    "wishes": "statements/state",
    "wishes-correct": "statements/informing|permission|prohibition|will",
    "wishes-mistake": "statements/never-informed|never-said|never-prohibited",
    "xua-switch": f"{CUSTOMER}/connections/{{}}/assertion",
}
# The others, by the reason that `docs/decisions.md` tells.
PERSONS_OWN = "accounts and the first registration are made by whoever they belong to"
SCREEN = "of one reader's screen"
BY_LISTS = "the lists are narrowed by the same numbers, and a patient has searches of its own"
DRAFTS = "an order is made in one call, and so has no draft"
WITH_EACH_CALL = "a reason goes with each call and is kept for no session"
LEFT: dict[str, str] = {
    PERSONS_OWN: "invitation join-account join-business-id join-check join-known join-names "
    "join-own-contact-administrative join-own-contact-data-protection "
    "join-own-contact-technical join-own-contents join-own-names join-own-roles "
    "join-own-sector join-own-services join-sector",
    SCREEN: "case-mail language list-columns list-view-change list-view-save try-citizen",
    BY_LISTS: "search",
    WITH_EACH_CALL: "study-reason",
    DRAFTS: "order-discard order-new order-order order-terms order-whom",
}
# A page that is shown to more people than may act on it, with the row of those who may.
ACTING = {"joining-evidence": "joining-fill"}
# Pages that say of no method that they do not take it, and only show.
SHOWN = frozenset(
    "overview authorisations assignments case corrections correction desk batches batch duty home "
    "integrity reconciliation keys load log-requests log-disclosures log-disclosure "
    "log-report-shown log-report-pdf review review-cases review-case review-report suspicion "
    "log-use log-use-entry merges merge messages message organisations organisation registry "
    "registry-entry registry-messages registry-message rejection rollout rollout-run rollout-pdf "
    "rollout-report studies study study-objects object object-document object-picture takeovers "
    "trace-association trace-message trace-study".split()
)


def patterns(rows: list[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for row in rows:
        address = f"{before}{row.pattern}"
        if isinstance(row, URLResolver):
            yield from patterns(row.url_patterns, address)
        elif not address.startswith(PROGRAMS) and not address.startswith("accounts/"):
            yield address, row


def within(view: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """What the decorators of a view hold, by name."""
    for name, cell in zip(view.__code__.co_freevars, view.__closure__ or (), strict=True):
        yield name, cell.cell_contents
    if inner := getattr(view, "__wrapped__", None):
        yield from within(inner)


def methods(view: Callable[..., Any]) -> set[str]:
    """Those that it says it takes; POST when it says nothing."""
    lists = [each for name, each in within(view) if name == "request_method_list"]
    return set(lists[0]) if lists else {"POST"}


def taking_posts() -> dict[str, URLPattern]:
    found = [row for _address, row in patterns(urls.urlpatterns) if "POST" in methods(row.callback)]
    named = {row.name: row for row in found if row.name}
    unnamed = [row for row in found if not row.name]
    assert {row.callback for row in unnamed} <= {row.callback for row in named.values()}
    return named


def offered() -> dict[str, Door]:
    """The operations by method and address."""
    found = {}
    for row in urlpatterns:
        view = getattr(row.callback, "cls", None)
        if view is not None and issubclass(view, Opened):
            address = re.sub(r"<\w+:\w+>", "{}", str(row.pattern))
            found |= {f"{method}:{address}": door for method, door in view.doors.items()}
    return found


def named(operations: str) -> Iterator[str]:
    """`a/b|c DELETE:d` is three of them."""
    for word in operations.split():
        method, _, address = word.rpartition(":")
        *before, last = address.split("/")
        for each in last.split("|"):
            yield f"{method or 'POST'}:{'/'.join([*before, each])}"


def test_each_page_that_acts_has_its_operations_or_a_reason() -> None:
    left = [name for names in LEFT.values() for name in names.split()]
    told = Counter([*OPERATIONS, *left, *SHOWN])
    assert told == Counter(set(taking_posts())), "a page was added or taken away, or is told twice"


def test_the_operations_are_there_and_open_to_the_roles_of_the_page() -> None:
    pages, doors = taking_posts(), offered()
    opened: dict[str, frozenset[str]] = {}  # by the pages that do the same
    for name, operations in OPERATIONS.items():
        row = BY_NAME[ACTING[name]] if name in ACTING else row_of(pages[name])
        words = list(named(operations))
        assert row.roles <= frozenset[str]().union(*(doors[each].roles for each in words)), name
        opened |= {each: opened.get(each, frozenset()) | row.roles for each in words}
    for each, roles in opened.items():
        assert doors[each].roles <= roles, (each, doors[each].roles - roles)


def row_of(page: URLPattern) -> Page:
    (row,) = [each for _name, each in within(page.callback) if isinstance(each, Page)]
    return row
