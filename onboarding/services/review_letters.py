"""The mail to a customer's data protection contact when an explanation is asked for (LG-5). It
names neither who looked nor at whom: those are read in the portal.
"""

from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.models import ExplanationRequest, ExplanationState
from onboarding.models import ContactKind
from onboarding.services import mails
from onboarding.services.mails import Letter

SUBJECT: Promise = _("Explanation asked for by log review: %(number)s")
BODY: Promise = _(
    "The review of the logs asks %(organisation)s to explain looks at patient data by its people. "
    "Read what is asked and answer in the portal, under Log requests, by %(due)s.\n\n"
    "Case %(number)s."
)


def tell(request_id: UUID) -> None:
    """To the data protection contact; to the administrators while there is none."""
    rows = ExplanationRequest.objects.select_related("organisation", "case")
    row = rows.filter(id=request_id, state=ExplanationState.ASKED).first()
    if row is None:
        return
    subject = mails.of_environment(row.case.environment, SUBJECT)
    letter = Letter(
        subject, BODY, {"number": str(row.case), "due": row.due_on}, "log-request", row.id
    )
    mails.to_contacts(row.organisation, letter, kinds=[ContactKind.DATA_PROTECTION])


def give_up(request_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    row = ExplanationRequest.objects.select_related("case").filter(id=request_id).first()
    mails.unwritten(row.case.environment if row else None, request_id, job_id, error)
