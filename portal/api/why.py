"""Why somebody would see what of a patient, or would not: the grounds of each decision, now or at a
past moment (AC-5). A person asks, for a reason; asking is recorded as on the page.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.actors import Purpose, Requester
from archive.models import ApiScope, Document, DocumentKind, RegisterType, Study
from archive.queries import wishes
from archive.rules.access import Action
from archive.services import why as services
from archive.services.why import WHAT_IF, Question, View
from archive.values import now
from portal.api.doors import Door, Opened, given, person_in
from portal.api.statements import AboutIn, sought
from portal.api.strict import MomentField, Strict, code_free
from portal.rule_words import ground_words, rule_words
from portal.wish_words import state_words

TAGS = ["statements"]
OTHER = "other"  # neither treatment nor an emergency


class ProfessionalIn(Strict):
    """What a signed assertion about the professional would say (XUA)."""

    purpose = serializers.ChoiceField([*Purpose, OTHER], default=Purpose.TREATMENT.value)
    care_relation = serializers.BooleanField(default=False, help_text="whether it names one")
    role = code_free(40, default="", allow_blank=True, help_text="the code in the assertion")
    register_type = serializers.ChoiceField(
        RegisterType.choices,
        default="",
        allow_blank=True,
        help_text="own register it works for; empty: any of its own",
    )
    register_specifier = code_free(64, default="", allow_blank=True)


class WhyIn(AboutIn):
    organisation = serializers.UUIDField(help_text="customer's id: who would ask")
    action = serializers.ChoiceField(
        [Action.QUERY.value, Action.RETURN.value],
        default=Action.QUERY.value,
        help_text="query: XDS, WADO and FHIR; return: DICOM and DICOMweb",
    )
    assertion = ProfessionalIn(
        required=False, help_text="without one the organisation vouches by its credentials"
    )
    as_of = MomentField(required=False, help_text="now when it is not named")
    compared_with = MomentField(required=False, help_text="another moment")

    def validate_as_of(self, at: datetime) -> datetime:
        return _come(at)

    def validate_compared_with(self, at: datetime) -> datetime:
        return _come(at)


def _come(at: datetime) -> datetime:
    """Raises ValidationError."""
    if at > now():
        raise serializers.ValidationError("that moment has not come yet")
    return at


class RuleOut(serializers.Serializer[Any]):
    """`rule` stays the same, `says` is in the words of the caller's language."""

    rule = serializers.CharField()
    says = serializers.CharField()


class DecisionOut(serializers.Serializer[Any]):
    """About a study, or about a document; a document of a study has both ids."""

    study_id = serializers.UUIDField(allow_null=True)
    document_id = serializers.UUIDField(allow_null=True)
    document_kind = serializers.ChoiceField(DocumentKind.choices, allow_null=True)
    customer = serializers.CharField(help_text="the data controller at that moment")
    allowed = serializers.BooleanField()
    ground = serializers.CharField(help_text="empty when it is not allowed")
    ground_says = serializers.CharField()
    rules = RuleOut(many=True, help_text="that fired, in their order")
    authorisation = serializers.CharField(help_text="its document's OID, when one opens it")


class CountOut(serializers.Serializer[Any]):
    seen = serializers.IntegerField()
    kept = serializers.IntegerField()


class ViewOut(serializers.Serializer[Any]):
    """What would be seen at one moment of what was kept then."""

    at = serializers.DateTimeField()
    says = serializers.CharField(help_text="the patient's state at that moment")
    studies = CountOut()
    documents = CountOut()
    decisions = DecisionOut(many=True)


class WhyOut(serializers.Serializer[Any]):
    views = ViewOut(many=True, help_text="one for each moment that was asked of")


class Why(Opened):
    doors = {"POST": Door(("why",), ApiScope.PATIENTS_READ)}
    keeps_answers = False

    @extend_schema(operation_id="why", tags=TAGS, request=WhyIn, responses=WhyOut)
    def post(self, request: Request) -> Response:
        """The decision about each study and document of a patient, were this organisation to ask,
        with the rules that lead to it. By a person, for a reason; asking is recorded.
        """
        wanted = given(WhyIn, request)
        question = _question(wanted)
        person_in(request)
        actor, patient = sought(request, wanted)
        moments: list[datetime | None] = [wanted.get("as_of")]
        moments += [wanted["compared_with"]] if "compared_with" in wanted else []
        views = services.ask(actor, patient, question, moments)
        return Response(WhyOut({"views": [_view(each) for each in views]}).data)


def _question(wanted: dict[str, Any]) -> Question:
    """Raises ValidationError when nobody of that id could ask."""
    providers = {each.id: each for each in wishes.providers()}
    asker = providers.get(wanted["organisation"])
    if asker is None:
        raise serializers.ValidationError({"organisation": "there is no such customer"})
    said = wanted.get("assertion")
    question = Question(asker, Action(wanted["action"]))
    if said is None:
        return question
    related = WHAT_IF if said["care_relation"] else ""
    return replace(question, requester=Requester(WHAT_IF, **{**said, "care_relation": related}))


def _view(view: View) -> dict[str, Any]:
    _shape, word, say = state_words(view.state)
    (seen, studies), (opened, documents) = view.studies, view.documents
    return {
        "at": view.at,
        "says": f"{word}. {say}",
        "studies": {"seen": seen, "kept": studies},
        "documents": {"seen": opened, "kept": documents},
        "decisions": list(_decisions(view)),
    }


def _decisions(view: View) -> Iterator[dict[str, Any]]:
    """The study first, its documents after it."""
    for held in view.kept:
        study_id = held.study.id if held.study else None
        if held.study:
            yield {**_told(view, held.study), "study_id": study_id}
        for row in held.documents:
            about = {"study_id": study_id, "document_id": row.id, "document_kind": row.kind}
            yield {**_told(view, row), **about}


def _told(view: View, row: Study | Document) -> dict[str, Any]:
    answer = view.answers[row.id]
    decision = answer.decision
    return {
        "document_id": None,
        "document_kind": None,
        "customer": view.controllers[row.id].name,
        "allowed": decision.allowed,
        "ground": decision.ground,
        "ground_says": ground_words(decision.ground),
        "rules": [{"rule": each, "says": rule_words(each)} for each in decision.fired],
        "authorisation": answer.document_oid,
    }
