"""The mail to a customer's technical contact when the desk asks it about a case (SD-3). It names
the case: what is asked is read in the portal.
"""

from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.models import CaseComment, Handling
from onboarding.models import ContactKind
from onboarding.services import mails
from onboarding.services.mails import Letter

SUBJECT: Promise = _("Technical support asks you something: %(number)s")
BODY: Promise = _(
    "Technical support needs an answer of %(organisation)s about case %(number)s. Read what is "
    "asked and answer in the portal, on the page of the case."
)


def tell(comment_id: UUID) -> None:
    """To the technical contact; to the administrators while there is none. Nobody is mailed about
    what has been answered by then.
    """
    rows = CaseComment.objects.select_related("case__organisation")
    row = rows.filter(id=comment_id, case__handling=Handling.WAITING).first()
    if row is None or row.case.organisation is None:
        return
    subject = mails.of_environment(row.case.environment, SUBJECT)
    letter = Letter(subject, BODY, {"number": str(row.case)}, "case", row.case_id)
    mails.to_contacts(row.case.organisation, letter, kinds=[ContactKind.TECHNICAL])


def give_up(comment_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    row = CaseComment.objects.select_related("case").filter(id=comment_id).first()
    mails.unwritten(row.case.environment if row else None, comment_id, job_id, error)
