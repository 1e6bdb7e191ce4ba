"""What the two parties of an authorisation are told by mail: each change, to the administrative
contact of each (AC-3). No mail names a patient.
"""

from collections.abc import Mapping
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from archive import ledger
from archive.errors import ArchiveError
from archive.models import Authorisation, LedgerEvent
from onboarding.models import ContactKind
from onboarding.services import mails
from onboarding.services.mails import Letter

Kind = ledger.Kind
Texts = tuple[Promise, Promise]

# Of each event: for the producer, for the organiser. %(organisation)s is the reader's own.
GRANTED: Texts = (
    _("New assignment from %(other)s"),
    _(
        "%(other)s has given %(organisation)s an authorisation: %(service)s. "
        "Accept or decline it in the portal.\n\nDocument %(document)s, version %(version)s."
    ),
)
ORDERED: Texts = (
    _("Authorisation made: %(service)s"),
    _(
        "%(organisation)s has made an authorisation. Producer: %(other)s.\n\n"
        "Document %(document)s, version %(version)s."
    ),
)
TEXTS: Mapping[str, tuple[Texts | None, Texts | None]] = {
    Kind.AUTHORISATION_MADE.word: (GRANTED, ORDERED),
    Kind.AUTHORISATION_AMENDED.word: (
        (
            _("Assignment changed by %(other)s"),
            _(
                "%(other)s has given %(organisation)s a new version of an authorisation: "
                "%(service)s. The rights go on; accept or decline the new version in the portal."
                "\n\nDocument %(document)s, version %(version)s."
            ),
        ),
        (
            _("Authorisation changed: %(service)s"),
            _(
                "%(organisation)s has changed an authorisation. Producer: %(other)s.\n\n"
                "Document %(document)s, version %(version)s."
            ),
        ),
    ),
    Kind.AUTHORISATION_ACCEPTED.word: (
        (
            _("Assignment accepted"),
            _(
                "%(organisation)s has accepted the assignment of %(other)s: %(service)s.\n\n"
                "Document %(document)s, version %(version)s."
            ),
        ),
        (
            _("%(other)s has accepted your order"),
            _(
                "%(other)s has accepted the order of %(organisation)s: %(service)s.\n\n"
                "Document %(document)s, version %(version)s."
            ),
        ),
    ),
    Kind.AUTHORISATION_WITHDRAWN.word: (
        (
            _("Acceptance withdrawn"),
            _(
                "%(organisation)s has withdrawn its acceptance of the assignment of %(other)s: "
                "%(service)s.\n\nDocument %(document)s, version %(version)s."
            ),
        ),
        (
            _("%(other)s has withdrawn its acceptance"),
            _(
                "%(other)s has withdrawn its acceptance of the order of %(organisation)s: "
                "%(service)s.\n\nDocument %(document)s, version %(version)s."
            ),
        ),
    ),
    Kind.AUTHORISATION_DECLINED.word: (
        (
            _("Assignment declined"),
            _(
                "%(organisation)s has declined the assignment of %(other)s: %(service)s. "
                "Reason: %(reason)s\n\nDocument %(document)s, version %(version)s."
            ),
        ),
        (
            _("%(other)s has declined your order"),
            _(
                "%(other)s has declined the order of %(organisation)s: %(service)s. "
                "Reason: %(reason)s\n\nYou may give it to another producer in the portal.\n\n"
                "Document %(document)s, version %(version)s."
            ),
        ),
    ),
    Kind.AUTHORISATION_REVOKED.word: (
        (
            _("%(other)s has revoked an authorisation"),
            _(
                "%(other)s has revoked the authorisation of %(organisation)s: %(service)s. "
                "Reason: %(reason)s\n\nNothing more can be stored or seen under it. "
                "Document %(document)s, version %(version)s."
            ),
        ),
        (
            _("Authorisation revoked: %(service)s"),
            _(
                "%(organisation)s has revoked an authorisation. Producer: %(other)s. "
                "Reason: %(reason)s\n\nDocument %(document)s, version %(version)s."
            ),
        ),
    ),
    Kind.AUTHORISATION_ENDED.word: (
        (
            _("Authorisation from %(other)s has ended"),
            _(
                "The authorisation that %(other)s gave %(organisation)s has ended: %(service)s. "
                "Nothing more can be stored or seen under it.\n\n"
                "Document %(document)s, version %(version)s."
            ),
        ),
        (
            _("Authorisation has ended: %(service)s"),
            _(
                "An authorisation of %(organisation)s has ended. Producer: %(other)s.\n\n"
                "Document %(document)s, version %(version)s."
            ),
        ),
    ),
}
NO_PRODUCER = _("none yet")
NO_SERVICE = _("no service named")


def tell(event_id: UUID) -> None:
    """Mail both parties about one event of an authorisation."""
    event = ledger.find(event_id)
    if event is None or event.kind not in TEXTS or event.subject_id is None:
        return
    rows = Authorisation.objects.select_related("organiser", "producer")
    row = rows.filter(id=event.subject_id).first()
    if row is None:
        return
    to_producer, to_organiser = TEXTS[event.kind]
    if "producer" in event.facts.get("changed", ()):
        to_producer = GRANTED  # who is named by a later version has had no earlier one
    if to_producer and row.producer is not None:
        letter = _letter(to_producer, row, event, other=row.organiser)
        mails.to_contacts(row.producer, letter, kinds=[ContactKind.ADMINISTRATIVE])
    if to_organiser:
        letter = _letter(to_organiser, row, event, other=row.producer or NO_PRODUCER)
        mails.to_contacts(row.organiser, letter, kinds=[ContactKind.ADMINISTRATIVE])


def _letter(texts: Texts, row: Authorisation, event: LedgerEvent, *, other: object) -> Letter:
    """Names and words are put into the reader's language when the mail is written."""
    subject, body = texts
    service = " ".join(f"{row.service_code} {row.service_text}".split())  # on one line
    values = {
        "other": other,
        "service": service or NO_SERVICE,
        "reason": event.facts.get("reason", ""),
        "document": row.document_oid,
        "version": row.version,
    }
    told = mails.of_environment(row.environment, subject)
    return Letter(told, body, values, "authorisation", row.id)


def give_up(event_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    event = ledger.find(event_id)
    mails.unwritten(event.environment if event else None, event_id, job_id, error)
