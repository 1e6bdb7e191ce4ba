"""Cases of log review, up to the closing decision, and what customers are asked to explain (LG-5).
A customer sees what it is asked, with the entries, and nothing else of the case.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive import ledger
from archive.actors import Actor
from archive.errors import NotFound
from archive.models import (
    ApiScope,
    ExplanationRequest,
    ExplanationState,
    Organisation,
    ReviewCase,
    ReviewFinding,
    ReviewNote,
    ReviewState,
    Suspicion,
    User,
)
from archive.queries import keyset, reviews
from archive.services import review_cases as services
from archive.services import review_explanations
from onboarding.services import log_requests
from portal.api.case_acts import ReasonIn, TextIn
from portal.api.corrections import ListShape
from portal.api.doors import (
    Door,
    Opened,
    actor_in,
    asked,
    environment_in,
    given,
    require_environment,
)
from portal.api.idempotency import Handler
from portal.api.logs import reader_in
from portal.api.operation import by_key, listed
from portal.api.review import ALL, TAGS, EntriesOut, SuspicionOut, entries, viewed
from portal.api.strict import Strict, code_free

ONE = {"GET": Door(("review-case",), ApiScope.LOGS_READ)}
ACT = {"POST": Door(("review-act",), ApiScope.LOGS_ACT)}
Given = Mapping[str, Any]


class ReviewCaseOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.SerializerMethodField(help_text="what people quote")
    environment = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(ReviewState.choices)
    owner = serializers.CharField(source="owner.get_full_name", allow_null=True)
    opened_at = serializers.DateTimeField()
    opened_by = serializers.CharField()
    finding = serializers.ChoiceField(ReviewFinding.choices, allow_blank=True)
    finding_text = serializers.CharField()
    found_by = serializers.CharField()
    found_at = serializers.DateTimeField(allow_null=True)
    decision = serializers.CharField()
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = serializers.CharField()

    def get_number(self, row: ReviewCase) -> str:
        return str(row)


class ReviewCasesOut(serializers.Serializer[Any]):
    results = ReviewCaseOut(many=True)
    next = serializers.URLField(allow_null=True)


class ReviewCasesShape(ListShape):
    state = serializers.ChoiceField(
        [*ReviewState.choices, (ALL, ALL)], default=ReviewState.OPEN.value
    )
    finding = serializers.ChoiceField(ReviewFinding.choices, required=False)
    owner = serializers.UUIDField(required=False)


class ReviewCases(Opened):
    doors = {"GET": Door(("review-cases",), ApiScope.LOGS_READ)}

    @extend_schema(
        operation_id="review_cases_list",
        tags=TAGS,
        parameters=[ReviewCasesShape],
        responses=ReviewCasesOut,
    )
    def get(self, request: Request) -> Response:
        """Cases of review, the newest first."""
        actor, wanted = reader_in(request), asked(ReviewCasesShape, request)
        environment = environment_in(request, ReviewCasesShape)
        state = "" if wanted["state"] == ALL else wanted["state"]
        filters = reviews.CaseFilters(
            environment, state, wanted.get("finding", ""), wanted.get("owner")
        )
        rows, after = reviews.cases(actor, filters), wanted.get("after", "")
        page = by_key(lambda: keyset.page(rows, reviews.CASES, after=after))
        about = ledger.About(environment=environment)
        viewed(actor, about, what="cases", entries=len(page.rows))
        return listed(list(ReviewCaseOut(page.rows, many=True).data), page.following, request)


class ReviewNoteOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    by = serializers.CharField()
    text = serializers.CharField()


class ExplanationOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    customer_id = serializers.UUIDField(source="organisation_id")
    question = serializers.CharField()
    asked_at = serializers.DateTimeField()
    due_on = serializers.DateField()
    state = serializers.ChoiceField(ExplanationState.choices)
    answer = serializers.CharField()
    answered_at = serializers.DateTimeField(allow_null=True)
    answered_by = serializers.CharField()


class WholeReviewCaseOut(ReviewCaseOut):
    suspicions = SuspicionOut(many=True, source="suspicions.all")
    notes = ReviewNoteOut(many=True, source="notes.all")
    explanations = ExplanationOut(many=True, source="explanations.all")


def _case(request: Request, case_id: UUID) -> tuple[Actor, ReviewCase]:
    """Raises NotFound, also of one that is about the caller."""
    actor = reader_in(request)
    row = reviews.case(actor, case_id)
    require_environment(request, row.environment)
    return actor, row


def _whole(actor: Actor, case_id: UUID) -> Response:
    """As it is now. Recorded before it is shown."""
    row = reviews.case(actor, case_id)
    viewed(actor, services.about(row), what="case", number=str(row))
    prefetch_related_objects(
        [row],
        Prefetch("suspicions", Suspicion.objects.order_by("raised_at", "id")),
        Prefetch("notes", ReviewNote.objects.order_by("at", "id")),
        Prefetch("explanations", ExplanationRequest.objects.order_by("-asked_at", "-id")),
    )
    return Response(WholeReviewCaseOut(row).data)


def _seen(request: Request, case_id: UUID, **_place: UUID) -> Response:
    actor, row = _case(request, case_id)
    return _whole(actor, row.id)


class OneReviewCase(Opened):
    doors = ONE

    @extend_schema(operation_id="review_case_read", tags=TAGS, responses=WholeReviewCaseOut)
    def get(self, request: Request, case_id: UUID) -> Response:
        """A case with its suspicions, notes, and what customers were asked."""
        return _seen(request, case_id)


# --- what reviewers do in it ----------------------------------------------------------------------


class Act(Opened):
    """Answered with the whole case: each answer is a look, also the one to a repeat."""

    doors = ACT

    def look(self) -> Handler:
        return _seen


def _acting(
    operation_id: str,
    say: str,
    form: type[Strict],
    act: Callable[[Actor, ReviewCase, Given], object],
) -> type[Opened]:
    class Acting(Act):
        @extend_schema(
            operation_id=operation_id,
            description=say,
            tags=TAGS,
            request=form,
            responses=WholeReviewCaseOut,
        )
        def post(self, request: Request, case_id: UUID) -> Response:
            wanted = given(form, request)
            actor, row = _case(request, case_id)
            act(actor, row, wanted)
            return _whole(actor, row.id)

    return Acting


class ReviewOwnerIn(Strict):
    owner = serializers.UUIDField(help_text="a reviewer whom the case is not about")


class AskExplanationIn(Strict):
    organisation = serializers.UUIDField(help_text="a customer of whose people the case tells")
    question = code_free(10_000)


class ReviewFindingIn(Strict):
    finding = serializers.ChoiceField(ReviewFinding.choices)
    text = code_free(10_000, help_text="what it rests on")


class DecisionIn(Strict):
    decision = code_free(10_000)


def _hand_over(actor: Actor, row: ReviewCase, wanted: Given) -> None:
    owner = User.objects.filter(id=wanted["owner"]).first()
    if owner is None:
        raise NotFound()
    services.assign(actor, row, owner)


def _ask(actor: Actor, row: ReviewCase, wanted: Given) -> None:
    organisation = Organisation.objects.filter(id=wanted["organisation"]).first()
    if organisation is None:
        raise NotFound()
    review_explanations.ask(actor, row, organisation, wanted["question"])


def _conclude(actor: Actor, row: ReviewCase, wanted: Given) -> None:
    services.conclude(actor, row, ReviewFinding(wanted["finding"]), wanted["text"])


WriteNote = _acting(
    "review_case_note",
    "It stays in the case and in its report.",
    TextIn,
    lambda actor, row, wanted: services.note(actor, row, wanted["text"]),
)
HandOver = _acting(
    "review_case_owner", "Another owner among those who review.", ReviewOwnerIn, _hand_over
)
AskExplanation = _acting(
    "review_case_ask",
    "The customer's data protection contact is told by mail, and reads the question with the "
    "entries of its people.",
    AskExplanationIn,
    _ask,
)
Conclude = _acting(
    "review_case_finding",
    "What was found; anew as long as the case is open.",
    ReviewFindingIn,
    _conclude,
)
CloseReview = _acting(
    "review_case_close",
    "On a finding. Its suspicions are settled, and what is still asked of customers is withdrawn.",
    DecisionIn,
    lambda actor, row, wanted: services.close(actor, row, decision=wanted["decision"]),
)
ReopenReview = _acting(
    "review_case_reopen",
    "Finding and decision stay until they are given anew.",
    ReasonIn,
    lambda actor, row, wanted: services.reopen(actor, row, reason=wanted["reason"]),
)


class WithdrawExplanation(Act):
    @extend_schema(
        operation_id="review_case_ask_withdraw",
        tags=TAGS,
        request=None,
        responses=WholeReviewCaseOut,
    )
    def post(self, request: Request, case_id: UUID, request_id: UUID) -> Response:
        """The customer cannot answer it any more."""
        actor, row = _case(request, case_id)
        asked_for = row.explanations.filter(id=request_id).first()
        if asked_for is None:
            raise NotFound()
        review_explanations.withdraw(actor, asked_for)
        return _whole(actor, row.id)


# --- a customer's side ----------------------------------------------------------------------------


class LogRequestsOut(serializers.Serializer[Any]):
    results = ExplanationOut(many=True)
    next = serializers.URLField(allow_null=True)


class LogRequests(Opened):
    doors = {"GET": Door(("log-requests",), ApiScope.LOGS_READ)}

    @extend_schema(
        operation_id="log_requests_list",
        tags=TAGS,
        parameters=[ListShape],
        responses=LogRequestsOut,
    )
    def get(self, request: Request) -> Response:
        """What a customer's administrator, or data protection contact, is asked to explain."""
        after = asked(ListShape, request).get("after", "")
        environment = environment_in(request, ListShape)
        rows = log_requests.open_to(actor_in(request)).filter(case__environment=environment)
        page = by_key(lambda: reviews.request_page(rows, after=after))
        return listed(list(ExplanationOut(page.rows, many=True).data), page.following, request)


