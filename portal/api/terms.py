"""Terms and service description: versions published by the staff, accepted by customers."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import ApiScope
from archive.queries import keyset
from onboarding.models import Acceptance, TermsDocument, TermsKind
from onboarding.queries import file as queries
from onboarding.queries import terms as all_terms
from onboarding.services import terms as services
from onboarding.services.terms import Texts
from portal.api.cases import AfterShape
from portal.api.doors import Door, Opened, actor_in, asked, given
from portal.api.joining import TAGS, acting_for, road_of
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free, day_field

VERSIONS = Door(("terms-versions",), ApiScope.JOINING_READ)
NEWEST = (keyset.Key("accepted_at", keyset.moment, True), keyset.Key("id", UUID, True))


class TermsTextOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(TermsKind.choices)
    version = serializers.CharField()
    valid_from = serializers.DateField()
    is_in_force = serializers.SerializerMethodField()
    text_fi = serializers.CharField()
    text_sv = serializers.CharField()
    text_en = serializers.CharField()

    def get_is_in_force(self, row: TermsDocument) -> bool:
        return services.in_force(row.kind) == row


class AcceptanceOut(serializers.Serializer[Any]):
    customer_id = serializers.UUIDField(source="organisation_id")
    document_id = serializers.UUIDField()
    version = serializers.CharField(source="document.version")
    accepted_by = serializers.CharField()
    authority = serializers.CharField()
    accepted_at = serializers.DateTimeField()


# --- versions -------------------------------------------------------------------------------------


class TermsVersionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="document.id")
    kind = serializers.ChoiceField(TermsKind.choices, source="document.kind")
    version = serializers.CharField(source="document.version")
    valid_from = serializers.DateField(source="document.valid_from")
    is_in_force = serializers.BooleanField()
    accepted = serializers.IntegerField(help_text="by how many customers")
    not_accepted = serializers.IntegerField(
        source="missing", help_text="by how many on the road or live"
    )


class TermsVersionsOut(serializers.Serializer[Any]):
    results = TermsVersionOut(many=True)


class PublishIn(Strict):
    kind = serializers.ChoiceField(TermsKind.choices)
    version = code_free(40)
    valid_from = day_field(help_text="today or later")
    text_fi = code_free(300_000)
    text_sv = code_free(300_000)
    text_en = code_free(300_000)


class Versions(Opened):
    doors = {
        "GET": VERSIONS,
        "POST": Door(("terms-publish",), ApiScope.JOINING_ACT),
    }

    @extend_schema(operation_id="terms_list", tags=TAGS, responses=TermsVersionsOut)
    def get(self, request: Request) -> Response:
        """Every version, by document, the latest first."""
        return Response({"results": TermsVersionOut(all_terms.versions(), many=True).data})

    @extend_schema(
        operation_id="terms_publish", tags=TAGS, request=PublishIn, responses={201: TermsTextOut}
    )
    def post(self, request: Request) -> Response:
        """Publish a version. Every customer's contacts are asked to have it accepted."""
        wanted = given(PublishIn, request)
        made = services.publish(
            actor_in(request),
            TermsKind(wanted["kind"]),
            version=wanted["version"],
            valid_from=wanted["valid_from"],
            texts=Texts(wanted["text_fi"], wanted["text_sv"], wanted["text_en"]),
        )
        return Response(TermsTextOut(made).data, status=201)


def _version(document_id: UUID) -> TermsDocument:
    """Raises NotFound."""
    row = TermsDocument.objects.filter(id=document_id).first()
    if row is None:
        raise NotFound()
    return row


class OneVersion(Opened):
    doors = {"GET": VERSIONS}

    @extend_schema(operation_id="terms_read", tags=TAGS, responses=TermsTextOut)
    def get(self, request: Request, document_id: UUID) -> Response:
        """One version with its text."""
        return Response(TermsTextOut(_version(document_id)).data)


class AcceptancesOut(serializers.Serializer[Any]):
    results = AcceptanceOut(many=True)
    next = serializers.URLField(allow_null=True)


class Acceptances(Opened):
    doors = {"GET": VERSIONS}

    @extend_schema(
        operation_id="terms_acceptances",
        tags=TAGS,
        parameters=[AfterShape],
        responses=AcceptancesOut,
    )
    def get(self, request: Request, document_id: UUID) -> Response:
        """Who has accepted a version, with what authority; the latest first."""
        after = asked(AfterShape, request).get("after", "")
        accepted = Acceptance.objects.filter(document=_version(document_id))
        rows = accepted.select_related("document")
        page = by_key(lambda: keyset.page(rows, NEWEST, after=after))
        return listed(list(AcceptanceOut(page.rows, many=True).data), page.following, request)


# --- a customer's ---------------------------------------------------------------------------------


class CustomersTermsOut(serializers.Serializer[Any]):
    """What is in force, whether the customer has accepted it, and what comes next."""

    kind = serializers.ChoiceField(TermsKind.choices)
    document = TermsTextOut(allow_null=True)
    acceptance = AcceptanceOut(allow_null=True)
    next_document = TermsTextOut(allow_null=True)


class AllCustomersTermsOut(serializers.Serializer[Any]):
    results = CustomersTermsOut(many=True)


def _of(request: Request, organisation_id: UUID) -> Response:
    row = road_of(request, organisation_id)
    told = CustomersTermsOut(queries.terms(row.organisation), many=True).data
    return Response({"results": told})


class CustomersTerms(Opened):
    doors = {"GET": Door(("joining-file",), ApiScope.JOINING_READ)}

    @extend_schema(operation_id="customer_terms", tags=TAGS, responses=AllCustomersTermsOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """A customer's terms."""
        return _of(request, organisation_id)


class AcceptIn(Strict):
    document = serializers.UUIDField(help_text="the version that was read")
    authority = code_free(200, help_text="with what authority the person accepts")


class Accept(Opened):
    doors = {"POST": Door(("joining-file",), ApiScope.JOINING_ACT)}

    @extend_schema(
        operation_id="customer_terms_accept",
        tags=TAGS,
        request=AcceptIn,
        responses=AllCustomersTermsOut,
    )
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """Accept a version, as the customer's administrator; the same again changes nothing."""
        wanted = given(AcceptIn, request)
        row = road_of(request, organisation_id)
        actor, document = acting_for(request, row.organisation), _version(wanted["document"])
        services.accept(actor, document, row.organisation, authority=wanted["authority"])
        return _of(request, organisation_id)
