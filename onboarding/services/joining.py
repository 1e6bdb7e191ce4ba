"""A customer's road: registered, reviewed, tested (ON-1, ON-5). Production and the way out are in
`production`.

Every function checks who acts (ActorUnfit) and that the state allows it (StepOutOfOrder), and
returns the joining as it then is.
"""

from collections.abc import Mapping
from typing import Any

from archive.actors import Actor
from archive.models import Sector, User
from archive.values import BusinessId
from onboarding.models import FourEyes, Joining, RolloutRun
from onboarding.services.customers import Names


def register(user: User, business_id: BusinessId, names: Names, sector: Sector) -> Joining:
    """Make the organisation with the user as its administrator; one that is here is joined, not
    doubled: then the user waits (`people.waits_for_approval`) until its administrator or the staff
    let it in. Again by the same user: the registration goes on where it was left.
    """
    ...


def save(actor: Actor, joining: Joining, *, step: str, values: Mapping[str, Any]) -> Joining:
    """Keep what one page of the registration tells; `step` is where it goes on.

    `values`: name_fi, name_sv, name_en, sector; roles, content_types, services_used (lists).
    Raises FieldInvalid naming the field, StepOutOfOrder when it is no draft any more.
    """
    ...


def set_contacts(actor: Actor, joining: Joining, contacts: Mapping[str, Mapping[str, str]]) -> None:
    """By ContactKind: name, email, phone, language. Raises FieldInvalid, facts["field"] as
    `kind-name`."""
    ...


def submit(actor: Actor, joining: Joining) -> Joining:
    """Raises EmailUnverified, PreconditionsMissing (facts["missing"]) when the form is not full."""
    ...


def take_up(actor: Actor, joining: Joining) -> Joining:
    """An officer begins the review."""
    ...


def send_back(actor: Actor, joining: Joining, *, reason: str) -> Joining: ...


def accept_for_testing(actor: Actor, joining: Joining) -> Joining:
    """Opens the planned test connections."""
    ...


def reject(actor: Actor, joining: Joining, *, reason: str) -> Joining:
    """Open test connections end."""
    ...


def apply_again(actor: Actor, joining: Joining) -> Joining:
    """From rejected or ended back to a draft."""
    ...


def record_test(run: RolloutRun) -> Joining | None:
    """A run has ended: a pass is evidence, and moves the road on; opens production at once when the
    policy says so and nothing is missing. None when the organisation has no road.
    """
    ...


def ask_waiver(actor: Actor, joining: Joining, *, reason: str) -> FourEyes:
    """Raises AlreadyAsked while one is open."""
    ...


def grant_waiver(actor: Actor, request: FourEyes) -> Joining:
    """By another officer than the one who asked. Raises SameOfficer."""
    ...


def refuse_waiver(actor: Actor, request: FourEyes) -> FourEyes:
    """Also the asker may withdraw it."""
    ...
