"""Why somebody may see what, or may not, now or at a past moment (AC-5). Asking is written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from archive import gate, ledger
from archive.actors import Actor, ActorKind, Requester
from archive.models import Authorisation, Document, Organisation, Patient, Study
from archive.queries import held
from archive.queries import wishes as wishes_queries
from archive.queries.registers import former_holdings
from archive.rules.access import Action, Decision
from archive.values import civil_day, now

WHAT_IF = "what-if"  # whoever the professional would be


@dataclass(frozen=True, slots=True)
class Question:
    """Who would ask, for what, about whom. Without a requester the organisation vouches."""

    asker: Organisation
    action: Action
    requester: Requester | None = None

    def actor(self, environment: str) -> Actor:
        return Actor(
            ActorKind.CONNECTION,
            WHAT_IF,
            organisation_id=self.asker.id,
            environment=environment,
            requester=self.requester,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The decision about one study or document. `document_oid` is the authorisation's, if any."""

    decision: Decision
    document_oid: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """What would be seen at one moment: answers by the id of study or document."""

    at: datetime
    state: wishes_queries.State
    kept: Sequence[held.Held]
    answers: dict[UUID, Answer]
    controllers: dict[UUID, Organisation]  # of that moment, by the id of study or document

    @property
    def studies(self) -> tuple[int, int]:
        """How many would be seen, of how many."""
        return self._counted([each.study for each in self.kept if each.study is not None])

    @property
    def documents(self) -> tuple[int, int]:
        return self._counted([row for each in self.kept for row in each.documents])

    def _counted(self, rows: Sequence[Study | Document]) -> tuple[int, int]:
        ids = {row.id for row in rows}
        return sum(self.answers[each].decision.allowed for each in ids), len(ids)


def ask(
    actor: Actor, patient: Patient, question: Question, moments: Sequence[datetime | None]
) -> list[View]:
    """One view for each moment; None is now. Raises NotFound without a reason."""
    gate.require_person(actor)
    at = now()
    views = [_view(patient, question, moment or at) for moment in moments]
    _note(actor, patient, question, moments, views)
    return views


def _view(patient: Patient, question: Question, at: datetime) -> View:
    kept = held.of_person(patient.id, patient.environment, at)
    rows: dict[UUID, Study | Document] = {}
    for each in kept:
        if each.study is not None:
            rows[each.study.id] = each.study
        rows.update((row.id, row) for row in each.documents)
    decided = gate.decisions(
        question.actor(patient.environment), question.action, list(rows.values()), at=at
    )
    answers = dict(zip(rows, _named(decided), strict=True))
    controllers = _controllers(list(rows.values()), at)
    return View(at, wishes_queries.state(patient.id, at), kept, answers, controllers)


def _controllers(rows: Sequence[Study | Document], at: datetime) -> dict[UUID, Organisation]:
    """Whose register each stood in then: the one that was judged, whoever has it now."""
    held_then = former_holdings({row.register_id: row.register for row in rows}.values())
    day = civil_day(at)
    then = {
        register_id: next((each.organisation for each in former if day < each.until), None)
        for register_id, former in held_then.items()
    }
    return {row.id: then[row.register_id] or row.register.organisation for row in rows}


def _named(decided: Sequence[Decision]) -> list[Answer]:
    ids = {each.authorisation_id for each in decided if each.authorisation_id}
    oids = dict(Authorisation.objects.filter(id__in=ids).values_list("id", "document_oid"))
    return [
        Answer(each, oids.get(each.authorisation_id, "") if each.authorisation_id else "")
        for each in decided
    ]


def _note(
    actor: Actor,
    patient: Patient,
    question: Question,
    moments: Sequence[datetime | None],
    views: Sequence[View],
) -> None:
    about = ledger.About(
        environment=patient.environment,
        organisation_id=question.asker.id,
        subject_id=patient.id,
        patient_id=patient.id,
    )
    who = question.requester
    facts = {
        "reason": actor.reason,
        "asker": question.asker.business_id,
        "action": question.action.value,
        "purpose": who.purpose if who else "",
        "role": who.role if who else "",
        "as_of": [moment.isoformat() if moment else "" for moment in moments],
        "studies": [view.studies[1] for view in views],
        "allowed": [view.studies[0] for view in views],
    }
    ledger.record(ledger.Kind.WHY_ASKED, about, facts, actor=actor)
