"""Advice on notices of disclosure."""

from django.utils.translation import gettext_lazy as _

from archive import errors
from archive.errors import ArchiveError
from portal.advice.kinds import Advice, Move

_SEND_ANEW = _("Correct the notice and send it again; nothing of it was kept.")

ADVICE: dict[type[ArchiveError], Advice] = {
    errors.NoticeInvalid: Advice(
        _("Notice of disclosure breaks a rule"),
        _("A field of the notice is missing or not valid; the event names it. Nothing was kept."),
        _("The customer corrects the field in its own system and sends the notice again."),
        _("A field of the notice of disclosure is missing or not valid. Nothing was kept."),
        _SEND_ANEW,
        Move.SENDER,
    ),
    errors.NoticeSubjectUnknown: Advice(
        _("Notice of disclosure names what is unknown"),
        _(
            "The patient, the study, the document or an organisation in the notice is not known "
            "in this controller’s register. Nothing was kept."
        ),
        _("Compare the identifiers in the notice with the archive together with the customer."),
        _("The notice of disclosure names something that your register does not have here."),
        _("Check the identifiers and the environment, then send the notice again."),
        Move.SENDER,
    ),
    errors.NoticeReused: Advice(
        _("Id of a notice of disclosure was used before"),
        _("A notice with this id was acknowledged with other content. The first one stays."),
        _("Find out with the customer whether its system gives the same id twice."),
        _("A notice of disclosure with this id was acknowledged before with other content."),
        _("Give each notice an id of its own and send it again."),
        Move.SENDER,
    ),
    errors.NoticeForeign: Advice(
        _("Notice of another controller’s disclosure"),
        _("The customer reported a disclosure from a register that is not its own."),
        _("See whose register it is; if it has passed to this customer, correct the register."),
        _("Your organisation may report disclosures from its own registers only."),
        _("Check the controller’s identifier in your system’s notice."),
        Move.SENDER,
    ),
}
