"""The registry as the staff look at it: entries with what is registered of them, and the messages
that came. What names a patient, and messages whole, are shown on the pages.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import ApiScope, Document, DocumentKind, DocumentStatus
from archive.objects.registry import DocumentEntry
from archive.queries import keyset, registry_messages
from archive.queries import registry as queries
from portal.api.corrections import ListShape
from portal.api.doors import Door, Opened, asked, environment_in, require_environment
from portal.api.operation import by_key, listed
from portal.api.strict import MomentField, code_free
from portal.registry_words import lines

TAGS = ["registry"]


class RegisteredOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    environment = serializers.CharField()
    kind = serializers.ChoiceField(DocumentKind.choices)
    status = serializers.ChoiceField(DocumentStatus.choices)
    entry_uuid = serializers.CharField()
    unique_id = serializers.CharField()
    controller_oid = serializers.CharField(source="register.controller_oid")
    customer_id = serializers.UUIDField(source="register.organisation_id")
    study_id = serializers.UUIDField(allow_null=True)
    study_instance_uid = serializers.CharField()
    accession_number = serializers.CharField()
    mime_type = serializers.CharField()
    version = serializers.IntegerField(help_text="of its metadata")
    registered_at = serializers.DateTimeField()


class AllRegisteredOut(serializers.Serializer[Any]):
    results = RegisteredOut(many=True)
    next = serializers.URLField(allow_null=True)


class RegistryShape(ListShape):
    organisation = serializers.UUIDField(required=False, help_text="customer's id")
    kind = serializers.ChoiceField(DocumentKind.choices, required=False)
    status = serializers.ChoiceField(DocumentStatus.choices, required=False)
    named = code_free(
        128, required=False, help_text="accession number, entryUUID, uniqueId or study's UID"
    )
    since = MomentField(required=False)


class Documents(Opened):
    doors = {"GET": Door(("registry",), ApiScope.STUDIES_READ)}

    @extend_schema(
        operation_id="registry_list",
        tags=TAGS,
        parameters=[RegistryShape],
        responses=AllRegisteredOut,
    )
    def get(self, request: Request) -> Response:
        """Registered documents, the newest first."""
        wanted = asked(RegistryShape, request)
        filters = queries.Filters(
            environment=environment_in(request, RegistryShape),
            organisation_id=wanted.get("organisation"),
            kind=wanted.get("kind", ""),
            status=wanted.get("status", ""),
            named=wanted.get("named", "").strip(),
            since=wanted.get("since"),
        )
        rows, after = queries.narrowed(filters), wanted.get("after", "")
        page = by_key(lambda: keyset.page(rows, queries.ORDER, after=after))
        return listed(list(RegisteredOut(page.rows, many=True).data), page.following, request)


class AttributeOut(serializers.Serializer[Any]):
    """`name` is the attribute's in the standard; what names the patient is hidden."""

    name = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField())


class WholeRegisteredOut(RegisteredOut):
    attributes = serializers.SerializerMethodField()
    chain = serializers.SerializerMethodField(
        help_text="ids of the documents that replaced one another, the earliest first"
    )

    @extend_schema_field(AttributeOut(many=True))
    def get_attributes(self, row: Document) -> list[Any]:
        told = lines(DocumentEntry.from_json(row.metadata), whole=False)
        return list(AttributeOut(told, many=True).data)

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_chain(self, row: Document) -> list[str]:
        return [str(each.id) for each in queries.chain(row)]


class OneDocument(Opened):
    doors = {"GET": Door(("registry-entry",), ApiScope.STUDIES_READ)}

    @extend_schema(operation_id="registry_read", tags=TAGS, responses=WholeRegisteredOut)
    def get(self, request: Request, document_id: UUID) -> Response:
        """One document as it is registered, without what names the patient."""
        row = queries.one(document_id)
        require_environment(request, row.environment)
        return Response(WholeRegisteredOut(row).data)


# --- messages -------------------------------------------------------------------------------------


class RegistryMessageOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    environment = serializers.CharField()
    customer_id = serializers.UUIDField(source="organisation_id")
    connection_id = serializers.UUIDField()
    received_at = serializers.DateTimeField()
    action = serializers.CharField(help_text="empty: it could not be read")
    message_id = serializers.CharField()
    correlation_id = serializers.UUIDField(allow_null=True, help_text="of its failures too")
    taken = serializers.BooleanField(help_text="as it was answered")
    changed = serializers.BooleanField(help_text="the registry")


class RegistryMessagesOut(serializers.Serializer[Any]):
    results = RegistryMessageOut(many=True)
    next = serializers.URLField(allow_null=True)


class RegistryMessagesShape(ListShape):
    organisation = serializers.UUIDField(required=False, help_text="customer's id")
    outcome = serializers.ChoiceField(
        [registry_messages.TAKEN, registry_messages.REFUSED], required=False
    )
    named = code_free(128, required=False, help_text="MessageID or correlation id")
    since = MomentField(required=False)


class RegistryMessages(Opened):
    doors = {"GET": Door(("registry-messages",), ApiScope.STUDIES_READ)}

    @extend_schema(
        operation_id="registry_messages_list",
        tags=TAGS,
        parameters=[RegistryMessagesShape],
        responses=RegistryMessagesOut,
    )
    def get(self, request: Request) -> Response:
        """SOAP messages of customers' systems, the newest first."""
        wanted = asked(RegistryMessagesShape, request)
        filters = registry_messages.Filters(
            environment=environment_in(request, RegistryMessagesShape),
            organisation_id=wanted.get("organisation"),
            outcome=wanted.get("outcome", ""),
            named=wanted.get("named", "").strip(),
            since=wanted.get("since"),
        )
        rows, after = registry_messages.narrowed(filters), wanted.get("after", "")
        page = by_key(lambda: registry_messages.page(rows, after=after))
        return listed(list(RegistryMessageOut(page.rows, many=True).data), page.following, request)
