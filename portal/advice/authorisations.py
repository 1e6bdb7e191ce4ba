"""Advice on purchased-service authorisations: fields, states, who may, the exchange of forms."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import authorisations as errors
from portal.advice.kinds import Advice, Move

ADVICE: dict[type[ArchiveError], Advice] = {
    errors.AuthorisationInvalid: Advice(
        _("Authorisation has a wrong field"),
        _("A field contradicts another, names nobody here, or is out of its time."),
        _("Read which field it is; whoever made the document corrects it and sends it again."),
        _("A field of the authorisation cannot be accepted."),
        _("Correct the field and send it again; nothing of it was kept."),
        Move.SENDER,
    ),
    errors.AuthorisationOverlaps: Advice(
        _("The same is authorised already"),
        _(
            "The producer has a live authorisation for the same register, patient and service, "
            "and the days of the two overlap."
        ),
        _("Ask the organiser whether the earlier one should be changed or revoked."),
        _(
            "The producer has a live authorisation for the same patient and service already, and "
            "the days of the two overlap."
        ),
        _("Change or revoke the earlier one, or choose days that do not overlap."),
        Move.SENDER,
    ),
    errors.AuthorisationMoved: Advice(
        _("Authorisation stands otherwise"),
        _("It was changed meanwhile, or its state does not allow this."),
        _("Open it again and see its state and its timeline."),
        _("It was changed meanwhile, or its state does not allow this."),
        _("Open it again: the page shows what can be done now."),
        Move.SENDER,
    ),
    errors.FormDiffers: Advice(
        _("Version of the document has other content"),
        _(
            "The Patient Data Repository sent a version that is known here, with other content. "
            "A change is a new version."
        ),
        _("Compare the two with the organiser; the right one is sent again as a new version."),
        _("A version of the document that is known here was sent with other content."),
        _("Send the change as a new version of the document."),
        Move.SENDER,
    ),
    errors.ControllerDiffers: Advice(
        _("Not the register’s controller"),
        _("Only the organisation that controls a register can authorise others to work in it."),
        _("Find out whose register was meant; its controller makes the authorisation."),
        _("The register is not your organisation’s, so you cannot authorise others to it."),
        _("Name a register of your own, or ask its controller for the authorisation."),
        Move.SENDER,
    ),
    errors.SubcontractingRefused: Advice(
        _("Authorisation cannot be passed on"),
        _(
            "The sender produces for this register and tried to authorise another producer. "
            "Chains are not possible: the organiser makes one authorisation for each producer."
        ),
        _("The organiser makes an authorisation of its own for the other producer."),
        _(
            "A producer cannot authorise another producer. The organiser makes one authorisation "
            "for each producer that works for it."
        ),
        _("Ask the organiser to make an authorisation for the other producer itself."),
        Move.SENDER,
    ),
    errors.PartyUnfit: Advice(
        _("For the other party to do"),
        _("The producer accepts and declines; the organiser does all the rest."),
        _("See which of the two parties asked, and for what."),
        _("The producer accepts and declines; the organiser does all the rest."),
        _("Agree with the other party on what should happen."),
        Move.NOBODY,
    ),
    errors.RepositoryUnreachable: Advice(
        _("Patient Data Repository does not answer"),
        _("Authorisations made or changed here wait to be sent to the Patient Data Repository."),
        _("Check its address in the settings and the connection; then retry."),
        _("An authorisation waits to be sent to the Patient Data Repository. It holds meanwhile."),
        _("Nothing to do. Technical support looks into it."),
        Move.US,
    ),
    errors.RepositoryRejects: Advice(
        _("Patient Data Repository does not take the document"),
        _("It answers, but with a failure; the authorisation holds here meanwhile."),
        _("Compare the status with its technical description, then retry."),
        _("An authorisation waits to be sent to the Patient Data Repository. It holds meanwhile."),
        _("Nothing to do. Technical support looks into it."),
        Move.US,
    ),
}
