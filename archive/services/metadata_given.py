"""Metadata of documents and studies on its way to a consumer: decided once more with its ground,
and what leaves another's register is in the log before it leaves (LG-1).
"""

from collections.abc import Iterable
from typing import TypeVar
from uuid import UUID

from archive import gate
from archive.actors import Actor
from archive.models import Document, Study
from archive.queries import standing
from archive.rules.access import Action, Decision
from archive.rules.disclosure import What
from archive.services import disclosure
from archive.services.disclosure import Given

Held = TypeVar("Held", Document, Study)


def released(
    actor: Actor,
    documents: Iterable[Held],
    *,
    environment: str,
    message_id: str,
    correlation_id: UUID | None,
    interface: str = "XDS",
) -> list[Held]:
    """Those that may go, the rest being withdrawn from sight a moment ago. The asker's own register
    is told of by the query's entry alone.
    """
    found = list(documents)
    others = [each for each in found if not gate.is_own(actor, each)]
    if not others:
        return found
    verdicts = gate.decisions(actor, Action.QUERY, others)
    gone = {each.id for each, said in zip(others, verdicts, strict=True) if not said.allowed}
    going = [
        _given(each, said) for each, said in zip(others, verdicts, strict=True) if said.allowed
    ]
    if going:
        disclosure.given(
            actor,
            going,
            environment=environment,
            interface=interface,
            message_id=message_id,
            correlation_id=correlation_id,
        )
    return [each for each in found if each.id not in gone]


def _given(held: Document | Study, decision: Decision) -> Given:
    return Given(
        ground=decision.ground,
        fired=decision.fired,
        register=held.register,
        patient_id=standing.person_id(held.patient),
        what=What.METADATA,
        study_id=held.study_id if isinstance(held, Document) else held.id,
        document_ids=(held.unique_id,) if isinstance(held, Document) else (),
        service_event=held.service_event,
        authorisation_id=decision.authorisation_id,
    )
