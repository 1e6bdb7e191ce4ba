"""What shows that a precondition holds, given by the customer and judged by an officer (ON-2)."""

from datetime import date

from django.db import transaction

from archive import ledger
from archive.actors import Actor
from archive.errors import NotFound
from archive.models import Organisation
from archive.values import now, today
from onboarding.errors import Fault, FieldInvalid, StepOutOfOrder
from onboarding.models import Evidence, EvidenceState, Joining, Precondition
from onboarding.rules import fields, road
from onboarding.rules.road import Party
from onboarding.services import evidence_files, rights, steps
from onboarding.services.evidence_files import Upload

__all__ = ["Upload", "ask_anew", "give", "judge", "mark", "read_file"]

# The others follow from rows of their own: acceptances, deployment data, test runs.
GIVEN_BY_HAND = (Precondition.CERTIFIED, Precondition.PATIENT_DATA)


def give(
    actor: Actor,
    joining: Joining,
    precondition: Precondition,
    *,
    number: str = "",
    dated: date | None = None,
    note: str = "",
    file: Upload | None = None,
) -> Evidence:
    """By the customer or for it by an officer; a file given before stays unless there is a new one.
    Raises FileTypeRefused, FileTooLarge, FieldInvalid (nothing given at all, a future date).
    """
    rights.require(actor, joining.organisation, Party.CUSTOMER, Party.TECHNICAL, Party.OFFICER)
    fields.choice(precondition, "precondition", GIVEN_BY_HAND)
    told = {
        "number": fields.text(number, "number", limit=100, needed=False),
        "dated": dated,
        "note": fields.prose(note, "note", needed=False),
    }
    if dated is not None and dated > today():
        raise FieldInvalid(facts={"field": "dated", "why": Fault.TO_COME})
    if file is None and not any(told.values()):
        raise FieldInvalid(facts={"field": "file", "why": Fault.NOTHING_GIVEN})
    # Before the transaction: a file that no row names harms nobody, a row without its file would.
    kept = evidence_files.keep(file) if file is not None else None
    with transaction.atomic():
        held = steps.locked(joining)
        if held.state in road.OVER:
            raise StepOutOfOrder(facts={"state": held.state})
        row = _row(held, precondition)
        for name, value in told.items():
            setattr(row, name, value)
        if kept is not None:
            row.file_name, row.file_type, row.file_digest = kept.name, kept.type, kept.digest
        _given(actor, held, row)
        return row


def ask_anew(actor: Actor, organisation: Organisation, precondition: Precondition) -> None:
    """What an officer has accepted is another thing now, in the caller's transaction: it waits to
    be judged again, and not by a page that shows what was there before.
    """
    joining = Joining.objects.filter(organisation=organisation).first()
    if joining is None:
        return
    held = steps.locked(joining)
    row = _row(held, precondition)
    if row.state != EvidenceState.ACCEPTED:
        return
    _given(actor, held, row)


def _given(actor: Actor, held: Joining, row: Evidence) -> None:
    row.state, row.given_by, row.given_at = EvidenceState.GIVEN, actor.name, now()
    row.judged_by, row.judged_at, row.judgement = "", None, ""
    row.save()
    facts = {"precondition": row.precondition, "file": row.file_digest, "number": row.number}
    about = steps.about(held.organisation)
    ledger.record(ledger.Kind.EVIDENCE_GIVEN, about, facts, actor=actor)


def judge(actor: Actor, evidence: Evidence, *, accepted: bool, judgement: str = "") -> Evidence:
    """By an officer; what is not accepted is missing again and needs a reason. Raises
    StepOutOfOrder when it was judged, or given anew, meanwhile.
    """
    rights.require(actor, evidence.joining.organisation, Party.OFFICER)
    words = fields.prose(judgement, "judgement", needed=not accepted)
    with transaction.atomic():
        held = steps.locked(evidence.joining)
        row = Evidence.objects.get(id=evidence.id)
        if row.state != EvidenceState.GIVEN or row.given_at != evidence.given_at:
            raise StepOutOfOrder(facts={"state": row.state})
        row.state = EvidenceState.ACCEPTED if accepted else EvidenceState.MISSING
        _judged(actor, held, row, words)
        return row


def mark(
    held: Joining,
    precondition: Precondition,
    state: EvidenceState,
    *,
    by: Actor,
    number: str = "",
    digest: str = "",
    judgement: str = "",
) -> Evidence:
    """What the road itself finds: a test passed or waived. The joining is `steps.locked`."""
    row = _row(held, precondition)
    row.state, row.number, row.note = state, number, digest
    row.dated = today() if state == EvidenceState.ACCEPTED else None
    _judged(by, held, row, judgement)
    return row


def _row(held: Joining, precondition: Precondition) -> Evidence:
    found = Evidence.objects.filter(joining=held, precondition=precondition).first()
    return found or Evidence(joining=held, precondition=precondition)


def _judged(actor: Actor, held: Joining, row: Evidence, words: str) -> None:
    row.judged_by, row.judged_at, row.judgement = actor.name, now(), words
    row.save()
    facts = {"precondition": row.precondition, "accepted": row.state, "judgement": words}
    about = steps.about(held.organisation)
    ledger.record(ledger.Kind.EVIDENCE_JUDGED, about, facts, actor=actor)


def read_file(actor: Actor, evidence: Evidence) -> bytes:
    """For the customer itself and the staff. Raises NotFound."""
    party = rights.party_of(actor, evidence.joining.organisation)
    if party is None or not evidence.file_digest:
        raise NotFound()
    return evidence_files.read(evidence.file_digest)
