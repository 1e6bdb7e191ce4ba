"""What a customer does with one study: documents, objects, commitment, right or wrong."""

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from archive.simulation import documents, repository, sender, studies
from archive.simulation.modules import Order
from archive.simulation.sender import PATIENCE, Peer, Rejected, Report, Stored
from archive.simulation.studies import SyntheticStudy
from archive.simulation.world import PRODUCTION, Customer, World
from archive.simulation.wrongs import UNKNOWN_TITLE, WRONGS, Wrong, other_bytes
from archive.values import now

FIRST, AFTER, NONE = "first", "after", "none"
DOCUMENT_ORDERS = (FIRST, AFTER, NONE)
_CHARSETS = ("ISO_IR 100", "ISO_IR 192")
_BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Plan:
    """One study to be played."""

    customer: Customer
    kind: str
    environment: str = PRODUCTION
    documents: str = FIRST
    commit: bool = True
    wrong: str = ""


@dataclass(slots=True)
class Outcome:
    """What was sent and answered; names no patient."""

    customer: str
    environment: str
    kind: str
    wrong: str
    accession: str
    study_uid: str
    objects: int
    statuses: dict[str, int] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    documents: dict[str, str] = field(default_factory=dict)
    commitment: str = "not asked"
    as_meant: bool = False

    def facts(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def line(self) -> str:
        kind = f"{self.kind} {self.wrong}".strip()
        answers = ", ".join(f"{status} x{count}" for status, count in self.statuses.items())
        told = f" ({'; '.join(self.comments)})" if self.comments else ""
        registered = ", ".join(f"{kind} {answer}" for kind, answer in self.documents.items())
        parts = (
            f"{self.objects} objects: {answers}{told}",
            self.commitment,
            registered or "no documents",
        )
        verdict = "" if self.as_meant else "  NOT AS MEANT"
        head = f"{self.customer:<13} {kind:<24} {self.accession}  {self.study_uid}"
        return f"{head}\n    {'; '.join(parts)}{verdict}"


class Run:
    """Hands out orders: contents follow from the seed, identifiers are new in each run."""

    def __init__(self, world: World, seed: int = 1, *, patience: float = PATIENCE) -> None:
        self.world = world
        self.seed = seed
        self.patience = patience
        self.count = 0
        self.stamp = int(now().timestamp() * 1000) * 1000 + secrets.randbelow(1000)

    def order(self, customer: Customer) -> Order:
        self.count += 1
        seed = self.seed + self.count
        patients = self.world.patients
        return Order(
            patient=patients[seed % len(patients)],
            accession=f"{_base36(self.stamp)}-{self.count}",  # at most 16 characters, VR SH
            controller=customer.controller_oid,
            institution=customer.name,
            uid_root=f"{customer.arc}.3.{self.stamp}.{self.count}",
            at=now() - timedelta(minutes=15 + seed % 40),
            seed=seed,
            charset=_CHARSETS[seed % 2],
        )


def play(run: Run, plan: Plan) -> Outcome:
    """Send one study and its documents. What peers answer is in the outcome; only a bug raises."""
    study = studies.make(plan.kind, run.order(plan.customer))
    wrong = WRONGS.get(plan.wrong)
    if wrong:
        study = wrong.alter(study)
    outcome = Outcome(
        customer=plan.customer.calling(plan.environment),
        environment=plan.environment,
        kind=plan.kind,
        wrong=plan.wrong,
        accession=study.accession,
        study_uid=study.study_uid,
        objects=len(study.datasets),
    )
    tell = plan.documents != NONE and (wrong is None or wrong.documents)
    if tell and plan.documents == FIRST:
        _register(run.world, plan, study, ("request", "study-entry"), outcome)
    stored = _send(_peer(run.world, plan), study, plan, outcome)
    if plan.commit and stored.instances:
        _commit(run, plan, stored, outcome)
    if tell and plan.documents == AFTER:
        _register(run.world, plan, study, ("request", "study-entry"), outcome)
    if tell and not (wrong and stored.refused):
        _register(run.world, plan, study, ("report",), outcome)
    outcome.as_meant = _went_as_meant(plan, wrong, outcome)
    return outcome


def _peer(world: World, plan: Plan) -> Peer:
    calling = plan.customer.calling(plan.environment)
    if plan.wrong == "unknown-ae":
        calling = UNKNOWN_TITLE
    return Peer(world.dicom_host, world.dicom_port, calling, world.called(plan.environment))


def _send(peer: Peer, study: SyntheticStudy, plan: Plan, outcome: Outcome) -> Stored:
    stored = Stored()
    try:
        if plan.wrong == "broken-off-transfer":
            if study.datasets[:-1]:
                stored = sender.store(peer, study.datasets[:-1])
            sender.break_off(peer, study.datasets[-1])
            stored.statuses["broken off"] += 1
        elif plan.wrong == "same-uid-other-bytes":
            stored = sender.store(peer, [*study.datasets, other_bytes(study.datasets[0])])
            outcome.objects += 1
        else:
            stored = sender.store(peer, study.datasets)
    except Rejected as refusal:
        stored.statuses[refusal.answer] += 1
    outcome.statuses = dict(stored.statuses)
    outcome.comments = stored.comments
    return stored


def _commit(run: Run, plan: Plan, stored: Stored, outcome: Outcome) -> None:
    try:
        report = sender.commit(_peer(run.world, plan), stored.instances, patience=run.patience)
    except Rejected as refusal:
        outcome.commitment = refusal.answer
        return
    outcome.commitment = _commitment(report, len(stored.instances))


def _commitment(report: Report | None, asked: int) -> str:
    if report is None:
        return "no report"
    if report.failed:
        reasons = ", ".join(sorted({reason for _, reason in report.failed}))
        return f"{len(report.failed)} not committed ({reasons})"
    return f"{len(report.committed)} of {asked} committed"


def _register(
    world: World, plan: Plan, study: SyntheticStudy, kinds: Iterable[str], outcome: Outcome
) -> None:
    for kind in kinds:
        document = documents.CareDocument(
            kind=kind,
            patient_id=study.patient.id,
            accession=study.accession,
            study_uid="" if kind == "request" else study.study_uid,
            controller=plan.customer.controller_oid,
            institution=plan.customer.name,
            examination=documents.examination_code(study.code, study.name),
            at=now(),
        )
        try:
            repository.deliver(world, plan.environment, document)
            outcome.documents[kind] = "registered"
        except repository.DocumentRefused as refusal:
            outcome.documents[kind] = refusal.error_code
        except OSError:
            outcome.documents[kind] = "no connection"


def _went_as_meant(plan: Plan, wrong: Wrong | None, outcome: Outcome) -> bool:
    if any(answer != "registered" for answer in outcome.documents.values()):
        return False
    if wrong and wrong.answer != "0000":
        expected = {wrong.answer}
        if plan.wrong in ("same-uid-other-bytes", "broken-off-transfer"):
            expected.add("0000")  # what went before was right
        return wrong.answer in outcome.statuses and set(outcome.statuses) <= expected
    if set(outcome.statuses) != {"0000"}:
        return False
    return (
        not plan.commit or outcome.commitment == f"{outcome.objects} of {outcome.objects} committed"
    )


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits or "0"
