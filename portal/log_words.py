"""Entries of the logs in words: kinds, grounds, facts. One row for every kind of event; a test
holds it complete.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from archive.actors import ActorKind, Purpose
from archive.ledger import Kind
from archive.models import (
    DocumentKind,
    LedgerEvent,
    RegisterType,
    ReviewFinding,
    ReviewKind,
    ReviewScope,
    SecondKind,
)
from archive.queries import timeline
from archive.rules.disclosure import What
from onboarding.models import Precondition, TermsKind
from onboarding.services.joining import WAIVER
from onboarding.services.succession import SUCCESSION
from portal import log_whats
from portal.happenings import SAYINGS

Label = str | Promise

KINDS: Mapping[str, Label] = {
    Kind.ASSOCIATION_VERIFIED.word: _("Connection tried (C-ECHO)"),
    Kind.STUDY_STORED.word: _("Study stored"),
    Kind.STUDY_WAITING.word: _("Study waits for documents"),
    Kind.STUDY_REGISTERED.word: _("Study registered"),
    Kind.STUDY_LATE.word: _("Documents of a study late"),
    Kind.STUDY_VIEWED.word: _("Study looked at"),
    Kind.STUDY_RETRIED.word: _("Study’s work tried again"),
    Kind.PATIENT_SEARCHED.word: _("Patient searched for"),
    Kind.COMMITMENT_REQUESTED.word: _("Commitment asked for"),
    Kind.COMMITMENT_REPORTED.word: _("Commitment reported"),
    Kind.COMMITMENT_UNDELIVERED.word: _("Commitment report not delivered"),
    Kind.DOCUMENT_REGISTERED.word: _("Document registered"),
    Kind.DOCUMENTS_QUERIED.word: _("Documents queried"),
    Kind.IMAGES_QUERIED.word: _("Images queried"),
    Kind.RETRIEVAL_BEGUN.word: _("Retrieval of a study begun"),
    Kind.STUDY_RETRIEVED.word: _("Study retrieved by its controller"),
    Kind.MANIFEST_WITHDRAWN.word: _("Manifest withdrawn"),
    Kind.OBJECTS_REJECTED.word: _("Objects rejected"),
    Kind.REJECTION_AWAITS.word: _("Rejection waits for its objects"),
    Kind.REJECTION_REVOKED.word: _("Rejection revoked"),
    Kind.STUDY_CORRECTED.word: _("Study corrected"),
    Kind.CORRECTION_UNDONE.word: _("Correction undone"),
    Kind.CORRECTION_ALLOWED.word: _("Customer’s right to correct changed"),
    Kind.OBJECT_DAMAGED.word: _("Damaged object found"),
    Kind.OBJECT_RESTORED.word: _("Damaged object restored"),
    Kind.INDEX_REBUILT.word: _("Index made again from the vault"),
    Kind.FINDING_REPAIRED.word: _("Finding of reconciliation repaired"),
    Kind.MANIFEST_REGISTERED.word: _("Manifest registered"),
    Kind.NOTICE_DELIVERED.word: _("Confirmation of registration delivered"),
    Kind.NOTICE_UNDELIVERED.word: _("Confirmation of registration not delivered"),
    Kind.NOTICE_GIVEN_UP.word: _("Confirmation of registration given up"),
    Kind.OBJECT_REFUSED.word: _("Objects refused"),
    Kind.CASE_RETRIED.word: _("Case tried again"),
    Kind.CASE_RESOLVED.word: _("Case resolved"),
    Kind.CASE_CHANGED.word: _("Case changed"),
    Kind.CASES_ACTED_ON.word: _("Batch on cases"),
    Kind.CUSTOMER_CHANGED.word: _("Customer’s data changed"),
    Kind.JOINING_MOVED.word: _("Joining moved"),
    Kind.EVIDENCE_GIVEN.word: _("Evidence given"),
    Kind.EVIDENCE_JUDGED.word: _("Evidence judged"),
    Kind.TERMS_PUBLISHED.word: _("Terms published"),
    Kind.TERMS_ACCEPTED.word: _("Terms accepted"),
    Kind.ACCESS_CHANGED.word: _("Person’s access changed"),
    Kind.SIGNED_IN.word: _("Signed in"),
    Kind.SIGNED_OUT.word: pgettext_lazy("event", "Signed out"),
    Kind.SIGN_IN_REFUSED.word: _("Sign-in refused: wrong password"),
    Kind.SECOND_ASKED.word: _("Second officer asked"),
    Kind.SECOND_DECIDED.word: _("Second officer decided"),
    Kind.REGISTER_PASSED.word: _("Register passed to another controller"),
    Kind.ROLLOUT_STARTED.word: _("Rollout test started"),
    Kind.ROLLOUT_DOCUMENTED.word: _("Documents made for a rollout test"),
    Kind.ROLLOUT_ENDED.word: _("Rollout test ended"),
    Kind.POLICY_LOADED.word: _("Policy rows loaded"),
    Kind.DISCLOSURE_GIVEN.word: _("Disclosed by the archive"),
    Kind.DISCLOSURE_NOTIFIED.word: _("Disclosure reported by a customer"),
    Kind.DISCLOSURE_REFUSED.word: _("Notice of disclosure refused"),
    Kind.DATA_USED.word: _("Given for use within the register"),
    Kind.LOG_SEARCHED.word: _("Log searched"),
    Kind.LOG_READ.word: _("Log entry read"),
    Kind.LOG_EXPORTED.word: _("Log exported"),
    Kind.LOG_REPORTED.word: _("Report on who has seen"),
    Kind.LEDGER_ANCHORED.word: _("Log anchored"),
    Kind.LEDGER_RETIRED.word: _("Part of the log retired"),
    Kind.FOLDER_FILLED.word: _("Folder filled"),
    Kind.DOCUMENT_UPDATED.word: _("Document’s metadata updated"),
    Kind.DOCUMENT_REMOVED.word: _("Document removed from the registry"),
    Kind.STUDY_REFILED.word: _("Study moved to the register of its documents"),
    Kind.TRUST_CHANGED.word: _("Trusted issuer changed"),
    Kind.AUTHORISATION_MADE.word: _("Authorisation made"),
    Kind.AUTHORISATION_AMENDED.word: _("Authorisation amended"),
    Kind.AUTHORISATION_ACCEPTED.word: _("Authorisation accepted"),
    Kind.AUTHORISATION_WITHDRAWN.word: _("Acceptance of an authorisation withdrawn"),
    Kind.AUTHORISATION_DECLINED.word: _("Authorisation declined"),
    Kind.AUTHORISATION_REVOKED.word: _("Authorisation revoked"),
    Kind.AUTHORISATION_ENDED.word: _("Authorisation ended"),
    Kind.AUTHORISATION_DELIVERED.word: _("Authorisation sent to the Patient Data Repository"),
    Kind.AUTHORISATION_UNDELIVERED.word: _("Authorisation not sent"),
    Kind.AUTHORISATION_VIEWED.word: _("Patient of an authorisation looked at"),
    Kind.AUTHORISATION_SEARCHED.word: _("Authorisations of a patient searched for"),
    Kind.PATIENT_MERGED.word: _("Patient ids merged"),
    Kind.PATIENT_UNMERGED.word: _("Merge undone"),
    Kind.PATIENT_UPDATED.word: _("Patient’s data updated"),
    Kind.PATIENT_VIEWED.word: _("Patient’s data looked at"),
    Kind.MESSAGE_REPLAYED.word: _("HL7 message processed again"),
    Kind.WISH_RECORDED.word: _("Statement of a patient recorded"),
    Kind.WISH_REFUSED.word: _("Statement of a patient refused"),
    Kind.WISHES_VIEWED.word: _("Patient’s state looked at"),
    Kind.WHY_ASKED.word: _("Asked why a decision was made"),
    Kind.CITIZEN_READ.word: _("Citizen looked at own data"),
    Kind.RULES_CHANGED.word: _("Rules of access changed"),
    Kind.CLIENT_CHANGED.word: _("Client of the API changed"),
    Kind.TOKEN_CHANGED.word: _("Token of the API changed"),
    Kind.QUEUE_CHANGED.word: _("Queue paused or let go on"),
    Kind.WEBHOOK_CHANGED.word: _("Webhook changed"),
    Kind.ALARM_RULED.word: _("Rule of alarms changed"),
    Kind.ALARM_ACKNOWLEDGED.word: _("Alarm acknowledged"),
    Kind.STATUS_CHANGED.word: _("Planned break or notice changed"),
    Kind.STATUS_ACKNOWLEDGED.word: _("Notice acknowledged by a customer"),
    Kind.SEARCH_SAVED.word: _("Saved view changed"),
    Kind.LIST_EXPORTED.word: _("List exported"),
    Kind.REVIEW_RAISED.word: _("Suspicion raised"),
    Kind.REVIEW_RULED.word: _("Rule of log review changed"),
    Kind.REVIEW_WATCHED.word: _("Watch list changed"),
    Kind.REVIEW_VIEWED.word: _("Log review looked at"),
    Kind.REVIEW_SETTLED.word: _("Suspicion settled"),
    Kind.REVIEW_OPENED.word: _("Review case opened"),
    Kind.REVIEW_CHANGED.word: _("Review case changed"),
    Kind.REVIEW_ASKED.word: _("Explanation asked for"),
    Kind.REVIEW_ANSWERED.word: _("Explanation given"),
    Kind.REVIEW_CLOSED.word: _("Review case closed"),
    Kind.REVIEW_REOPENED.word: _("Review case opened again"),
    Kind.HOLD_PLACED.word: _("Retention hold placed"),
    Kind.HOLD_RELEASED.word: _("Retention hold released"),
    Kind.RETENTION_CHANGED.word: _("Rules of retention changed"),
    Kind.DESTRUCTION_PROPOSED.word: _("Destruction proposed"),
    Kind.DESTRUCTION_MOVED.word: _("Destruction moved on"),
    Kind.DESTRUCTION_ENDED.word: _("Destruction carried out"),
    Kind.STUDY_SPARED.word: _("Study spared from destruction"),
    Kind.STUDY_CONDEMNED.word: _("Study withdrawn for destruction"),
    Kind.STUDY_DESTROYED.word: _("Study destroyed"),
    Kind.DESTRUCTION_RESTORED.word: _("Destruction of a study put into force again"),
    Kind.POLICY_CHANGED.word: _("Content policy changed"),
    Kind.CODES_IMPORTED.word: _("Study codes imported"),
    Kind.TAKEOVER_STARTED.word: _("Take-over of a local archive started"),
    Kind.TAKEOVER_COMPARED.word: _("Take-over of a local archive compared"),
    Kind.TAKEOVER_EXPORTED.word: _("Lists of a take-over exported"),
}
GROUNDS: Mapping[str, Label] = {
    "permission": _("disclosure permission"),
    "area": _("rule of an area"),
    "own-data": _("the citizen’s own data"),
    "acting-for": _("acting for another person"),
    "emergency": _("emergency use"),
    "authorisation": _("purchased-service authorisation"),
    "own-register": _("own register"),
    "law": _("law"),
    "operators-duty": _("operator’s duty"),
    "other": _("other ground"),
}
WHATS: Mapping[str, Label] = {
    What.METADATA: _("metadata"),
    What.DOCUMENT: _("document"),
    What.MANIFEST: _("image manifest"),
    What.IMAGES: _("images"),
}
PURPOSES: Mapping[str, Label] = {
    Purpose.TREATMENT: _("treatment"),
    Purpose.EMERGENCY: _("emergency"),
}
FACTS: Mapping[str, Label] = {
    "receiver_name": _("Receiver"),
    "receiver_oid": _("Receiver’s OID"),
    "unit": _("Unit"),
    "user": _("Professional’s id"),
    "user_name": _("Professional"),
    "user_role": _("Professional right"),
    "purpose": _("Purpose of use"),
    "emergency": _("Emergency use"),
    "ground": _("Ground"),
    "ground_text": _("Ground in words"),
    "rules": _("Rules that fired"),
    "what": _("What"),
    "study_uid": _("Study UID"),
    "documents": _("Documents"),
    "objects": _("Objects"),
    "service_event": _("Service event"),
    "controller": _("Data controller’s OID"),
    "register_type": _("Register"),
    "register_specifier": _("Register’s specifier"),
    "authorisation": _("Authorisation"),
    "on_behalf_of": _("On behalf of"),
    "interface": _("Interface"),
    "message_id": _("Message id"),
    "notice": _("Notice"),
    "reporter": _("Reported by"),
    "received_at": _("Reported at"),
    "reason": _("Reason"),
    "special_reason": _("Special reason"),
    "found": _("Found"),
    "receiver_id": _("Receiver"),
    "organisation_id": _("Organisation"),
    "person_id": _("Person"),
    "query": _("Query"),
    "log": _("Log"),
    "filters": _("Filters"),
    "listing": _("List"),
    "format": _("File format"),
    "columns": _("Columns"),
    "entries": _("Entries"),
    "entry": _("Entry"),
    "from": _("Before"),
    "to": _("After"),
    "since": _("From"),
    "until": _("Until"),
    "missing": _("Missing"),
    "field": _("Field"),
    "problem": _("Problem"),
    "kind": _("Kind"),
    "version": _("Version"),
    "precondition": _("Precondition"),
    "peer": _("Address"),
    "tries": _("Tries"),
    "error": _("Error"),
    "cause": _("Cause"),
    "position": _("Position in the chain"),
    "digest": _("Digest"),
    "care_relation": _("Care relation"),
    "suspicion": _("Suspicion"),
    "scope": _("Whose looks"),
    "number": _("Review case"),
    "finding": _("Finding"),
    "due": _("Answer by"),
    "on": _("Concerns"),
    "rule": _("Rule"),
    "list": _("Destruction list"),
    "studies": _("Studies"),
    "destroyed": _("Destroyed"),
    "spared": _("Spared"),
    "why": _("Why"),
    "how": _("How"),
    "account": _("Account"),
    "ended_on": _("Retention ended on"),
    # what a change was
    "was": _("Was"),
    "became": _("Became"),
    "name_fi": _("Name in Finnish"),
    "name_sv": _("Name in Swedish"),
    "name_en": _("Name in English"),
    "sector": _("Sector"),
    "roles": _("What it does with images"),
    "content_types": _("Contents that it archives"),
    "services_used": _("Kanta services in use"),
    "name": _("Name"),
    "host": _("Host name or address"),
    "port": _("Port"),
    "certificate_sha256": _("TLS certificate"),
}
LOGS: Mapping[str, Label] = {
    "disclosures": _("Disclosures"),
    "use": _("Use log"),
    "who-has-seen": _("Who has seen"),
}
SORTS: Mapping[str, Label] = {
    **{each.value: each.label for kinds in (DocumentKind, SecondKind, TermsKind) for each in kinds},
    WAIVER: _("waiver of the rollout test"),
    SUCCESSION: _("succession of a register"),
}
VALUES: Mapping[str, Mapping[str, Label]] = {
    "ground": GROUNDS,
    "what": WHATS,
    "purpose": PURPOSES,
    "register_type": {each.value: each.label for each in RegisterType},
    "log": LOGS,
    "kind": SORTS,
    "precondition": {each.value: each.label for each in Precondition},
    "suspicion": {each.value: each.label for each in ReviewKind},
    "scope": {each.value: each.label for each in ReviewScope},
    "finding": {each.value: each.label for each in ReviewFinding},
}
# What is told first: who got it, what, of whom, on what ground; the rest follows by its name.
ORDER = tuple(FACTS)
BRIEF = ("suspicion", "what", "precondition", "kind", "query", "log", "problem", "number")


def kind_words(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def ground_words(ground: str) -> str:
    return str(GROUNDS.get(ground, ground))


def what_words(what: str) -> str:
    return str(WHATS.get(what, what))


def said(event: LedgerEvent) -> str:
    """What happened, in a sentence where a study's timeline has one."""
    step = timeline.STEPS.get(event.kind)
    if step and step[1] in SAYINGS:
        return SAYINGS[step[1]](event.facts, event.actor_name).what
    return kind_words(event.kind)


def brief(event: LedgerEvent) -> str:
    """The one fact that tells this event from others of its kind."""
    if event.kind in timeline.STEPS:
        return ""
    name = next((name for name in BRIEF if event.facts.get(name)), "")
    return value_words(name, event.facts[name]) if name else ""


def actor_words(event: LedgerEvent) -> str:
    """Who did it; what nobody asked for the archive did itself."""
    is_itself = event.actor_kind == ActorKind.SYSTEM
    return gettext("the archive itself") if is_itself else event.actor_name


def fact_pairs(event: LedgerEvent) -> list[tuple[str, str]]:
    """Every fact that says something, as label and value."""
    names = sorted(event.facts, key=lambda name: (_place(name), name))
    return [
        (str(FACTS.get(name, name)), value_words(name, event.facts[name]))
        for name in names
        if event.facts[name] not in ("", None, [], {})
    ]


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def value_words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, Mapping):
        told = ((FACTS.get(key, key), value_words(key, each)) for key, each in value.items())
        return ", ".join(f"{label}: {words}" for label, words in told)
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    known = VALUES.get(name, {}).get(str(value))
    if known is None and name == "what":
        return log_whats.told(str(value))
    return str(value if known is None else known)
