"""What comes in and goes out, as published in the schema. Names are those of the form document."""

from typing import Any

from rest_framework import serializers

from archive.models import (
    AuthorisationLevel,
    AuthorisationState,
    Organisation,
    Register,
    RegisterType,
    Urgency,
)
from archive.queries import authorisations as queries
from archive.queries.followup import Stage
from archive.rules.authorisations import ORDER_FIELDS, Order
from archive.values import HETU_ROOT, Oid, PatientIdentifier
from portal.api.strict import SinceField, day_field
from portal.forms.codes import refuse_code


class Shape(serializers.Serializer[Any]):
    """One object."""


class OidField(serializers.CharField):
    """An object identifier."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, **options)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return Oid(text) if text else text
        except ValueError:
            raise serializers.ValidationError("no object identifier") from None


def words(most: int) -> serializers.CharField:
    """Text that is kept: no personal identity code may stand in it."""
    return serializers.CharField(
        max_length=most, allow_blank=True, default="", validators=[refuse_code]
    )


class RegisterShape(Shape):
    controller_oid = OidField()
    type = serializers.ChoiceField(RegisterType.choices)
    specifier = serializers.CharField(max_length=64, allow_blank=True, default="")


class PatientShape(Shape):
    """A personal identity code, or a temporary id with its issuer's OID."""

    id = serializers.CharField(max_length=64)
    issuer = OidField(default=HETU_ROOT)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        try:
            attrs["identifier"] = PatientIdentifier.parse(attrs["id"], attrs["issuer"])
        except ValueError:
            raise serializers.ValidationError({"id": "no valid patient id"}) from None
        return attrs


class OrderShape(Shape):
    """What is ordered, and from when to when."""

    valid_from = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True, default=None)
    may_read = serializers.BooleanField(default=True)
    may_write = serializers.BooleanField(default=True)
    service_code = words(20)
    service_text = words(200)
    order_text = words(4000)
    urgency = serializers.ChoiceField(Urgency.choices, default=Urgency.ROUTINE.value)
    due_on = serializers.DateField(allow_null=True, default=None)
    voucher_number = words(40)
    voucher_value = serializers.DecimalField(
        max_digits=9, decimal_places=2, allow_null=True, default=None
    )
    voucher_expires_on = serializers.DateField(allow_null=True, default=None)
    service_event = OidField(allow_blank=True, default="")

    @property
    def order(self) -> Order:
        given = self.validated_data
        return Order(**{name: given[name] for name in ORDER_FIELDS})


class VersionShape(OrderShape):
    """A next version. The producer may be named when there is none, or when one has declined."""

    producer = OidField(allow_null=True, default=None, help_text="organisation OID")


class MakeShape(VersionShape):
    """A new authorisation: of one patient, or at population level when no patient is named."""

    register = RegisterShape(
        required=False, help_text="one that you control; your default one when left out"
    )
    patient = PatientShape(allow_null=True, default=None)


class FormShape(OrderShape):
    """The form document as the Patient Data Repository keeps it."""

    document_oid = serializers.CharField(max_length=128)
    version = serializers.IntegerField(min_value=1, max_value=1_000_000)
    level = serializers.ChoiceField(AuthorisationLevel.choices)
    state = serializers.ChoiceField(AuthorisationState.choices)
    organiser = OidField(help_text="organisation OID")
    register = RegisterShape()
    producer = OidField(allow_null=True, help_text="organisation OID")
    patient = PatientShape(allow_null=True)
    made_by = words(200)
    made_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True, default=None)
    done_at = serializers.DateTimeField(allow_null=True, default=None)
    closed_at = serializers.DateTimeField(allow_null=True, default=None)
    closing_reason = words(400)


class AuthorisationShape(FormShape):
    """A version, with how far it has come."""

    id = serializers.UUIDField()
    series = serializers.UUIDField(help_text="the same in every version")
    organiser_name = serializers.CharField()
    producer_name = serializers.CharField()
    granted_at = serializers.DateTimeField(allow_null=True)
    changed_at = serializers.DateTimeField()
    stage = serializers.ChoiceField(Stage.choices)
    late = serializers.BooleanField()
    missing = serializers.ListField(
        child=serializers.CharField(),
        help_text="producer, acceptance, images, request, study-entry",
    )


class TakenShape(Shape):
    document_oid = serializers.CharField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(AuthorisationState.choices)


class ReasonShape(Shape):
    reason = serializers.CharField(min_length=3, max_length=400, validators=[refuse_code])


class NothingShape(Shape):
    """Nothing need be said."""


class ListShape(Shape):
    results = AuthorisationShape(many=True)
    next = serializers.URLField(allow_null=True)


class FiltersShape(Shape):
    """How a list is narrowed and sorted; all of it in the address, but never a patient's code."""

    state = serializers.ChoiceField(
        [queries.LIVE, *AuthorisationState.values], required=False, help_text="or live: any open"
    )
    organiser = OidField(required=False, help_text="organisation OID")
    producer = OidField(required=False, help_text="organisation OID")
    without_producer = serializers.BooleanField(default=False)
    level = serializers.ChoiceField(AuthorisationLevel.choices, required=False)
    service = serializers.CharField(
        max_length=100, required=False, validators=[refuse_code], help_text="code, or part of text"
    )
    late = serializers.BooleanField(default=False)
    made_from = day_field(required=False)
    made_until = day_field(required=False)
    due_until = day_field(required=False)
    valid_on = day_field(required=False)
    changed_since = SinceField(required=False)
    sort = serializers.ChoiceField(list(queries.SORTS), default=queries.FIRST_SORT)
    size = serializers.IntegerField(min_value=1, max_value=500, default=100)
    after = serializers.CharField(max_length=200, default="", help_text="as `next` has it")

    @property
    def filters(self) -> queries.Filters:
        given = dict(self.validated_data)
        for name in ("sort", "size", "after"):
            del given[name]
        for name in ("organiser", "producer"):
            if name in given:
                given[f"{name}_id"] = organisation(given.pop(name), name).id
        return queries.Filters(**given)


class SearchShape(Shape):
    patient = PatientShape()


def organisation(oid: str, field: str) -> Organisation:
    """Raises ValidationError."""
    found = Organisation.objects.filter(oid=oid).first()
    if found is None:
        raise serializers.ValidationError({field: "organisation is unknown here"})
    return found


def register(given: dict[str, str] | None, organisation_id: Any) -> Register:
    """The named one, else the caller's default. Raises ValidationError."""
    if given is None:
        rows = Register.objects.filter(organisation_id=organisation_id, is_default=True)
    else:
        rows = Register.objects.filter(**given)
    found = rows.order_by("controller_oid").first()
    if found is None:
        raise serializers.ValidationError({"register": "register is unknown here"})
    return found
