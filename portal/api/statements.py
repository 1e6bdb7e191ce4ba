"""What patients have said, for the staff: the state as of a moment, how it came about, corrections.

A patient stands in the body alone, with the reason why; looks and corrections are recorded.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Actor
from archive.errors import NotFound
from archive.models import ActingGround, ApiScope, Environment, Patient, WillSubject, WishSource
from archive.queries import wishes as queries
from archive.services import looking, patient_search
from archive.services import wishes as services
from archive.services.wishes import Recorded, Saying, Whose
from archive.values import now
from portal.api.doors import Door, Opened, actor_in, environment_of_body, given
from portal.api.strict import MomentField, Strict, code_free
from portal.api.studies import PatientIn
from portal.api.wishes import ProhibitionFields, wanted_of
from portal.wish_words import line_words, scope_words, state_words

TAGS = ["statements"]
ACT = Door(("wishes-correct",), ApiScope.STATEMENTS_ACT)
Given = dict[str, Any]


class AboutIn(Strict):
    """Whom it is about, and why it is asked or done; that is recorded."""

    patient = PatientIn()
    reason = code_free(200, min_length=3)
    environment = serializers.ChoiceField(Environment.choices, required=False)


class StateIn(AboutIn):
    as_of = MomentField(required=False, help_text="now when it is not named")


class StatementOut(serializers.Serializer[Any]):
    """One statement, in the words of the caller's language."""

    id = serializers.UUIDField(source="row.id")
    kind = serializers.CharField(help_text="one of " + ", ".join(each[0] for each in queries.KINDS))
    effective_at = serializers.DateTimeField(source="row.effective_at")
    recorded_at = serializers.DateTimeField(source="row.recorded_at")
    source = serializers.ChoiceField(WishSource.choices, source="row.source")
    says = serializers.SerializerMethodField()

    def get_says(self, line: queries.Line) -> str:
        return line_words(line)


class StateOut(serializers.Serializer[Any]):
    """`says` sums the state up; `prohibitions` are those in force."""

    is_informed = serializers.BooleanField()
    is_permitted = serializers.BooleanField()
    says = serializers.CharField()
    prohibitions = serializers.SerializerMethodField()
    history = StatementOut(many=True, help_text="all known by then, the latest recorded first")

    @extend_schema_field(
        serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    )
    def get_prohibitions(self, body: Given) -> list[dict[str, str]]:
        rows = body["state"].prohibitions
        return [{"id": str(row.id), "says": str(scope_words(row))} for row in rows]


class State(Opened):
    doors = {"POST": Door(("wishes-person",), ApiScope.STATEMENTS_READ)}
    keeps_answers = False

    @extend_schema(operation_id="statements_read", tags=TAGS, request=StateIn, responses=StateOut)
    def post(self, request: Request) -> Response:
        """What holds of a patient as of a moment, and every statement known by then."""
        wanted = given(StateIn, request)
        actor, patient = sought(request, wanted)
        at = wanted.get("as_of")
        looking.at_state(actor, patient, at)
        moment = at or now()
        state = queries.state(patient.id, moment)
        _shape, word, say = state_words(state)
        body = {
            "is_informed": state.informed is not None,
            "is_permitted": state.is_permitted,
            "says": f"{word}. {say}",
            "state": state,
            "history": queries.history(patient.id, moment),
        }
        return Response(StateOut(body).data)


def sought(request: Request, wanted: Given) -> tuple[Actor, Patient]:
    """The asker with the reason, and the survivor; the search is recorded. Raises NotFound."""
    actor = replace(actor_in(request), reason=wanted["reason"])
    environment = environment_of_body(request, wanted.get("environment", ""))
    found = patient_search.find(
        actor, environment, wanted["patient"]["identifier"], wanted["reason"]
    )
    if found is None:
        raise NotFound()
    return actor, found.survivor or found


# --- corrections ----------------------------------------------------------------------------------


