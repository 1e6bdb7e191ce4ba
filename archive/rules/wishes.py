"""Whether what a patient says may be recorded (AC-1): pure checks, each with a refusal of its own.

A statement holds from its effective moment, which is never ahead. It may not lie before a later
statement that says otherwise, unless the staff correct what was recorded wrongly.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from archive.errors.wishes import (
    AlreadyInformed,
    AlreadySaid,
    EffectiveInFuture,
    NoPermissionGiven,
    NoSuchProhibition,
    NotInformed,
    PermissionAlreadyGiven,
    ProhibitionHasEnded,
    ProhibitionInForce,
    ProviderMissing,
    ProviderUnknown,
    RepresentativeIncomplete,
    ScopeUnfit,
    StatementOutdated,
    ValueUnfit,
)
from archive.models import ConsentForm, ProhibitionScope, RegisterType
from archive.values import Oid

MAX_TEXT = 4_000
# Of a provider's registers; a private one's occupational health care has a scope of its own.
REGISTERS = (RegisterType.PUBLIC, RegisterType.OCCUPATIONAL)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a statement takes effect, and when that is judged."""

    effective_at: datetime
    at: datetime
    correcting: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """A statement that is known: a permission given or withdrawn, an expression of will."""

    effective_at: datetime
    recorded_at: datetime
    given: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """Whose material a prohibition is about."""

    id: UUID
    is_public: bool
    controller_oid: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A prohibition as it is asked for. `named` tells a provider that nobody knows from none."""

    scope: ProhibitionScope
    named: bool = False
    provider: Provider | None = None
    register_type: str = ""
    service_event: str = ""
    emergency_exception: bool = False
    effective_until: datetime | None = None

    @property
    def reach(self) -> tuple[object, ...]:
        """What it is about. Two of one reach and two answers in an emergency would contradict."""
        provider = self.provider.id if self.provider else None
        return self.scope, provider, self.register_type, self.service_event


@dataclass(frozen=True, slots=True)
class Known:
    """A prohibition that is recorded; `until` is when it ended or will."""

    id: UUID
    reach: tuple[object, ...]
    effective_at: datetime
    until: datetime | None


def require_past(when: Moment) -> None:
    """No allowance is made for a clock that is ahead. Raises EffectiveInFuture."""
    if when.effective_at > when.at:
        raise EffectiveInFuture(facts={"field": "effective_at"})


def holding(earlier: Iterable[Earlier], at: datetime) -> Earlier | None:
    """The statement that held at a moment: of those in effect the latest."""
    found = [each for each in earlier if each.effective_at <= at]
    return max(found, key=lambda each: (each.effective_at, each.recorded_at), default=None)


# --- informing and permission ---------------------------------------------------------------------


def check_informing(text_version: str, known: Collection[str]) -> None:
    """A newer text is told anew; the same one is not. Raises AlreadyInformed."""
    if text_version in known:
        raise AlreadyInformed(facts={"field": "text_version"})


def check_permission(
    given: bool,
    when: Moment,
    *,
    informed_from: datetime | None,
    earlier: Sequence[Earlier],
    by_form: bool = False,
) -> None:
    """`by_form`: it comes as a form document, which may come before what it takes back: were the
    withdrawal refused then, it would be lost, and the permission hold.

    Raises NotInformed, StatementOutdated, PermissionAlreadyGiven, NoPermissionGiven."""
    if given and (informed_from is None or informed_from > when.effective_at):
        raise NotInformed(facts={"field": "effective_at"})
    _require_latest(given, when, earlier)
    held = holding(earlier, when.effective_at)
    if given and held is not None and held.given:
        raise PermissionAlreadyGiven()
    if not given and not by_form and (held is None or not held.given):
        raise NoPermissionGiven()


def check_mistaken(mistaken: Earlier, earlier: Sequence[Earlier]) -> None:
    """A withdrawal that took nothing back has no contrary: that would be a permission which nobody
    gave. Raises NoPermissionGiven.
    """
    moment = mistaken.effective_at, mistaken.recorded_at
    before = [each for each in earlier if (each.effective_at, each.recorded_at) < moment]
    held = holding(before, mistaken.effective_at)
    if not mistaken.given and (held is None or not held.given):
        raise NoPermissionGiven()


def form_of(asked: ConsentForm | None, *, was_consent: bool) -> ConsentForm:
    """What was given on such a day; another word for it is refused. Raises ValueUnfit."""
    form = ConsentForm.CONSENT if was_consent else ConsentForm.PERMISSION
    if asked is not None and asked != form:
        raise ValueUnfit(f"what was given on that day is a {form.value}", facts={"field": "form"})
    return form


def check_will(given: bool, text: str, when: Moment, earlier: Sequence[Earlier]) -> None:
    """Of one subject. Raises ValueUnfit, StatementOutdated, AlreadySaid."""
    if len(text) > MAX_TEXT:
        raise ValueUnfit(f"text is longer than {MAX_TEXT} characters", facts={"field": "text"})
    if not when.correcting and any(each.effective_at > when.effective_at for each in earlier):
        raise StatementOutdated(facts={"field": "effective_at"})
    held = holding(earlier, when.effective_at)
    if held is not None and (held.given, held.text) == (given, text):
        raise AlreadySaid()


def _require_latest(given: bool, when: Moment, earlier: Iterable[Earlier]) -> None:
    """Raises StatementOutdated."""
    later = (each for each in earlier if each.effective_at > when.effective_at)
    if not when.correcting and any(each.given != given for each in later):
        raise StatementOutdated(facts={"field": "effective_at"})


# --- prohibitions ---------------------------------------------------------------------------------


def check_scope(wanted: Wanted) -> None:
    """What a scope names, and for whom there is one (domain.md 4.2 in rules).

    Of a private provider only single service events and its occupational health care can be
    prohibited. Raises ValueUnfit, ProviderUnknown, ProviderMissing, ScopeUnfit.
    """
    scope = wanted.scope
    _only(wanted.service_event, "service_event", scope == ProhibitionScope.SERVICE_EVENT)
    _only(wanted.register_type, "register_type", scope == ProhibitionScope.REGISTER)
    if scope == ProhibitionScope.SERVICE_EVENT:
        _require_event(wanted.service_event)
    if scope == ProhibitionScope.REGISTER and wanted.register_type not in REGISTERS:
        raise ValueUnfit("register has no such type", facts={"field": "register_type"})
    _check_provider(wanted)


def _only(value: str, name: str, belongs: bool) -> None:
    if value and not belongs:
        raise ValueUnfit(f"{name} does not belong to this scope", facts={"field": name})


def _require_event(text: str) -> None:
    try:
        Oid(text)
    except ValueError:
        raise ValueUnfit(
            "service event is no object identifier", facts={"field": "service_event"}
        ) from None


def _check_provider(wanted: Wanted) -> None:
    about = {"field": "provider"}
    public = wanted.scope in (ProhibitionScope.PROVIDER, ProhibitionScope.REGISTER)
    occupational = wanted.scope == ProhibitionScope.PRIVATE_OCCUPATIONAL
    if wanted.named and not public and not occupational:
        raise ValueUnfit("provider does not belong to this scope", facts=about)
    if wanted.provider is None:
        if wanted.named:
            raise ProviderUnknown(facts=about)
        if public:
            raise ProviderMissing(facts=about)
        return
    if public and not wanted.provider.is_public:
        raise ScopeUnfit("a private provider as a whole cannot be prohibited", facts=about)
    if occupational and wanted.provider.is_public:
        raise ScopeUnfit("provider is a public one", facts=about)


def check_prohibition(wanted: Wanted, when: Moment, known: Iterable[Known]) -> None:
    """Raises ValueUnfit, ProhibitionInForce, StatementOutdated."""
    until = wanted.effective_until
    if until is not None and until <= when.effective_at:
        raise ValueUnfit("ends before it begins", facts={"field": "effective_until"})
    same = [each for each in known if each.reach == wanted.reach]
    if any(each.until is None or each.until > when.at for each in same):
        raise ProhibitionInForce()
    if not when.correcting and any(each.until and each.until > when.effective_at for each in same):
        raise StatementOutdated(facts={"field": "effective_at"})


def check_end(known: Known, when: Moment) -> None:
    """Raises ProhibitionHasEnded, StatementOutdated."""
    if known.until is not None and known.until <= when.at:
        raise ProhibitionHasEnded()
    if when.effective_at < known.effective_at:
        raise StatementOutdated(
            "the prohibition begins after that", facts={"field": "effective_at"}
        )


def in_force(wanted: Wanted, known: Iterable[Known], at: datetime) -> Known:
    """The prohibition that a cancellation of this scope is about. Raises NoSuchProhibition."""
    for each in known:
        if each.reach == wanted.reach and (each.until is None or each.until > at):
            return each
    raise NoSuchProhibition()


# --- representatives ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Representative:
    """Who spoke for the person, as the form says: fields 61 to 64. Only the role is kept."""

    role: str = ""
    name: str = ""
    identifier: str = ""
    textual_id: str = ""


def check_representative(given: Representative) -> None:
    """With field 60: role (61), name (62), and one of id (63) and textual id (64), not both.

    Raises RepresentativeIncomplete.
    """
    if not given.role.strip():
        raise _incomplete("role (61) is missing", "role")
    if not given.name.strip():
        raise _incomplete("name (62) is missing", "name")
    if bool(given.identifier.strip()) == bool(given.textual_id.strip()):
        raise _incomplete("exactly one of id (63) and textual id (64) must be given", "id")


def _incomplete(problem: str, name: str) -> RepresentativeIncomplete:
    return RepresentativeIncomplete(problem, facts={"field": f"representative.{name}"})