class LogRequestOut(ExplanationOut):
    entries = EntriesOut()


class OneLogRequest(Opened):
    doors = {"GET": Door(("log-request",), ApiScope.LOGS_READ)}

    @extend_schema(operation_id="log_request_read", tags=TAGS, responses=LogRequestOut)
    def get(self, request: Request, request_id: UUID) -> Response:
        """The question with the entries that it is about. The look is recorded."""
        actor = actor_in(request)
        row = log_requests.one(actor, request_id)
        require_environment(request, row.case.environment)
        log_requests.viewed(actor, row)
        told = dict(ExplanationOut(row).data)
        return Response({**told, "entries": entries(reviews.asked_about(row))})


class AnswerIn(Strict):
    answer = code_free(10_000)


class AnswerLogRequest(Opened):
    doors = {"POST": Door(("log-request",), ApiScope.LOGS_ACT)}

    @extend_schema(
        operation_id="log_request_answer", tags=TAGS, request=AnswerIn, responses=ExplanationOut
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Explain, once."""
        text, actor = given(AnswerIn, request)["answer"], actor_in(request)
        row = log_requests.one(actor, request_id)
        require_environment(request, row.case.environment)
        log_requests.answer(actor, row.id, text)
        return Response(ExplanationOut(log_requests.one(actor, row.id)).data)
