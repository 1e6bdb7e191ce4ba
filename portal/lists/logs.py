"""The two logs. Patients are masked always."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal import formats
from portal.lists.cells import PersonCode, State, Value, When
from portal.lists.columns import Column, Listing
from portal.log_rows import Given, Used


def _patient(row: Given | Used) -> PersonCode | None:
    return PersonCode(row.patient.identifier) if row.patient else None


def _reported(row: Given) -> str:
    return _("reported by a customer") if row.reported else ""


def _objects(row: Given) -> str:
    if not row.objects:
        return ""
    told = {"number": formats.number_text(row.objects)}
    return ngettext("%(number)s object", "%(number)s objects", row.objects) % told


def _ground(row: Given) -> Value:
    return State("needs", row.ground) if row.is_by_emergency else row.ground


def _emergency(row: Given) -> Value:
    """Emergency use is marked whatever else the ground was."""
    marked = row.emergency and not row.is_by_emergency
    return State("needs", _("emergency use")) if marked else None


DISCLOSURES = Listing[Given](
    name="disclosures",
    url_name="log-disclosures",
    pages=("disclosures",),
    detail="log-disclosure",
    key=lambda row: row.key,
    columns=(
        Column(
            "receiver",
            gettext_lazy("Receiver"),
            lambda row: row.receiver,
            under=(Column("unit", gettext_lazy("Unit"), lambda row: row.unit),),
        ),
        Column(
            "at",
            gettext_lazy("Time"),
            lambda row: When(row.at),
            under=(Column("reported", gettext_lazy("Reported by a customer"), _reported),),
        ),
        Column(
            "person",
            gettext_lazy("Professional"),
            lambda row: row.person,
            under=(Column("role", gettext_lazy("Professional right"), lambda row: row.role),),
        ),
        Column(
            "what",
            gettext_lazy("What"),
            lambda row: row.what,
            under=(Column("objects", gettext_lazy("Objects"), _objects),),
        ),
        Column("patient", gettext_lazy("Patient"), _patient),
        Column("controller", gettext_lazy("Data controller"), lambda row: row.controller),
        Column(
            "ground",
            gettext_lazy("Ground"),
            _ground,
            under=(Column("emergency", gettext_lazy("Emergency use"), _emergency),),
        ),
        Column("study", gettext_lazy("Study UID"), lambda row: row.study_uid, shown=False),
        Column("documents", gettext_lazy("Documents"), lambda row: row.documents, shown=False),
        Column("interface", gettext_lazy("Interface"), lambda row: row.interface, shown=False),
        Column("message", gettext_lazy("Message id"), lambda row: row.message_id, shown=False),
    ),
)
USE = Listing[Used](
    name="use",
    url_name="log-use",
    pages=("use-log",),
    detail="log-use-entry",
    key=lambda row: row.key,
    columns=(
        Column(
            "what",
            gettext_lazy("What happened"),
            lambda row: row.what,
            under=(Column("brief", gettext_lazy("Detail"), lambda row: row.brief),),
        ),
        Column("at", gettext_lazy("Time"), lambda row: When(row.at)),
        Column("person", gettext_lazy("By whom"), lambda row: row.person),
        Column("patient", gettext_lazy("Patient"), _patient),
        # Whose data or affairs it is about: of the staff it is not the person's own.
        Column("organisation", gettext_lazy("Concerns"), lambda row: row.organisation),
        Column("reason", gettext_lazy("Reason"), lambda row: row.reason),
    ),
)
