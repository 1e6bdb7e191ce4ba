"""What each step of the road tells the contacts (ON-5)."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.models import JoiningState as State

BY_STATE: Mapping[State, tuple[Promise, Promise]] = {
    State.SUBMITTED: (
        _("Registration received: %(organisation)s"),
        _(
            "The registration of %(organisation)s has been received. "
            "You will be told when its review begins."
        ),
    ),
    State.IN_REVIEW: (
        _("Registration in review: %(organisation)s"),
        _("The registration of %(organisation)s is being reviewed. Nothing is needed from you."),
    ),
    State.RETURNED: (
        _("Registration returned: %(organisation)s"),
        _(
            "The registration of %(organisation)s was returned for additions. "
            "Reason: %(reason)s\n\nComplete it and submit it again."
        ),
    ),
    State.ACCEPTED: (
        _("Accepted for testing: %(organisation)s"),
        _(
            "%(organisation)s may now use the test environment. "
            "Its test connections are open; start the rollout test when you are ready."
        ),
    ),
    State.TEST_PASSED: (
        _("Rollout test passed: %(organisation)s"),
        _("%(organisation)s has passed the rollout test. The report is in the portal."),
    ),
    State.TEST_WAIVED: (
        _("Rollout test waived: %(organisation)s"),
        _("%(organisation)s need not pass the rollout test. Reason: %(reason)s"),
    ),
    State.IN_PRODUCTION: (
        _("In production: %(organisation)s"),
        _("%(organisation)s is in production. Its production connections are open."),
    ),
    State.NOTICE_GIVEN: (
        _("Notice of termination received: %(organisation)s"),
        _(
            "Notice of termination was given for %(organisation)s on %(given_on)s. "
            "The last day of use is %(ends_on)s. The notice may be withdrawn before it is over."
        ),
    ),
    State.ENDED: (
        _("Use has ended: %(organisation)s"),
        _(
            "The use of the service by %(organisation)s has ended. Its connections are refused. "
            "What it has archived stays, and so does the duty to keep it."
        ),
    ),
    State.REJECTED: (
        _("Registration rejected: %(organisation)s"),
        _("The registration of %(organisation)s was rejected. Reason: %(reason)s"),
    ),
    State.DRAFT: (
        _("Registration opened again: %(organisation)s"),
        _("The registration of %(organisation)s can be filled in again."),
    ),
}
NOTICE_WITHDRAWN: tuple[Promise, Promise] = (
    _("Notice withdrawn: %(organisation)s"),
    _("The notice of termination for %(organisation)s was withdrawn. The use goes on."),
)
TERMS_PUBLISHED: tuple[Promise, Promise] = (
    _("New version to accept: %(organisation)s"),
    _(
        "A new version (%(version)s) of %(document)s comes into force on %(valid_from)s. "
        "Accept it for %(organisation)s in the portal."
    ),
)
INVITED: tuple[Promise, Promise] = (
    _("Invitation: %(organisation)s"),
    _(
        "%(inviter)s invites you to use the Imaging Data Repository for %(organisation)s.\n\n"
        "Open this address and sign in: %(link)s\n\nThe invitation is valid until %(expires)s."
    ),
)
ACCESS_ASKED: tuple[Promise, Promise] = (
    _("Somebody asks to join %(organisation)s"),
    _(
        "%(person)s (%(email)s) has registered with the business id of %(organisation)s. "
        "Let the person in or turn the person away in the portal."
    ),
)
LET_IN: tuple[Promise, Promise] = (
    _("You have been let in: %(organisation)s"),
    _("You may now act for %(organisation)s in the portal."),
)
REGISTER_PASSES: tuple[Promise, Promise] = (
    _("Register passes to a successor: %(organisation)s"),
    _(
        "A register passes to %(successor)s, which is its data controller from %(on)s on. "
        "What was archived before stays as it was."
    ),
)
REGISTER_STAYS: tuple[Promise, Promise] = (
    _("Register does not pass: %(organisation)s"),
    _(
        "It had been agreed that the register of %(former)s passes to %(successor)s. "
        "That was called off: the register stays where it is."
    ),
)
