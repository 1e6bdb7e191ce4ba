"""POST /api/wishes: what patients have said to the Patient Data Repository (AC-1)."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from archive.errors import PatientIdUntrusted
from archive.models import ConsentForm, ProhibitionScope, RegisterType, WillSubject, WishSource
from archive.queries import wishes as queries
from archive.rules.wishes import Representative, Wanted
from archive.services import wish_import
from archive.services.wish_documents import FormDocument
from archive.services.wish_import import FormKind, WishForm
from archive.values import HETU_ROOT, PatientIdentifier
from portal.api.authentication import ConnectionAuthentication
from portal.api.operation import Operation, actor_of
from portal.api.reporting import reported
from portal.api.strict import MomentField, Strict, oid_field, without_code

# What only some kinds of form have; any other is refused where it does not belong.
OWN_FIELDS = {
    FormKind.INFORMING: {"text_version"},
    FormKind.PERMISSION: {"given", "form"},
    FormKind.PROHIBITION: {
        *("given", "scope", "provider", "register_type", "service_event"),
        *("emergency_exception", "effective_until"),
    },
    FormKind.WILL: {"given", "subject", "text"},
}
SPECIAL = frozenset[str]().union(*OWN_FIELDS.values())
MUST = {
    FormKind.PERMISSION: ("given",),
    FormKind.PROHIBITION: ("scope",),
    FormKind.WILL: ("given", "subject"),
}
UNKEPT = ("id", "textual_id", "name")  # of a representative


class ProhibitionFields(Strict):
    """What a prohibition is about. `provider` is the OID of an organisation or of a controller."""

    scope = serializers.ChoiceField(ProhibitionScope.choices, required=False)
    provider = oid_field(required=False, allow_blank=True)
    register_type = serializers.ChoiceField(RegisterType.choices, required=False)
    service_event = serializers.CharField(max_length=64, required=False, allow_blank=True)
    emergency_exception = serializers.BooleanField(required=False)
    effective_until = MomentField(required=False, allow_null=True)


def wanted_of(given: dict[str, Any]) -> Wanted:
    """The prohibition that these fields describe."""
    oid = given.get("provider", "")
    return Wanted(
        ProhibitionScope(given["scope"]),
        named=bool(oid),
        provider=queries.provider(oid) if oid else None,
        register_type=given.get("register_type", ""),
        service_event=given.get("service_event", ""),
        emergency_exception=given.get("emergency_exception", False),
        effective_until=given.get("effective_until"),
    )


class PatientForm(Strict):
    id = serializers.CharField(max_length=64)
    issuer = oid_field(required=False, default=HETU_ROOT)


class RepresentativeForm(Strict):
    """Fields 61 to 64 of the form; its presence is field 60."""

    role = serializers.CharField(
        max_length=64, required=False, allow_blank=True, validators=[without_code]
    )
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    id = serializers.CharField(max_length=64, required=False, allow_blank=True)
    textual_id = serializers.CharField(max_length=200, required=False, allow_blank=True)


class WishFormIn(ProhibitionFields):
    """A form document. A prohibition with `given` false takes back the one of the same scope."""

    document_oid = oid_field()
    kind = serializers.ChoiceField([kind.value for kind in FormKind])
    patient = PatientForm()
    effective_at = MomentField()
    source = serializers.ChoiceField(
        [WishSource.REPOSITORY.value, WishSource.DESK.value], default=WishSource.REPOSITORY.value
    )
    given = serializers.BooleanField(required=False)
    text_version = serializers.CharField(max_length=40, required=False, validators=[without_code])
    form = serializers.ChoiceField(ConsentForm.choices, required=False)
    subject = serializers.ChoiceField(WillSubject.choices, required=False)
    text = serializers.CharField(required=False, allow_blank=True)
    representative = RepresentativeForm(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind = FormKind(attrs["kind"])
        alien = sorted((set(attrs) & SPECIAL) - OWN_FIELDS[kind])
        missing = [name for name in MUST.get(kind, ()) if name not in attrs]
        wrong = {name: ["does not belong to this kind of form"] for name in alien}
        wrong |= {name: ["this kind of form must have it"] for name in missing}
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


class RecordedOut(serializers.Serializer[Any]):
    """`repeated`: the document had been recorded before, and nothing was changed."""

    id = serializers.UUIDField()
    repeated = serializers.BooleanField()
    warnings = serializers.ListField(child=serializers.CharField())


class Wishes(Operation):
    """For the Patient Data Repository alone, by the credentials of its XDS connection."""

    authentication_classes = (ConnectionAuthentication,)

    @extend_schema(
        operation_id="record_wish",
        tags=["wishes"],
        request=WishFormIn,
        responses={200: RecordedOut, 201: RecordedOut},
    )
    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        with reported(actor, "wishes"):
            form = WishFormIn(data=request.data)
            form.is_valid(raise_exception=True)
            recorded = wish_import.record(actor, _form(form.validated_data))
        return Response(RecordedOut(recorded).data, status=200 if recorded.repeated else 201)


def _form(given: dict[str, Any]) -> WishForm:
    """Raises PatientIdUntrusted."""
    who = given.get("representative")
    kept = {**given, "representative": who and {k: v for k, v in who.items() if k not in UNKEPT}}
    return WishForm(
        document=FormDocument.of(given["document_oid"], kept),
        kind=FormKind(given["kind"]),
        patient=_identifier(given["patient"]),
        effective_at=given["effective_at"],
        source=WishSource(given["source"]),
        given=given.get("given", True),
        text_version=given.get("text_version", ""),
        form=ConsentForm(given["form"]) if "form" in given else None,
        wanted=wanted_of(given) if "scope" in given else None,
        subject=WillSubject(given["subject"]) if "subject" in given else None,
        text=given.get("text", ""),
        representative=_representative(who) if who is not None else None,
    )


def _identifier(given: dict[str, str]) -> PatientIdentifier:
    try:
        return PatientIdentifier.parse(given["id"], given["issuer"])
    except ValueError:
        raise PatientIdUntrusted(facts={"field": "patient.id"}) from None


def _representative(given: dict[str, str]) -> Representative:
    return Representative(
        role=given.get("role", ""),
        name=given.get("name", ""),
        identifier=given.get("id", ""),
        textual_id=given.get("textual_id", ""),
    )
