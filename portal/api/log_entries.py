"""One entry of a log with everything that was recorded, and a suspicion raised from it (LG-3,
LG-5). Reading it is recorded.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive import ledger
from archive.actors import SOMEBODY
from archive.errors import NotFound
from archive.models import ApiScope, LedgerEvent, Patient
from archive.queries import disclosures, reviews, standing, use_log
from archive.queries.log_subjects import sealed
from archive.services import suspicions
from portal.api.doors import Door, Opened, asked, given, require_environment
from portal.api.logs import (
    DISCLOSED,
    TAGS,
    USE,
    DisclosedEntryOut,
    UseEntryOut,
    disclosed,
    reader_in,
    used,
)
from portal.api.review import TAGS as REVIEW_TAGS
from portal.api.review import SuspicionOut, viewed
from portal.api.strict import MomentField, Strict
from portal.log_words import fact_pairs


class AtShape(serializers.Serializer[Any]):
    at = MomentField(help_text="as the list has it")


class FactOut(serializers.Serializer[Any]):
    """In words."""

    name = serializers.CharField()
    value = serializers.CharField()


class WholeEntryOut(serializers.Serializer[Any]):
    """`position` is the entry's place in the chain; null until it is sealed."""

    facts = FactOut(many=True)
    position = serializers.IntegerField(allow_null=True)
    sealed_at = serializers.DateTimeField(allow_null=True)


class WholeUseEntryOut(UseEntryOut, WholeEntryOut):
    pass


class WholeDisclosedEntryOut(DisclosedEntryOut, WholeEntryOut):
    pass


def _whole(event: LedgerEvent) -> dict[str, Any]:
    position, sealed_at = sealed(event) or (None, None)
    told = [{"name": name, "value": value} for name, value in fact_pairs(event)]
    return dict(WholeEntryOut({"facts": told, "position": position, "sealed_at": sealed_at}).data)


def _entry(request: Request, at: datetime, entry_id: UUID) -> LedgerEvent:
    """Raises NotFound."""
    event = use_log.entry(at, entry_id)
    if event is None:
        raise NotFound()
    if event.environment:
        require_environment(request, event.environment)
    return event


def _read(request: Request, log: str, entry_id: UUID) -> LedgerEvent:
    """Recorded before it is shown. Raises NotFound, also of an entry of the other log."""
    actor, at = reader_in(request), asked(AtShape, request)["at"]
    event = _entry(request, at, entry_id)
    if (event.kind in disclosures.DISCLOSED) != (log == DISCLOSED):
        raise NotFound()
    about = ledger.About(
        environment=event.environment, subject_id=event.id, patient_id=event.patient_id
    )
    ledger.record(ledger.Kind.LOG_READ, about, {"log": log, "entry": str(event.id)}, actor=actor)
    return event


class UseEntry(Opened):
    doors = {"GET": Door(("use-entry",), ApiScope.LOGS_READ)}

    @extend_schema(
        operation_id="use_log_entry",
        tags=TAGS,
        parameters=[AtShape],
        responses=WholeUseEntryOut,
    )
    def get(self, request: Request, entry_id: UUID) -> Response:
        """One entry of the use log."""
        event = _read(request, USE, entry_id)
        (row,) = used([event])
        return Response({**row, **_whole(event)})


class DisclosureEntry(Opened):
    doors = {"GET": Door(("disclosure",), ApiScope.LOGS_READ)}

    @extend_schema(
        operation_id="disclosure_log_entry",
        tags=TAGS,
        parameters=[AtShape],
        responses=WholeDisclosedEntryOut,
    )
    def get(self, request: Request, entry_id: UUID) -> Response:
        """One entry of the disclosure log."""
        event = _read(request, DISCLOSED, entry_id)
        (row,) = disclosed([event])
        return Response({**row, **_whole(event)})


class RaiseIn(Strict):
    entry = serializers.UUIDField(help_text="of either log")
    at = MomentField(help_text="as the list has it")


class RaiseSuspicion(Opened):
    doors = {"POST": Door(("suspicion",), ApiScope.LOGS_ACT)}
    keeps_answers = False  # the same entry finds the same suspicion

    @extend_schema(
        operation_id="suspicion_raise",
        tags=REVIEW_TAGS,
        request=RaiseIn,
        responses={201: SuspicionOut},
    )
    def post(self, request: Request) -> Response:
        """By the reader's own judgement; the same entry again finds the same suspicion. The look at
        it is recorded.
        """
        wanted, actor = given(RaiseIn, request), reader_in(request)
        event = _entry(request, wanted["at"], wanted["entry"])
        if event.actor_kind not in SOMEBODY:
            raise NotFound()
        person = Patient.objects.filter(id=event.patient_id).first() if event.patient_id else None
        patient_id = standing.person_id(person) if person else None
        made = suspicions.report(actor, event, patient_id=patient_id)
        row = reviews.suspicion(actor, made.id)
        viewed(actor, suspicions.about(row), what="suspicion", suspicion=row.kind)
        return Response(SuspicionOut(row).data, status=201)
