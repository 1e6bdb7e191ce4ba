"""Small words of rows and facts, in the reader's language."""

from collections.abc import Iterable
from datetime import date

from django.utils.translation import gettext_lazy as _
from pydicom.uid import UID

from archive.models import Environment, Study, StudyCodeEntry
from archive.queries import study_codes
from portal.formats import day_text
from portal.happenings import kind_words

# DICOM's own keywords are shown as they are: whoever mends a sender looks for them by name.
FACTS = {
    "tries": _("Tries"),
    "peer": _("Address"),
    "missing": _("Missing"),
    "calling": _("Calling AE title"),
    "called": _("Called AE title"),
    "address": _("Address"),
    "expected": _("Address expected"),
    "objects": _("Objects"),
    "bytes": _("Bytes received"),
    "kind": _("Document"),
    "named by document": _("Study named by the document"),
    "user": _("User name"),
    "issuer": _("Issuer"),
    "organisation": _("Organisation"),
    "corrected": _("Objects corrected"),
    "not corrected": _("Objects not corrected"),
    "digest": _("Digest"),
    "file": _("File"),
    "free": _("Free space"),
    "environments": _("Environment"),
    "raised": _("Error of the program"),
    "scheme": _("Scheme"),
    "problem": _("Problem"),
    "notice": _("Notice"),
    "place": _("Place in the message"),
    "sender": _("Sender"),
    "receiver": _("Receiver"),
    "event": _("Message"),
    "control id": _("Message control id"),
    "most": _("At most, bytes"),
    "controller": _("Controller named"),
    "field": _("Field"),
    "fault": _("Fault"),
    "document_oid": _("Document"),
    "version": _("Version"),
    "destination": _("Destination"),
    "elements": _("Elements at fault"),
    "status": _("Status answered"),
    "limit": _("Limit"),
    "tls": "TLS",
    "certificate": _("Certificate, SHA-256"),
    "certificate_expected": _("Certificate expected, SHA-256"),
    "certificate_of": _("Certificate is registered for"),
    "until": _("Valid until"),
    "rejection": _("Association rejected, PS3.8"),
    "mail": _("Mail"),
}
# What is asked first on the telephone stands first; the rest follows as it was told.
ORDER = (
    *("StudyDescription", "StudyDate", "Modality", "AccessionNumber", "PatientID"),
    *("IssuerOfPatientID", "peer", "tries", "missing", "kind"),
)
OF_PATIENT = frozenset({"PatientID", "IssuerOfPatientID"})
CLASSES = frozenset({"SOPClassUID", "TransferSyntaxUID"})
EDGES = {
    "dicom": "DICOM",
    "dicomweb": "DICOMweb",
    "xds": "XDS",
    "hl7": "HL7",
    "job": _("registration"),
    "api": "API",
    "syslog": "Syslog",
    "fhir": "FHIR",
    "pdr": _("Patient Data Repository"),
    "tls": "TLS",
}
PLACES = {
    "association": _("association"),
    "store": _("storing"),
    "correction": _("correction of a study"),
    "integrity": _("verification of stored bytes"),
    "storage": _("free space"),
    "landed": _("giving small objects their files"),
    "database-room": _("free space of the database"),
    "certificate": _("certificate of the connection"),
    "commitment": _("storage commitment"),
    "commitment-report": _("commitment report"),
    "notice": _("confirmation of registration"),
    "registration": _("making the manifest"),
    "documents": _("tying documents to the study"),
    "persons": _("whom the objects name"),
    "birth": _("comparison of the day of birth"),
    "source-manifest": _("comparison with a source’s manifest"),
    "register": _("registering documents"),
    "query": _("query"),
    "disclosure-notice": _("notice of disclosure"),
    "sign-in": _("sign-in"),
    "audit": _("sending the log to the security monitor"),
    "assertion": _("signed assertion"),
    "door": _("connection"),
    "message": _("message about a person"),
    "authorisation": _("authorisations"),
    "letter": _("mails"),
    "review": _("log review"),
    "batch": _("batch of the support desk"),
    "wishes": _("statements of patients"),
    "citizen": _("citizen API"),
    "update": _("updating metadata"),
    "remove": _("removing from the registry"),
    "retrieve": _("retrieval"),
    "retention": _("working out of retention"),
    "destruction": _("destruction of studies"),
    "takeover-query": _("query for a take-over"),
    "takeover-compare": _("comparison of a take-over"),
    "provide": _("taking documents in"),
    "rollout": _("watching of a rollout test"),
    "end-of-use": _("end of a customer’s use"),
    "succession": _("succession of a register"),
    "authorisations-left": _("authorisations of a register that has passed"),
    "authorisations-due": _("end of authorisations"),
    "doubts": _("clearing away what was refused"),
    "counting": _("counting of what went through the interfaces"),
    "silence": _("learning of when systems send"),
}


def study_name(study: Study, entry: StudyCodeEntry | None) -> str:
    """The name of a study's code in the reader's language, else what its sender called it."""
    if entry is None:
        return study.description.removeprefix(study.study_code).strip()
    return study_codes.name_of(entry)


def fact_place(name: str) -> int:
    """For sorting facts: jsonb keeps no order of its own."""
    return ORDER.index(name) if name in ORDER else len(ORDER)


def fact(name: str, value: str) -> tuple[str, str]:
    """A fact of a case's event as label and value."""
    return fact_label(name), _value(name, value)


def fact_label(name: str) -> str:
    return str(FACTS.get(name, name))


def _value(name: str, value: str) -> str:
    if name in CLASSES:
        known = UID(value).name
        return value if known == value else f"{known} ({value})"
    if name in ("kind", "missing"):
        return ", ".join(kind_words(each) for each in value.split(","))
    if name == "until" and (day := _day(value)):
        return day_text(day)
    if name == "environments":
        return environments(value.split(","))
    return value


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def environments(values: Iterable[str]) -> str:
    return ", ".join(str(Environment(each).label) for each in values)


def place_words(edge: str, place: str) -> str:
    """Where it went wrong: "DICOM, storing"."""
    return f"{EDGES.get(edge, edge)}, {PLACES.get(place, place)}"
