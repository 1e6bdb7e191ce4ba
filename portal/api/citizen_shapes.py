"""What the citizen API says and takes. Nothing here tells of images: no manifest, no study's UID,
not what was disclosed; and no person is named.
"""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from archive.models import (
    ConsentForm,
    Document,
    DocumentKind,
    Prohibition,
    ProhibitionScope,
    RegisterType,
    WillSubject,
    WishSource,
)
from archive.queries import study_codes
from archive.queries.wishes import Line, State
from archive.services.citizen import Wishes
from portal.api.strict import Strict
from portal.api.wishes import ProhibitionFields


class Shape(serializers.Serializer[Any]):
    """A part of an answer."""


# --- documents ------------------------------------------------------------------------------------


class ControllerOut(Shape):
    oid = serializers.CharField(source="controller_oid")
    name = serializers.CharField(source="organisation.name")


class CodeOut(Shape):
    code = serializers.CharField()
    name = serializers.CharField()


class DocumentOut(Shape):
    """A document as registered; its content is in the Patient Data Repository under these ids.
    Documents of one examination share the accession number.
    """

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(
        [DocumentKind.REQUEST.value, DocumentKind.STUDY_ENTRY.value, DocumentKind.REPORT.value]
    )
    unique_id = serializers.CharField()
    repository_id = serializers.CharField(source="repository_unique_id")
    accession_number = serializers.CharField()
    service_event = serializers.CharField()
    controller = ControllerOut(source="register")
    examinations = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(source="creation_time", allow_null=True)
    care_began_at = serializers.DateTimeField(source="service_start_time", allow_null=True)
    registered_at = serializers.DateTimeField()

    @extend_schema_field(CodeOut(many=True))
    def get_examinations(self, row: Document) -> list[dict[str, str]]:
        """The study codes among the entry's event codes; the modalities there are not told."""
        names: dict[str, str] = self.context["names"]
        return [{"code": code, "name": names[code]} for code in _codes(row) if code in names]


def documents_body(rows: Sequence[Document]) -> list[dict[str, Any]]:
    """One look-up of names for the whole page."""
    entries = study_codes.entries(code for row in rows for code in _codes(row))
    names = {code: study_codes.name_of(entry) for code, entry in entries.items()}
    made: list[dict[str, Any]] = DocumentOut(rows, many=True, context={"names": names}).data
    return made


def _codes(row: Document) -> list[str]:
    return [str(each.get("value", "")) for each in row.metadata.get("event_codes", ())]


class DocumentsOut(Shape):
    results = DocumentOut(many=True)
    next = serializers.URLField(allow_null=True)


# --- wishes ---------------------------------------------------------------------------------------


class SaidOut(Shape):
    """What every statement carries. Who recorded it is not told."""

    id = serializers.UUIDField()
    effective_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    source = serializers.ChoiceField(WishSource.choices)
    acting_ground = serializers.CharField()


class InformingOut(SaidOut):
    text_version = serializers.CharField()


class PermissionOut(SaidOut):
    given = serializers.BooleanField()
    form = serializers.ChoiceField(ConsentForm.choices)


class ProhibitionOut(SaidOut):
    scope = serializers.ChoiceField(ProhibitionScope.choices)
    provider = serializers.SerializerMethodField()
    provider_name = serializers.SerializerMethodField()
    register_type = serializers.ChoiceField([("", ""), *RegisterType.choices])
    service_event = serializers.CharField()
    emergency_exception = serializers.BooleanField()
    effective_until = serializers.DateTimeField(allow_null=True)

    def get_provider(self, row: Prohibition) -> str:
        return row.provider.oid if row.provider else ""

    def get_provider_name(self, row: Prohibition) -> str:
        return row.provider.name if row.provider else ""


class WillOut(SaidOut):
    subject = serializers.ChoiceField(WillSubject.choices)
    given = serializers.BooleanField()
    text = serializers.CharField()


class LineOut(Shape):
    """One statement of the history; of an end, `ends` is what ended."""

    kind = serializers.CharField()
    ends = serializers.UUIDField(allow_null=True)
    statement = serializers.DictField()


class WishesOut(Shape):
    """`permitted` is the permission's word alone; nothing is disclosed on it before informing."""

    informed = InformingOut(allow_null=True)
    permitted = serializers.BooleanField()
    permission = PermissionOut(allow_null=True)
    prohibitions = ProhibitionOut(many=True)
    wills = WillOut(many=True)
    history = LineOut(many=True)


SHAPES: dict[str, type[SaidOut]] = {
    "informing": InformingOut,
    "permission": PermissionOut,
    "prohibition": ProhibitionOut,
    "will": WillOut,
}
ENDED = {"informing-end": "informing_id", "prohibition-end": "prohibition_id"}


def wishes_body(told: Wishes) -> dict[str, Any]:
    state: State = told.state
    return {
        "informed": _one(InformingOut, state.informed),
        "permitted": state.is_permitted,
        "permission": _one(PermissionOut, state.permission),
        "prohibitions": ProhibitionOut(state.prohibitions, many=True).data,
        "wills": WillOut(state.wills, many=True).data,
        "history": [_line(line) for line in told.history],
    }


def _one(shape: type[SaidOut], row: Any) -> Any:
    return shape(row).data if row is not None else None


def _line(line: Line) -> dict[str, Any]:
    column = ENDED.get(line.kind)
    return {
        "kind": line.kind,
        "ends": getattr(line.row, column) if column else None,
        "statement": SHAPES.get(line.kind, SaidOut)(line.row).data,
    }


# --- what a citizen says --------------------------------------------------------------------------


class InformingIn(Strict):
    """The person has read and acknowledged this text."""

    text_version = serializers.CharField(max_length=40)


class PermissionIn(Strict):
    given = serializers.BooleanField()


class ProhibitionIn(ProhibitionFields):
    """`provider` is the OID of an organisation or of a controller."""

    scope = serializers.ChoiceField(ProhibitionScope.choices)


class WillIn(Strict):
    subject = serializers.ChoiceField(WillSubject.choices)
    given = serializers.BooleanField()
    text = serializers.CharField(required=False, allow_blank=True, default="")


class EndIn(Strict):
    """Nothing needs saying."""


# --- disclosures ----------------------------------------------------------------------------------


class DisclosureOut(Shape):
    id = serializers.UUIDField()
    at = serializers.DateTimeField()
    receiver = serializers.CharField()
    receiver_oid = serializers.CharField()
    unit = serializers.CharField()
    controller = serializers.CharField()
    controller_oid = serializers.CharField()
    ground = serializers.CharField()
    service_event = serializers.CharField()
    is_notified = serializers.BooleanField()


class DisclosuresOut(Shape):
    results = DisclosureOut(many=True)
    next = serializers.URLField(allow_null=True)
