"""The steps of a customer's road and the evidence behind its checklist, with the services and rules
of the pages: who binds a customer is a person.
"""

from base64 import b64decode
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import ApiScope, Sector
from onboarding.errors import StepOutOfOrder
from onboarding.models import ActivityRole, Evidence, Precondition
from onboarding.services import evidence, production
from onboarding.services import joining as services
from onboarding.services.moves import MOVES
from portal.api.doors import Door, Opened, given
from portal.api.joining import TAGS, JoiningFileOut, acting_for, road_of, whole
from portal.api.strict import MomentField, Strict, code_free, day_field

MOVE = {"POST": Door(("joining-move",), ApiScope.JOINING_ACT)}
FILL = {"POST": Door(("joining-fill",), ApiScope.JOINING_ACT)}
JUDGE = {"POST": Door(("joining-judge",), ApiScope.JOINING_ACT)}


class StepIn(Strict):
    """A reason is needed to return, to reject, and to ask for a waiver, which another officer
    grants. That of any other step is kept with it, too.
    """

    step = serializers.ChoiceField(list(MOVES))
    reason = code_free(2000, required=False, default="", allow_blank=True)


class Step(Opened):
    doors = MOVE

    @extend_schema(operation_id="joining_step", tags=TAGS, request=StepIn, responses=JoiningFileOut)
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Take a step of the road."""
        wanted = given(StepIn, request)
        row = road_of(request, organisation_id)
        actor = acting_for(request, row.organisation)
        MOVES[wanted["step"]].act(actor, row, reason=wanted["reason"])
        return whole(request, organisation_id)


class JoiningNoticeIn(Strict):
    given_on = day_field()
    reason = code_free(2000, required=False, default="", allow_blank=True)


class GiveNotice(Opened):
    doors = MOVE

    @extend_schema(
        operation_id="joining_notice", tags=TAGS, request=JoiningNoticeIn, responses=JoiningFileOut
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Give notice: `ends_on` is one month later. Withdrawn by a step."""
        wanted = given(JoiningNoticeIn, request)
        row = road_of(request, organisation_id)
        production.give_notice(acting_for(request, row.organisation), row, **wanted)
        return whole(request, organisation_id)


# --- what the registration told -------------------------------------------------------------------


class DetailsIn(Strict):
    """What is not named stays. Names and sector are changed until the registration is handed in;
    codes of content types and services are those of the pages.
    """

    name_fi = code_free(200, required=False)
    name_sv = code_free(200, required=False, allow_blank=True)
    name_en = code_free(200, required=False, allow_blank=True)
    sector = serializers.ChoiceField(Sector.choices, required=False)
    roles = serializers.ListField(
        child=serializers.ChoiceField(ActivityRole.choices), required=False, max_length=20
    )
    content_types = serializers.ListField(child=code_free(32), required=False, max_length=100)
    services_used = serializers.ListField(child=code_free(40), required=False, max_length=100)


class SaveDetails(Opened):
    doors = MOVE

    @extend_schema(
        operation_id="joining_details", tags=TAGS, request=DetailsIn, responses=JoiningFileOut
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Change what the registration told."""
        values = given(DetailsIn, request)
        row = road_of(request, organisation_id)
        actor = acting_for(request, row.organisation)
        services.save(actor, row, step=row.step, values=values)
        return whole(request, organisation_id)


# --- evidence -------------------------------------------------------------------------------------

BY_HAND = [(each.value, each.label) for each in evidence.GIVEN_BY_HAND]


class EvidenceFileIn(Strict):
    """PDF, PNG, JPEG or a signed container (ASiC), as long as a message may be; a longer one is
    given on the page.
    """

    name = code_free(200)
    content = serializers.CharField(help_text="base64")

    def validate_content(self, told: str) -> bytes:
        try:
            return b64decode(told, validate=True)
        except ValueError:
            raise serializers.ValidationError("is no base64") from None


class EvidenceIn(Strict):
    """In words, with a file, or both; a file that was given stays until there is a new one."""

    precondition = serializers.ChoiceField(BY_HAND)
    number = code_free(100, required=False, default="", allow_blank=True)
    dated = day_field(required=False, allow_null=True, default=None)
    note = code_free(10_000, required=False, default="", allow_blank=True)
    file = EvidenceFileIn(required=False, allow_null=True, default=None)


class GiveEvidence(Opened):
    doors = FILL

    @extend_schema(
        operation_id="joining_evidence", tags=TAGS, request=EvidenceIn, responses=JoiningFileOut
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Give evidence of a precondition; an officer judges it."""
        wanted = given(EvidenceIn, request)
        row = road_of(request, organisation_id)
        precondition, file = Precondition(wanted.pop("precondition")), wanted.pop("file")
        upload = evidence.Upload(**file) if file else None
        actor = acting_for(request, row.organisation)
        evidence.give(actor, row, precondition, file=upload, **wanted)
        return whole(request, organisation_id)


class JudgeIn(Strict):
    """`seen` is the `given_at` of what was looked at."""

    precondition = serializers.ChoiceField(BY_HAND)
    accepted = serializers.BooleanField()
    judgement = code_free(10_000, required=False, default="", allow_blank=True)
    seen = MomentField()


class JudgeEvidence(Opened):
    doors = JUDGE

    @extend_schema(
        operation_id="joining_judge", tags=TAGS, request=JudgeIn, responses=JoiningFileOut
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Accept evidence, or refuse it with a reason."""
        wanted = given(JudgeIn, request)
        row = road_of(request, organisation_id)
        kept = Evidence.objects.filter(joining=row, precondition=wanted["precondition"]).first()
        if kept is None:
            raise NotFound()
        if kept.given_at != wanted["seen"]:
            raise StepOutOfOrder(facts={"state": kept.state})
        actor = acting_for(request, row.organisation)
        evidence.judge(actor, kept, accepted=wanted["accepted"], judgement=wanted["judgement"])
        return whole(request, organisation_id)
