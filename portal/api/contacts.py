"""Whom the archive writes to at a customer (ON-1)."""

from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.models import Organisation
from onboarding.models import ContactKind
from onboarding.queries.file import contacts
from onboarding.services import joining as services
from portal.api.doors import Opened, given
from portal.api.joining import FILE, TAGS, acting_for, road_of
from portal.api.joining_acts import FILL
from portal.api.strict import Strict, code_free


class ContactOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(ContactKind.choices)
    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    language = serializers.ChoiceField(django_settings.LANGUAGES)


class ContactsOut(serializers.Serializer[Any]):
    results = ContactOut(many=True)


class ContactIn(Strict):
    """With name, address and telephone left empty the contact is taken away."""

    kind = serializers.ChoiceField(ContactKind.choices)
    name = code_free(200, default="", allow_blank=True)
    email = code_free(254, default="", allow_blank=True)
    phone = code_free(40, default="", allow_blank=True)
    language = serializers.ChoiceField(django_settings.LANGUAGES, default="fi")


def _told(organisation: Organisation) -> Response:
    return Response({"results": ContactOut(contacts(organisation), many=True).data})


class Contacts(Opened):
    doors = {**FILE, **FILL}

    @extend_schema(operation_id="contacts_list", tags=TAGS, responses=ContactsOut)
    def get(self, request: Request, organisation_id: UUID) -> Response:
        """A customer's contacts."""
        return _told(road_of(request, organisation_id).organisation)

    @extend_schema(operation_id="contact_set", tags=TAGS, request=ContactIn, responses=ContactsOut)
    def post(self, request: Request, organisation_id: UUID) -> Response:
        """One contact in place of the one of its kind; the others stay."""
        wanted = given(ContactIn, request)
        row = road_of(request, organisation_id)
        told = {wanted.pop("kind"): wanted}
        services.set_contacts(acting_for(request, row.organisation), row, told)
        return _told(row.organisation)