class SaidIn(AboutIn):
    """What was said and is not recorded, from the moment at which it was said."""

    effective_at = MomentField()
    acting_ground = serializers.ChoiceField(
        ActingGround.choices, required=False, help_text="when another said it for the patient"
    )

    def validate_effective_at(self, at: Any) -> Any:
        if at > now():
            raise serializers.ValidationError("that moment has not come yet")
        return at


class WasInformedIn(SaidIn):
    text_version = code_free(40, required=False, allow_blank=True)


class WasPermittedIn(SaidIn):
    given = serializers.BooleanField(help_text="given, or withdrawn")


class WasWilledIn(SaidIn):
    subject = serializers.ChoiceField(WillSubject.choices)
    given = serializers.BooleanField(help_text="for, or against")
    text = code_free(2000, required=False, allow_blank=True)


class WasProhibitedIn(SaidIn, ProhibitionFields):
    def validate(self, attrs: Given) -> Given:
        if "scope" not in attrs:
            raise serializers.ValidationError({"scope": "is missing"})
        return attrs


class MistakenIn(AboutIn):
    """A statement that was never made. It stays in the history, with its end."""

    statement = serializers.UUIDField()


class RecordedStatementOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    warnings = serializers.ListField(child=serializers.CharField())


Record = Callable[[Actor, Whose, Saying, Given], Recorded]


def _recording(operation_id: str, say: str, form: type[AboutIn], record: Record) -> type[Opened]:
    class Recording(Opened):
        doors = {"POST": ACT}

        @extend_schema(
            operation_id=operation_id,
            description=say,
            tags=TAGS,
            request=form,
            responses={201: RecordedStatementOut},
        )
        def post(self, request: Request) -> Response:
            wanted = given(form, request)
            actor, patient = sought(request, wanted)
            whose = Whose(Environment(patient.environment), wanted["patient"]["identifier"])
            saying = Saying(
                WishSource.CORRECTION,
                effective_at=wanted.get("effective_at"),
                acting_ground=wanted.get("acting_ground", ""),
                reason=wanted["reason"],
            )
            recorded = record(actor, whose, saying, wanted)
            return Response(RecordedStatementOut(recorded).data, status=201)

    return Recording


def _inform(actor: Actor, whose: Whose, saying: Saying, wanted: Given) -> Recorded:
    return services.inform(actor, whose, saying, text_version=wanted.get("text_version", ""))


def _permit(actor: Actor, whose: Whose, saying: Saying, wanted: Given) -> Recorded:
    return services.permit(actor, whose, saying, given=wanted["given"])


def _prohibit(actor: Actor, whose: Whose, saying: Saying, wanted: Given) -> Recorded:
    return services.prohibit(actor, whose, saying, wanted_of(wanted))


def _express(actor: Actor, whose: Whose, saying: Saying, wanted: Given) -> Recorded:
    subject, text = WillSubject(wanted["subject"]), wanted.get("text", "")
    return services.express(actor, whose, saying, subject=subject, given=wanted["given"], text=text)


def _mistaken(record: Callable[..., Recorded]) -> Record:
    return lambda actor, whose, saying, wanted: record(actor, whose, saying, wanted["statement"])


Inform = _recording("statement_informing", "The patient had been informed.", WasInformedIn, _inform)
Permit = _recording(
    "statement_permission", "The permission had been given, or withdrawn.", WasPermittedIn, _permit
)
Prohibit = _recording(
    "statement_prohibition", "A prohibition had been made.", WasProhibitedIn, _prohibit
)
Express = _recording("statement_will", "Another will had been expressed.", WasWilledIn, _express)
NeverInformed = _recording(
    "statement_never_informed",
    "The patient was never informed.",
    MistakenIn,
    _mistaken(services.never_informed),
)
NeverSaid = _recording(
    "statement_never_said",
    "This was never said of the permission.",
    MistakenIn,
    _mistaken(services.never_said),
)
NeverProhibited = _recording(
    "statement_never_prohibited",
    "This was never prohibited.",
    MistakenIn,
    _mistaken(services.end_prohibition),
)
