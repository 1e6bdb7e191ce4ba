"""Facts of a customer's road in and out."""

from onboarding.models.choices import (
    ActivityRole,
    ContactKind,
    EvidenceState,
    JoiningState,
    MailState,
    Precondition,
    RequestState,
    RunState,
    StepState,
    TermsKind,
)
from onboarding.models.joining import (
    AccessRequest,
    Contact,
    Evidence,
    FourEyes,
    Invitation,
    Joining,
    PlannedConnection,
    Transition,
)
from onboarding.models.mails import OutgoingMail
from onboarding.models.public import KantaService, PublicCustomer
from onboarding.models.rollout import RolloutRun, RolloutStep
from onboarding.models.succession import Succession
from onboarding.models.terms import (
    Acceptance,
    CertifiedSystem,
    SpecificationVersion,
    TermsDocument,
)

__all__ = [
    "Acceptance",
    "AccessRequest",
    "ActivityRole",
    "CertifiedSystem",
    "Contact",
    "ContactKind",
    "Evidence",
    "EvidenceState",
    "FourEyes",
    "Invitation",
    "Joining",
    "JoiningState",
    "KantaService",
    "MailState",
    "OutgoingMail",
    "PlannedConnection",
    "Precondition",
    "PublicCustomer",
    "RequestState",
    "RolloutRun",
    "RolloutStep",
    "RunState",
    "SpecificationVersion",
    "StepState",
    "Succession",
    "TermsDocument",
    "TermsKind",
    "Transition",
]
