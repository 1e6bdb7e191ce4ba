"""Webhooks: made with a secret that is told, ended, switched on again; what became of each call."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import NotFound
from archive.models import ApiScope, Organisation, Webhook, WebhookDelivery, WebhookEvent
from archive.queries import keyset
from archive.services import webhooks as services
from portal.api.cases import AfterShape
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
from portal.api.idempotency import ToldOnce
from portal.api.operation import by_key, listed
from portal.api.strict import Strict, code_free

TAGS = ["webhooks"]
READ = Door(("webhooks",), ApiScope.WEBHOOKS_ACT)
ACT = Door(("webhook-change",), ApiScope.WEBHOOKS_ACT)


class WebhookOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    environment = serializers.CharField()
    name = serializers.CharField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(WebhookEvent.choices))
    is_on = serializers.BooleanField()
    made_at = serializers.DateTimeField()
    given_up_at = serializers.DateTimeField(allow_null=True)


class MadeOut(WebhookOut, ToldOnce):
    """The secret is the one with which calls are signed (HMAC-SHA256)."""


class WebhooksOut(serializers.Serializer[Any]):
    results = WebhookOut(many=True)


class MakeIn(EnvironmentShape, Strict):
    name = code_free(100)
    url = serializers.URLField(max_length=400)
    events = serializers.ListField(
        child=serializers.ChoiceField(WebhookEvent.choices), allow_empty=False, max_length=10
    )


def _own(request: Request) -> Any:
    """Of the caller's organisations; the staff's is the operator."""
    owners = [each.id for each in caller_of(request).person.organisations]
    rows = Webhook.objects.filter(organisation__in=owners, ended_at=None)
    environment = caller_of(request).token.environment
    return rows.filter(environment=environment) if environment else rows


def _found(request: Request, webhook_id: UUID) -> Webhook:
    """Raises NotFound."""
    row = _own(request).filter(id=webhook_id).first()
    if row is None:
        raise NotFound()
    found: Webhook = row
    return found


def _bound(request: Request, webhook_id: UUID) -> Webhook:
    """One of an organisation for which the caller speaks. Raises NotFound."""
    row = _found(request, webhook_id)
    if row.organisation not in caller_of(request).person.speaks_for:
        raise NotFound()
    return row


class Webhooks(Opened):
    doors = {"GET": READ, "POST": ACT}

    @extend_schema(
        operation_id="webhooks_list",
        tags=TAGS,
        parameters=[EnvironmentShape],
        responses=WebhooksOut,
    )
    def get(self, request: Request) -> Response:
        """One's own in one environment."""
        rows = _own(request).filter(environment=environment_in(request))
        return Response({"results": WebhookOut(rows, many=True).data})

    @extend_schema(operation_id="webhook_make", tags=TAGS, request=MakeIn, responses={201: MadeOut})
    def post(self, request: Request) -> Response:
        """Have events sent to an address. Each call has `Webhook-Id`, the same when it is tried
        again, and `Webhook-Signature: t=<seconds>,v1=<HMAC-SHA256 of "t.body" in hexadecimal>`.
        """
        wanted = given(MakeIn, request)
        owner: Organisation = caller_of(request).person.speaks_for[0]
        row = services.make(
            actor_in(request),
            owner,
            environment=environment_of_body(request, wanted.get("environment", "")),
            name=wanted["name"],
            url=wanted["url"],
            events=[WebhookEvent(each) for each in wanted["events"]],
        )
        body = {**WebhookOut(row).data, "secret": services.secret_of(row.id)}
        return Response(body, status=201)


class OneWebhook(Opened):
    doors = {"GET": READ, "DELETE": ACT}

    @extend_schema(operation_id="webhook_read", tags=TAGS, responses=WebhookOut)
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """One of one's own."""
        return Response(WebhookOut(_found(request, webhook_id)).data)

    @extend_schema(operation_id="webhook_end", tags=TAGS, request=None, responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Nothing more is sent."""
        services.end(actor_in(request), _bound(request, webhook_id))
        return Response(status=204)


class SwitchOn(Opened):
    doors = {"POST": ACT}

    @extend_schema(operation_id="webhook_on", tags=TAGS, request=None, responses=WebhookOut)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """After it was given up: what it missed is sent again, the oldest first."""
        services.switch_on(actor_in(request), _bound(request, webhook_id))
        return Response(WebhookOut(_found(request, webhook_id)).data)


class DeliveryOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    event = serializers.ChoiceField(WebhookEvent.choices)
    at = serializers.DateTimeField()
    tries = serializers.IntegerField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()


class DeliveriesOut(serializers.Serializer[Any]):
    results = DeliveryOut(many=True)
    next = serializers.URLField(allow_null=True)


class Deliveries(Opened):
    doors = {"GET": READ}

    @extend_schema(
        operation_id="webhook_deliveries",
        tags=TAGS,
        parameters=[AfterShape],
        responses=DeliveriesOut,
    )
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """What was sent or is owed within thirty days, the latest first."""
        after = asked(AfterShape, request).get("after", "")
        rows = WebhookDelivery.objects.filter(webhook=_found(request, webhook_id))
        page = by_key(lambda: keyset.page(rows, keyset.NEWEST_EVENT, after=after))
        return listed(list(DeliveryOut(page.rows, many=True).data), page.following, request)
