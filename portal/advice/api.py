"""Advice on the HTTP API and its webhooks."""

from django.utils.translation import gettext_lazy as _

from archive.errors import ArchiveError
from archive.errors import api as errors
from portal.advice.kinds import Advice, Move

ADVICE: dict[type[ArchiveError], Advice] = {
    errors.IdempotencyKeyReused: Advice(
        _("Idempotency key was used for another request"),
        _("The same key came with another address or body, so it is not clear what is meant."),
        _("Ask the customer’s system supplier to make a new key for each new request."),
        _("Your system used an idempotency key again for another request."),
        _("Ask your system supplier to make a new key for each new request."),
        Move.SENDER,
    ),
    errors.TokenExceedsMaker: Advice(
        _("Token would do more than the one it is made with"),
        _("A token made over the API has no scope, role or customer that its maker’s token lacks."),
        _("Ask for less, or have the token made on the page Tokens of the API."),
        _("The new token would do more than the token it is made with."),
        _("Ask for less, or make the token on the page Tokens of the API."),
        Move.SENDER,
    ),
    errors.WebhookUnanswered: Advice(
        _("Receiver of a webhook does not answer"),
        _(
            "The receiver could not be reached, or it answered with something else than success. "
            "It was tried with growing pauses; then the webhook was switched off."
        ),
        _("Ask the customer to put its receiver right; it switches the webhook on again itself."),
        _("Your webhook’s receiver did not take what was sent to it, and it was switched off."),
        _("Put the receiver right, and switch the webhook on again on its page."),
        Move.SENDER,
    ),
    errors.AccessTokenRefused: Advice(
        _("Access token of the sign-on provider was refused"),
        _(
            "The token is not of the configured issuer and audience, it has expired, or its holder "
            "is not known here. The answer said which."
        ),
        _("Ask the customer’s system supplier to get a new token for the API’s audience."),
        _("Your system’s access token was refused; the answer said why."),
        _("Ask your system supplier to get a new token for the API’s audience."),
        Move.SENDER,
    ),
    errors.IssuerUnreachable: Advice(
        _("Keys of the sign-on provider cannot be fetched"),
        _("Access tokens cannot be proven while the provider’s keys are not known."),
        _("See whether the provider answers and OIDC_API_ISSUER or OIDC_API_KEYS is right."),
        _("The archive cannot prove access tokens at the moment."),
        _("Try again later; a token made on the page Tokens works meanwhile."),
        Move.US,
    ),
    errors.WebhookUnfit: Advice(
        _("A webhook cannot be sent to this address"),
        _("Webhooks go to https addresses of hosts outside the archive’s own network only."),
        _("Ask for the address of a receiver that the archive may call."),
        _("Webhooks are not sent to this address."),
        _("Give an https address that can be reached from the internet."),
        Move.SENDER,
    ),
}
