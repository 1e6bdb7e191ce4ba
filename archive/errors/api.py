"""What the HTTP API for persons and systems refuses, and what its webhooks run into. Families and
their meaning: `archive.errors`.
"""

from archive.errors.base import Busy, Refused, Unacceptable


class IdempotencyKeyReused(Unacceptable):
    code = "API-KEY-REUSED"
    comment = "this idempotency key was used for another request"


class TokenExceedsMaker(Unacceptable):
    code = "API-TOKEN-BEYOND"
    comment = "a token made with a token cannot do more than that one"


class WebhookUnanswered(Busy):
    code = "WEBHOOK-UNANSWERED"
    comment = "the receiver of a webhook does not take it"


class WebhookUnfit(Unacceptable):
    code = "WEBHOOK-ADDRESS"
    comment = "a webhook cannot be sent to this address"


class AccessTokenRefused(Refused):
    code = "API-TOKEN-REFUSED"
    comment = "the access token cannot be accepted"


class IssuerUnreachable(Busy):
    code = "API-ISSUER"
    comment = "the keys of the tokens' issuer cannot be fetched"
