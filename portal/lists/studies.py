"""The list of studies: no patient's name or code."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import Study
from archive.queries.keyset import Key
from portal.lists.cells import Code, Identifier, When, state_of
from portal.lists.columns import Column, Listing

ORDER = (Key("received_at", datetime.fromisoformat, True), Key("id", UUID, True))


@dataclass(frozen=True, slots=True)
class Row:
    study: Study
    name: str
    waits: str


def _code(row: Row) -> str:
    return row.study.study_code or row.name or _("Study")


def _name(row: Row) -> str:
    return row.name if row.study.study_code else ""


def _aet(row: Row) -> Code:
    return Code(row.study.connection.aet if row.study.connection else "")


STUDIES = Listing[Row](
    name="studies",
    url_name="studies",
    pages=("studies",),
    detail="study",
    key=lambda row: row.study.id,
    columns=(
        Column(
            "study",
            gettext_lazy("Study"),
            _code,
            under=(Column("name", gettext_lazy("Name"), _name),),
        ),
        Column(
            "received",
            gettext_lazy("Received"),
            lambda row: When(row.study.received_at),
            order=ORDER,
        ),
        Column(
            "state",
            gettext_lazy("State"),
            lambda row: state_of(row.study),
            under=(Column("waits", gettext_lazy("Waits for"), lambda row: row.waits),),
        ),
        Column("modality", gettext_lazy("Modality"), lambda row: ", ".join(row.study.modalities)),
        Column("objects", gettext_lazy("Objects"), lambda row: row.study.instance_count, css="num"),
        Column(
            "customer", gettext_lazy("Customer"), lambda row: row.study.register.organisation.name
        ),
        Column("aet", gettext_lazy("AE title"), _aet, shown=False),
        Column(
            "accession",
            gettext_lazy("Accession number"),
            lambda row: Identifier(row.study.accession_number),
        ),
        Column(
            "uid",
            gettext_lazy("Study UID"),
            lambda row: Identifier(row.study.study_instance_uid),
            shown=False,
        ),
    ),
)
