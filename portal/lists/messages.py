"""Messages of HL7 and XDS, entries of the registry, and merges of patient ids: nothing of the
patient but a masked code.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from archive.models import Document, Hl7Message, PatientMerge, RegistryMessage
from archive.values import mask
from portal.lists.cells import Code, Identifier, Label, State, When, state_of
from portal.lists.columns import Column, Listing


@dataclass(frozen=True, slots=True)
class Message:
    row: Hl7Message
    what: Label


MESSAGES = Listing[Message](
    name="messages",
    url_name="messages",
    pages=("messages", "own-messages"),
    detail="message",
    key=lambda each: each.row.id,
    columns=(
        Column(
            "message",
            gettext_lazy("Message"),
            lambda each: each.what,
            under=(Column("event", gettext_lazy("Event"), lambda each: Code(each.row.event)),),
        ),
        Column("outcome", gettext_lazy("Outcome"), lambda each: state_of(each.row, "outcome")),
        Column("answer", gettext_lazy("Answer"), lambda each: Code(each.row.acknowledgement)),
        Column(
            "customer",
            gettext_lazy("Customer"),
            lambda each: each.row.organisation.name,
            under=(
                Column(
                    "connection",
                    gettext_lazy("Connection"),
                    lambda each: Code(str(each.row.connection)),
                ),
            ),
            staff_only=True,
        ),
        Column(
            "control",
            gettext_lazy("Message control id"),
            lambda each: Identifier(each.row.control_id),
        ),
        Column("received", gettext_lazy("Received"), lambda each: When(each.row.received_at)),
    ),
)

REGISTRY = Listing[Document](
    name="registry",
    url_name="registry",
    pages=("registry",),
    detail="registry-entry",
    key=lambda row: row.id,
    columns=(
        Column(
            "document",
            gettext_lazy("Document"),
            lambda row: str(row.get_kind_display()).capitalize(),
        ),
        Column("state", gettext_lazy("State"), lambda row: state_of(row, "status")),
        Column(
            "controller",
            gettext_lazy("Data controller"),
            lambda row: row.register.organisation.name,
        ),
        Column(
            "accession",
            gettext_lazy("Accession number"),
            lambda row: Identifier(row.accession_number),
        ),
        Column("registered", gettext_lazy("Registered"), lambda row: When(row.registered_at)),
        Column(
            "id",
            gettext_lazy("Unique id"),
            lambda row: Identifier(row.unique_id),
            shown=False,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A SOAP message and what it asked for, in words."""

    row: RegistryMessage
    what: str


def _taken(each: Exchange) -> State:
    return State("done", _("taken")) if each.row.taken else State("needs", _("refused"))


XDS_MESSAGES = Listing[Exchange](
    name="xds-messages",
    url_name="registry-messages",
    pages=("registry-messages",),
    detail="registry-message",
    key=lambda each: each.row.id,
    columns=(
        Column("message", gettext_lazy("Message"), lambda each: each.what),
        Column("outcome", gettext_lazy("Outcome"), _taken),
        Column(
            "customer",
            gettext_lazy("Customer"),
            lambda each: each.row.organisation.name,
            under=(
                Column(
                    "connection",
                    gettext_lazy("Connection"),
                    lambda each: Code(str(each.row.connection)),
                ),
            ),
        ),
        Column("id", "MessageID", lambda each: Identifier(each.row.message_id)),
        Column("received", gettext_lazy("Received"), lambda each: When(each.row.received_at)),
    ),
)


@dataclass(frozen=True, slots=True)
class Merge:
    row: PatientMerge
    shape: str
    word: str


def _ids(each: Merge) -> str:
    return f"{mask(each.row.retired.identifier)} → {mask(each.row.into.identifier)}"


def _undone(each: Merge) -> When | None:
    return When(each.row.undone_at) if each.row.undone_at else None


MERGES = Listing[Merge](
    name="merges",
    url_name="merges",
    pages=("merges",),
    detail="merge",
    key=lambda each: each.row.id,
    columns=(
        Column(
            "ids",
            gettext_lazy("Retired and surviving id"),
            _ids,
            under=(Column("reason", gettext_lazy("Reason"), lambda each: each.row.reason),),
        ),
        Column(
            "state",
            gettext_lazy("State"),
            lambda each: State(each.shape, each.word),
            under=(Column("undone", pgettext_lazy("merge", "Undone"), _undone),),
        ),
        Column(
            "by",
            gettext_lazy("By"),
            lambda each: each.row.organisation.name if each.row.organisation else each.row.made_by,
            under=(
                Column(
                    "way",
                    gettext_lazy("Way"),
                    lambda each: "HL7" if each.row.organisation else _("Portal"),
                ),
            ),
        ),
        Column("made", gettext_lazy("Made"), lambda each: When(each.row.made_at)),
    ),
)
