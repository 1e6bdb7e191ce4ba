"""Advice on what patients say, on rules of access and on clients of the citizen API."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import wishes as errors
from portal.advice.kinds import Advice, Move

_NOTHING = _("Nothing was recorded. Send it again when it is put right.")
_STATE = _("See the patient’s state and history, and record a correction if they are wrong.")

ADVICE: dict[type[ArchiveError], Advice] = {
    # --- what was sent ---
    errors.ValueUnfit: Advice(
        _("Value is not acceptable"),
        _("A field is missing, too long, or not in the form that is asked for."),
        _("See which field is named, and compare it with the description of the interface."),
        _("A field is missing, too long, or not in the form that is asked for."),
        _NOTHING,
        Move.SENDER,
    ),
    errors.EffectiveInFuture: Advice(
        _("Statement of the future"),
        _("The moment from which the statement would hold has not come."),
        _("Ask the sender to check its clock and the time zone of the moment."),
        _("The moment from which the statement would hold has not come."),
        _("Check the clock of your system and the time zone of the moment."),
        Move.SENDER,
    ),
    errors.ProviderUnknown: Advice(
        _("Service provider is not known"),
        _("No customer has the organisation identifier that the prohibition names."),
        _("Check the identifier; a provider that is to join is known once it is registered."),
        _("No service provider has the identifier that the prohibition names."),
        _("Check the identifier of the organisation."),
        Move.SENDER,
    ),
    errors.ProviderMissing: Advice(
        _("Service provider is missing"),
        _("A prohibition of this scope is about one provider, and the message names none."),
        _("Ask the sender to name the provider by its organisation identifier."),
        _("A prohibition of this scope needs a service provider, and none is named."),
        _("Name the provider by the identifier of the organisation."),
        Move.SENDER,
    ),
    errors.ScopeUnfit: Advice(
        _("Prohibition of a kind that does not exist"),
        _(
            "Of a private provider only single service events and its occupational health care "
            "can be prohibited; of a public one also the whole and each register."
        ),
        _("Ask the sender to choose a scope that the provider has."),
        _("The prohibition is of a kind that does not exist for this provider."),
        _("Choose a scope that the provider has."),
        Move.SENDER,
    ),
    errors.RepresentativeIncomplete: Advice(
        _("Data of the representative are not complete"),
        _("With field 60, fields 61 and 62 and exactly one of 63 and 64 must be given."),
        _("Ask the sender to complete the form."),
        _("The role, the name, and either the id or the textual id must be given."),
        _NOTHING,
        Move.SENDER,
    ),
    errors.KeyUnfit: Advice(
        _("Key cannot be used"),
        _("It is no public key for ES256 or RS256 of enough length, or it is a private key."),
        _("Ask the service for its public key, as PEM or JWK."),
        _("It is no public key for ES256 or RS256 of enough length."),
        _("Give the public key as PEM or JWK. A private key must never be sent to anybody."),
        Move.SENDER,
    ),
    # --- what was said before ---
    errors.StatementUnknown: Advice(
        _("No such statement"),
        _("The person has made no statement of this identifier."),
        _STATE,
        _("The person has made no such statement."),
        _("Read the person’s state again."),
        Move.SENDER,
    ),
    errors.NotInformed: Advice(
        _("Permission before informing"),
        _("The permission would hold from a moment at which the person had not been informed."),
        _("Ask the sender to record the informing first."),
        _("The person must be informed before a permission can be given."),
        _("Record the informing first."),
        Move.SENDER,
    ),
    errors.AlreadyInformed: Advice(
        _("Informed already"),
        _("The person has been informed with the same text."),
        _("Nothing to do."),
        _("The person has been informed with the same text."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    errors.PermissionAlreadyGiven: Advice(
        _("Permission is in force already"),
        _("A permission was given before and has not been withdrawn."),
        _STATE,
        _("A permission is in force already."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    errors.NoPermissionGiven: Advice(
        _("No permission to withdraw"),
        _("No permission was in force at the moment of the withdrawal."),
        _STATE,
        _("No permission is in force."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    errors.ProhibitionInForce: Advice(
        _("Prohibition is in force already"),
        _("A prohibition of the same scope is in force, perhaps with another word on emergencies."),
        _STATE,
        _("A prohibition of the same scope is in force."),
        _("To change it, end the one in force first."),
        Move.SENDER,
    ),
    errors.ProhibitionHasEnded: Advice(
        _("Prohibition has ended already"),
        _("The prohibition was taken back before, or its time is over."),
        _STATE,
        _("The prohibition has ended already."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    errors.NoSuchProhibition: Advice(
        _("No prohibition to end"),
        _("No prohibition of the scope that was named is in force."),
        _STATE,
        _("No prohibition of this scope is in force."),
        _("Read the person’s state again."),
        Move.SENDER,
    ),
    errors.AlreadySaid: Advice(
        _("Expression of will is in force as it is"),
        _("The person has said the same before and nothing else since."),
        _("Nothing to do."),
        _("The same has been said before."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    errors.StatementOutdated: Advice(
        _("A later statement says otherwise"),
        _("The statement would hold from a moment before another one that contradicts it."),
        _STATE,
        _("A later statement says otherwise, and that one holds."),
        _("Read the person’s state again. What was recorded wrongly is corrected by the staff."),
        Move.SENDER,
    ),
    errors.WishDocumentReused: Advice(
        _("Document of the same id says otherwise"),
        _("A form document of this id has been recorded with other content."),
        _("Ask the sender which content is right; a changed form needs an id of its own."),
        _("A form document of this id has been recorded with other content."),
        _("Give the changed form an id of its own."),
        Move.SENDER,
    ),
    errors.PolicyHasEnded: Advice(
        _("Row is not in force any more"),
        _("The rule of access was closed meanwhile."),
        _("Open the list again."),
        _("The rule of access was closed meanwhile."),
        _("Nothing to do."),
        Move.NOBODY,
    ),
    # --- who asks ---
    errors.ClientAssertionRefused: Advice(
        _("Assertion of a service is not accepted"),
        _("A call to the citizen API came with an assertion that is not valid here."),
        _("The detail says what is wrong: key, audience, time, repetition, or the person’s code."),
        _("The assertion of your service is not valid here."),
        _("Compare the assertion with the description of the interface."),
        Move.SENDER,
    ),
    errors.StaffRoleUnfit: Advice(
        _("Role does not allow this"),
        _("The role of who asked does not allow this, or not by this way."),
        _("Ask somebody whose role allows it."),
        _("Your system may not do this."),
        _("If you think you have the right to it, contact technical support."),
        Move.NOBODY,
    ),
}
