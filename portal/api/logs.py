"""The logs, for reviewers in person: every look is recorded before anything is shown, and of one
patient it needs a reason. Patients stand here by an opaque id alone (LG-1, LG-3).
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive import ledger
from archive.actors import Actor
from archive.errors import NotFound
from archive.ledger import Kind
from archive.models import ApiScope, Environment, LedgerEvent
from archive.queries import disclosures, keyset, use_log
from archive.queries.keyset import NEWEST_EVENT
from archive.queries.log_subjects import subjects_of
from archive.services import patient_search
from archive.values import midnight
from portal import log_rows
from portal.api.doors import (
    Door,
    EnvironmentShape,
    Opened,
    actor_in,
    asked,
    caller_of,
    environment_in,
    environment_of_body,
    given,
)
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free, day_field
from portal.api.studies import PatientIn
from portal.forms.logs import told

TAGS = ["logs"]
USE, DISCLOSED = "use", "disclosures"
Filters = use_log.Filters | disclosures.Filters


def reader_in(request: Request) -> Actor:
    """Whose looks can be reviewed: a person. Raises NotFound for a system's token."""
    if caller_of(request).token.user is None:
        raise NotFound()
    return actor_in(request)


class UseEntryOut(serializers.Serializer[Any]):
    """Who looked at what and why, who changed what."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    environment = serializers.CharField(help_text="empty: of both")
    kind = serializers.CharField(help_text="stable word")
    what = serializers.CharField(help_text="in words")
    by = serializers.CharField()
    by_kind = serializers.CharField()
    organisation_id = serializers.UUIDField(allow_null=True)
    patient_id = serializers.UUIDField(allow_null=True)
    study_id = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField()


class UseEntriesOut(serializers.Serializer[Any]):
    results = UseEntryOut(many=True)
    next = serializers.URLField(allow_null=True)


class DisclosedEntryOut(serializers.Serializer[Any]):
    """What was given to another controller, or reported as given."""

    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    environment = serializers.CharField()
    patient_id = serializers.UUIDField(allow_null=True)
    receiver = serializers.CharField()
    unit = serializers.CharField()
    professional = serializers.CharField()
    role = serializers.CharField()
    what = serializers.CharField(help_text="in words")
    study_uid = serializers.CharField()
    objects = serializers.IntegerField()
    controller = serializers.CharField()
    ground = serializers.CharField(help_text="in words")
    emergency = serializers.BooleanField()
    reported = serializers.BooleanField(help_text="by the customer that gave it")
    interface = serializers.CharField()


class DisclosedEntriesOut(serializers.Serializer[Any]):
    results = DisclosedEntryOut(many=True)
    next = serializers.URLField(allow_null=True)


def used(events: Any) -> list[Any]:
    subjects = subjects_of(events)
    return list(
        UseEntryOut([_used(each, log_rows.used(each, subjects)) for each in events], many=True).data
    )


def _used(event: LedgerEvent, row: log_rows.Used) -> dict[str, Any]:
    return {
        **_common(event),
        "kind": event.kind,
        "what": row.what,
        "by": row.person,
        "by_kind": event.actor_kind,
        "organisation_id": event.organisation_id,
        "study_id": event.study_id,
        "reason": row.reason,
    }


def _common(event: LedgerEvent) -> dict[str, Any]:
    names = ("id", "at", "environment", "patient_id")
    return {name: getattr(event, name) for name in names}


def disclosed(events: Any) -> list[Any]:
    subjects = subjects_of(events)
    rows = [_disclosed(each, log_rows.given(each, subjects)) for each in events]
    return list(DisclosedEntryOut(rows, many=True).data)


def _disclosed(event: LedgerEvent, row: log_rows.Given) -> dict[str, Any]:
    same = ("receiver", "unit", "role", "what", "study_uid", "objects", "controller", "ground")
    also = ("emergency", "reported", "interface")
    told_of = {name: getattr(row, name) for name in (*same, *also)}
    return {**_common(event), **told_of, "professional": row.person}


def _record(actor: Actor, log: str, filters: Filters, reason: str = "") -> None:
    """Before anything is shown."""
    about = ledger.About(environment=filters.environment, patient_id=filters.patient_id)
    facts = {"log": log, "filters": told(filters), "reason": reason}
    ledger.record(Kind.LOG_SEARCHED, about, facts, actor=actor)


# --- without a patient ----------------------------------------------------------------------------


class LogShape(EnvironmentShape):
    organisation = serializers.UUIDField(required=False, help_text="of disclosures the receiver")
    since = day_field(required=False)
    until = day_field(required=False)
    after = code_free(200, required=False, help_text="as `next` has it")


class UseLogShape(LogShape):
    person = serializers.UUIDField(required=False, help_text="a user's id")
    kind = serializers.ChoiceField(list(use_log.KINDS), required=False)


class DisclosureLogShape(LogShape):
    user = code_free(64, required=False, help_text="the professional's id")
    controller = code_free(64, required=False, help_text="OID")
    ground = code_free(40, required=False)


def _period(wanted: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "since" in wanted:
        found["since"] = midnight(wanted["since"])
    if "until" in wanted:
        found["until"] = midnight(wanted["until"] + timedelta(days=1))
    return found


class UseLog(Opened):
    doors = {"GET": Door(("use-log",), ApiScope.LOGS_READ)}

    @extend_schema(
        operation_id="use_log", tags=TAGS, parameters=[UseLogShape], responses=UseEntriesOut
    )
    def get(self, request: Request) -> Response:
        """The use log, the newest first. The look is recorded."""
        actor, wanted = reader_in(request), asked(UseLogShape, request)
        filters = use_log.Filters(
            environment=environment_in(request, UseLogShape),
            organisation_id=wanted.get("organisation"),
            person_id=wanted.get("person"),
            kind=wanted.get("kind", ""),
            **_period(wanted),
        )
        rows, after = use_log.narrowed(filters), wanted.get("after", "")
        page = by_key(lambda: keyset.page(rows, NEWEST_EVENT, after=after))
        _record(actor, USE, filters)
        return listed(used(page.rows), page.following, request)


class DisclosureLog(Opened):
    doors = {"GET": Door(("disclosures",), ApiScope.LOGS_READ)}

    @extend_schema(
        operation_id="disclosure_log",
        tags=TAGS,
        parameters=[DisclosureLogShape],
        responses=DisclosedEntriesOut,
    )
    def get(self, request: Request) -> Response:
        """The disclosure log, the newest first. The look is recorded."""
        actor, wanted = reader_in(request), asked(DisclosureLogShape, request)
        named = {name: wanted.get(name, "") for name in ("user", "controller", "ground")}
        filters = disclosures.Filters(
            environment=environment_in(request, DisclosureLogShape),
            receiver_id=wanted.get("organisation"),
            **named,
            **_period(wanted),
        )
        rows, after = disclosures.narrowed(filters), wanted.get("after", "")
        page = by_key(lambda: keyset.page(rows, NEWEST_EVENT, after=after))
        _record(actor, DISCLOSED, filters)
        return listed(disclosed(page.rows), page.following, request)


# --- one patient's --------------------------------------------------------------------------------


class LogSearchIn(Strict):
    """`after` is the `following` of the page before."""

    patient = PatientIn()
    reason = code_free(200, min_length=3, help_text="why; it is recorded")
    environment = serializers.ChoiceField(Environment.choices, required=False)
    since = day_field(required=False)
    until = day_field(required=False)
    after = code_free(200, required=False, default="", allow_blank=True)


class UseFoundOut(serializers.Serializer[Any]):
    results = UseEntryOut(many=True)
    following = serializers.CharField(help_text="empty at the end")


class DisclosedFoundOut(serializers.Serializer[Any]):
    results = DisclosedEntryOut(many=True)
    following = serializers.CharField(help_text="empty at the end")


class SearchUse(Opened):
    doors = {"POST": Door(("log-patient",), ApiScope.LOGS_READ)}
    keeps_answers = False

    @extend_schema(
        operation_id="use_log_search", tags=TAGS, request=LogSearchIn, responses=UseFoundOut
    )
    def post(self, request: Request) -> Response:
        """One patient's entries of the use log, by exact id and for a reason."""
        return _searched(request, USE, use_log.Filters, use_log.narrowed, used)


