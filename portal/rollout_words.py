"""The rollout test in words: what each step is, what is expected, what came and what to change."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from archive.models import ConnectionKind, CorrectionOrigin, DocumentKind, StudyState
from onboarding.models import RolloutRun, RolloutStep, RunState, StepState
from onboarding.rules.observations import Content
from onboarding.rules.rollout import BAD_CODE, BAD_PATIENT, STEPS, Due, Interface, StepKind
from onboarding.rules.sightings import SIGHTINGS
from portal import names
from portal.formats import either_text, number_text
from portal.log_words import WHATS

Text = str | Promise

PURPOSES: dict[str, Text] = {
    "joining": gettext_lazy("joining the service"),
    "version": gettext_lazy("a system’s new version"),
    "function": gettext_lazy("a new function or content"),
    "fault": gettext_lazy("after a fault"),
}
TITLES: Mapping[StepKind, Text] = {
    StepKind.ECHO: gettext_lazy("Connection test (C-ECHO)"),
    StepKind.STORE: gettext_lazy("Storing"),
    StepKind.COMMITMENT: gettext_lazy("Storage commitment"),
    StepKind.REFUSAL: gettext_lazy("Refusal of a bad object"),
    StepKind.REGISTRATION: gettext_lazy("Registration of a study"),
    StepKind.NOTICE: gettext_lazy("Confirmation of registration (IAN)"),
    StepKind.FIND: gettext_lazy("Finding studies (C-FIND)"),
    StepKind.RETRIEVE: gettext_lazy("Retrieving a study (C-MOVE, C-GET)"),
    StepKind.CORRECTION: gettext_lazy("Correction of a study"),
    StepKind.NAME_UPDATE: gettext_lazy("Change of a patient’s name (HL7)"),
    StepKind.MERGE: gettext_lazy("Merge of two patients (HL7)"),
    StepKind.XDS_QUERY: gettext_lazy("Query of the registry (XDS)"),
    StepKind.XDS_RETRIEVE: gettext_lazy("Retrieving a document (XDS)"),
}
EXPECTED: Mapping[StepKind, Text] = {
    StepKind.ECHO: gettext_lazy(
        "Send a C-ECHO from each system. An AE title that nobody has told us is refused and does "
        "not show here."
    ),
    StepKind.COMMITMENT: gettext_lazy(
        "Ask storage commitment for the objects that you have stored; all of them are to be safe, "
        "and your system is to take the report."
    ),
    StepKind.REGISTRATION: gettext_lazy(
        "When a study’s request and examination note are registered too, the study is registered. "
        "Where they do not come, use the button for test documents."
    ),
    StepKind.NOTICE: gettext_lazy(
        "When a study is registered, the archive sends an Instance Availability Notification to "
        "your system; it is to answer with success."
    ),
    StepKind.FIND: gettext_lazy("Find one of the stored studies by its accession number."),
    StepKind.RETRIEVE: gettext_lazy("Retrieve one of the stored studies to your own system."),
    StepKind.CORRECTION: gettext_lazy("Correct one of the stored studies, and reject the old one."),
    StepKind.NAME_UPDATE: gettext_lazy("Send the new name of a test patient (ADT^A08)."),
    StepKind.MERGE: gettext_lazy(
        "Merge a temporary patient into a test patient (ADT^A40). The temporary id is written as a "
        "900-series code, too, and its issuer is under your organisation’s OID."
    ),
    StepKind.XDS_QUERY: gettext_lazy(
        "Ask the registry for the documents of a test patient of whom something is registered. "
        "Something is to be found."
    ),
    StepKind.XDS_RETRIEVE: gettext_lazy("Retrieve an image manifest that the query has found."),
}
INTERFACES: Mapping[Interface, Text] = {
    Interface.STORAGE: gettext_lazy("storing (DICOM)"),
    Interface.REGISTRATION: gettext_lazy("registration of studies"),
    Interface.REGISTRY: gettext_lazy("the document registry (XDS)"),
    Interface.QUERY_RETRIEVE: gettext_lazy("query and retrieve (DICOM)"),
    Interface.CORRECTION: gettext_lazy("correction of studies"),
    Interface.HL7: gettext_lazy("patient data messages (HL7)"),
    Interface.REPOSITORY: gettext_lazy("the document repository (XDS)"),
}
DUES: Mapping[Due, Text] = {
    Due.NEVER: gettext_lazy("No test has been passed yet."),
    Due.SYSTEMS: gettext_lazy("A system or its version has changed."),
    Due.CONTENTS: gettext_lazy("A content has been added."),
    Due.STEPS: gettext_lazy("There is a new step to pass."),
}
# Cause and what to change where no error explains it.
UNEXPLAINED: Mapping[StepKind, tuple[Text, Text]] = {
    StepKind.REFUSAL: (
        gettext_lazy("The object with the bad one’s accession number was archived."),
        gettext_lazy("Make it bad as the step tells, and give it a new SOP Instance UID."),
    ),
    StepKind.COMMITMENT: (
        gettext_lazy("The report could not be delivered to your system."),
        gettext_lazy("See that your system listens at the address that you have told us."),
    ),
    StepKind.REGISTRATION: (
        gettext_lazy("The study could not be registered."),
        gettext_lazy("Technical support looks into it; you may also send another study."),
    ),
    StepKind.NOTICE: (
        gettext_lazy("The confirmation could not be delivered to your system."),
        gettext_lazy("See that your system listens at the address that you have told us."),
    ),
    StepKind.NAME_UPDATE: (
        gettext_lazy("The message was taken, but the name stayed as it was."),
        gettext_lazy("Send another name than the one that is archived for the test patient."),
    ),
    StepKind.XDS_QUERY: (
        gettext_lazy("The query was answered, but found nothing."),
        gettext_lazy("Ask about a test patient of whom a document is registered."),
    ),
    StepKind.FIND: (
        gettext_lazy("The query was answered, but found nothing."),
        gettext_lazy("Ask for a study that you have stored in this run."),
    ),
    StepKind.RETRIEVE: (
        gettext_lazy("Not every object arrived."),
        gettext_lazy("See that the destination listens and accepts what you have stored."),
    ),
}
# Why a step is not asked for: the customer has no such test connection.
NO_CONNECTION: Mapping[ConnectionKind, Text] = {
    ConnectionKind.DICOM: gettext_lazy("You have no DICOM test connection."),
    ConnectionKind.XDS: gettext_lazy("You have no test connection that may ask the registry."),
    ConnectionKind.HL7: gettext_lazy("You have no test connection that sends HL7 messages."),
}
RUN_SHAPES = {
    RunState.RUNNING: "wait",
    RunState.PASSED: "done",
    RunState.FAILED: "needs",
    RunState.ABANDONED: "stop",
}
STEP_SHAPES = {
    StepState.WAITING: "wait",
    StepState.PASSED: "done",
    StepState.FAILED: "needs",
    StepState.INACTIVE: "none",
    StepState.NOT_ASKED: "none",
}
_LABELS: dict[str, Text] = {
    "code": gettext_lazy("Answer"),
    "objects": gettext_lazy("Objects"),
    "instances": gettext_lazy("Objects"),
    "failed": gettext_lazy("Not safe"),
    "found": pgettext_lazy("rollout test", "Found"),
    "query": gettext_lazy("Query"),
    "state": gettext_lazy("State"),
    "stand_in": gettext_lazy("Documents"),
    "archived": gettext_lazy("Outcome"),
    "asked": gettext_lazy("Outcome"),
    "level": gettext_lazy("Level"),
    "by": gettext_lazy("Fetched by"),
    "origin": gettext_lazy("Corrected by"),
    "what": gettext_lazy("Document"),
    "interface": gettext_lazy("Interface"),
}
_VALUES: Mapping[str, Mapping[str, Any]] = {
    "origin": {
        "note": gettext_lazy("a rejection note"),
        CorrectionOrigin.STORED: CorrectionOrigin.STORED.label,
    },
    "what": WHATS,
    "interface": names.EDGES,
}


def title(step: RolloutStep, content_name: str) -> str:
    known = str(TITLES[StepKind(step.kind)])
    return f"{known}: {content_name}" if step.content_type else known


def _never_came(step: RolloutStep, run: RolloutRun) -> bool:
    return step.state == StepState.WAITING and run.state != RunState.RUNNING


def step_word(step: RolloutStep, run: RolloutRun) -> str:
    """Nothing waits in a run that has ended."""
    return _("nothing came") if _never_came(step, run) else str(step.get_state_display())


def step_shape(step: RolloutStep, run: RolloutRun) -> str:
    return "needs" if _never_came(step, run) else STEP_SHAPES[StepState(step.state)]


def store_expected(content: Content | None, example: str) -> str:
    """`example` is a StudyDescription that would do."""
    described = _("StudyDescription begins with a study code, for example “%(example)s”.") % {
        "example": example
    }
    if content is None:
        return _("Send a study of a test patient.") + f" {described}"
    modalities = either_text(sorted(content.modalities)) or _("any")
    send = _("Send a study of a test patient with Modality %(modalities)s.") % {
        "modalities": modalities
    }
    if not content.code_demanded:
        described = _("It needs no study code.")
    return f"{send} {described}"


def refusal_expected(accession: str, *, by_patient: bool) -> str:
    given = {"accession": accession, "code": BAD_CODE, "patient": BAD_PATIENT}
    if by_patient:
        return (
            _(
                "Send one object with PatientID “%(patient)s” and AccessionNumber “%(accession)s”. "
                "It is to be refused with status A777."
            )
            % given
        )
    return (
        _(
            "Send one object with StudyDescription “%(code)s test” and AccessionNumber "
            "“%(accession)s”. It is to be refused with status A900, and your system is to tell its "
            "user."
        )
        % given
    )


def left_out(step: RolloutStep) -> str:
    """Why a step is not asked for in this run."""
    kind = StepKind(step.kind)
    if step.state == StepState.INACTIVE:
        if kind == StepKind.STORE:
            return _("This content may not be archived yet.")
        return _("Waits for an interface that is not there yet: %(interface)s.") % {
            "interface": INTERFACES[STEPS[kind]]
        }
    if step.state == StepState.NOT_ASKED:
        if kind == StepKind.NOTICE:
            return _("Your test connections have asked for no confirmations.")
        if kind in SIGHTINGS and not SIGHTINGS[kind].needs:
            return str(NO_CONNECTION[SIGHTINGS[kind].kind])
        return _("None of your test connections is registered for it.")
    return ""


def came(step: RolloutStep) -> list[tuple[str, str]]:
    """What was observed, as labels and values."""
    given = sorted(step.observed.items(), key=lambda pair: names.fact_place(pair[0]))
    return [_pair(name, value) for name, value in given]


def _pair(name: str, value: str | int | bool) -> tuple[str, str]:
    label = str(_LABELS.get(name, names.fact_label(name)))
    if name == "stand_in":
        return label, _("registered by the stand-in, not by the Patient Data Repository")
    if name == "archived":
        return label, _("archived, though it was to be refused")
    if name == "asked":
        return label, _("asked for; the report is on its way")
    if name == "state" and value in StudyState.values:
        return label, str(StudyState(str(value)).label)
    if name in _VALUES:
        return label, str(_VALUES[name].get(str(value), value))
    if name == "missing":
        kinds = [DocumentKind(kind).label for kind in str(value).split(",")]
        return label, ", ".join(str(kind) for kind in kinds)
    if isinstance(value, int):
        return label, number_text(value)
    return label, names.fact(name, value)[1]
