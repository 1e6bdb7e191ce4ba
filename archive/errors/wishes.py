"""What can go wrong with what patients say and with the rules of access; under the families of
`archive.errors`.

    Unacceptable   ValueUnfit, EffectiveInFuture, ProviderUnknown, ProviderMissing,
                   ScopeUnfit, RepresentativeIncomplete, KeyUnfit
    NotFound       StatementUnknown
    Conflict       NotInformed, AlreadyInformed, PermissionAlreadyGiven, NoPermissionGiven,
                   ProhibitionInForce, ProhibitionHasEnded, NoSuchProhibition, AlreadySaid,
                   StatementOutdated, WishDocumentReused, PolicyHasEnded
    Refused        ClientAssertionRefused, StaffRoleUnfit

`facts["field"]`, where there is one, names the field the message belongs to.
"""

from archive.errors.base import Conflict, NotFound, Refused, Unacceptable


class ValueUnfit(Unacceptable):
    code = "VALUE"
    comment = "value is not acceptable"


class EffectiveInFuture(Unacceptable):
    code = "WISH-FUTURE"
    comment = "statement would take effect in the future"


class ProviderUnknown(Unacceptable):
    code = "WISH-PROVIDER"
    comment = "no such service provider"


class ProviderMissing(Unacceptable):
    code = "WISH-PROVIDER-MISSING"
    comment = "scope needs a service provider, and none is named"


class ScopeUnfit(Unacceptable):
    code = "WISH-SCOPE"
    comment = "scope is not possible for this provider"


class RepresentativeIncomplete(Unacceptable):
    code = "WISH-REPRESENTATIVE"
    comment = "data of the representative are not complete"


class KeyUnfit(Unacceptable):
    code = "CLIENT-KEY"
    comment = "key is no public key for ES256 or RS256"


class StatementUnknown(NotFound):
    code = "WISH-UNKNOWN"
    comment = "person has made no such statement"


class NotInformed(Conflict):
    code = "WISH-INFORMED"
    comment = "person had not been informed"


class AlreadyInformed(Conflict):
    code = "WISH-INFORMED-ALREADY"
    comment = "person has been informed with this text"


class PermissionAlreadyGiven(Conflict):
    code = "WISH-GIVEN"
    comment = "permission is in force already"


class NoPermissionGiven(Conflict):
    code = "WISH-NOT-GIVEN"
    comment = "no permission is in force"


class ProhibitionInForce(Conflict):
    code = "WISH-PROHIBITED"
    comment = "prohibition of the same scope is in force"


class ProhibitionHasEnded(Conflict):
    code = "WISH-ENDED"
    comment = "prohibition has ended already"


class NoSuchProhibition(Conflict):
    code = "WISH-NOT-PROHIBITED"
    comment = "no prohibition of this scope is in force"


class AlreadySaid(Conflict):
    code = "WISH-SAID"
    comment = "expression of will is in force as it is"


class StatementOutdated(Conflict):
    code = "WISH-OUTDATED"
    comment = "a later statement says otherwise"


class WishDocumentReused(Conflict):
    code = "WISH-DOCUMENT"
    comment = "document id was used for other content"


class PolicyHasEnded(Conflict):
    code = "POLICY-ENDED"
    comment = "row is not in force any more"


class ClientAssertionRefused(Refused):
    code = "CLIENT-ASSERTION"
    comment = "client assertion is not accepted"


class StaffRoleUnfit(Refused):
    code = "ROLE"
    comment = "role does not allow this"