class SearchDisclosures(Opened):
    doors = {"POST": Door(("log-patient",), ApiScope.LOGS_READ)}
    keeps_answers = False

    @extend_schema(
        operation_id="disclosure_log_search",
        tags=TAGS,
        request=LogSearchIn,
        responses=DisclosedFoundOut,
    )
    def post(self, request: Request) -> Response:
        """What was given of one patient, by exact id and for a reason."""
        return _searched(request, DISCLOSED, disclosures.Filters, disclosures.narrowed, disclosed)


def _searched(
    request: Request,
    log: str,
    filters_of: Callable[..., Filters],
    narrowed: Callable[[Any], QuerySet[LedgerEvent]],
    shown: Callable[[Any], list[Any]],
) -> Response:
    wanted, actor = given(LogSearchIn, request), reader_in(request)
    environment = environment_of_body(request, wanted.get("environment", ""))
    patient_id = _patient(actor, environment, wanted)
    if patient_id is None:
        return Response({"results": [], "following": ""})
    filters = filters_of(environment, patient_id, **_period(wanted))
    rows = narrowed(filters)
    page = by_key(lambda: keyset.page(rows, NEWEST_EVENT, after=wanted["after"]))
    _record(actor, log, filters, wanted["reason"])
    return Response({"results": shown(page.rows), "following": page.following})


def _patient(actor: Actor, environment: str, wanted: Mapping[str, Any]) -> UUID | None:
    """Asking is recorded, whether anything is here of the patient or not."""
    identifier, reason = wanted["patient"]["identifier"], wanted["reason"]
    found = patient_search.find(actor, environment, identifier, reason)
    return found.id if found else None
