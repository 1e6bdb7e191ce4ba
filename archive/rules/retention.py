"""How long a study is kept: pure functions over its facts and the dated rules (AR-9).

Nothing here ends by default: what no rule settles, what is held and what is kept for ever has not
expired.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from archive.models import RetentionBasis, Spared, StudyState

# The event that decides when several rules fit alike: who has died is kept by the death.
ORDER = (RetentionBasis.DEATH, RetentionBasis.BIRTH, RetentionBasis.STUDY)
IN_FLUX = frozenset({StudyState.RECEIVING, StudyState.REGISTERING})
ANY_CONTENT = ""
# Devices and systems that know no day fill one in, 1 January of the year 1 or of 1900. A period
# from there would be over at once.
FIRST_IMAGES = date(1895, 11, 8)  # Röntgen's
OLDEST = 110  # years; whoever is said to be imaged at a higher age may be anybody


@dataclass(frozen=True, slots=True)
class Rule:
    """A row in force on the day that is judged. Empty sets fit everything."""

    id: UUID
    priority: int
    content_types: frozenset[str] = frozenset()
    register_types: frozenset[str] = frozenset()
    birth_days: frozenset[int] = frozenset()
    basis: str = ""
    years: int = 0
    permanent: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a study. `held`, `state` and `changing` matter to destruction only."""

    register_type: str
    content_types: frozenset[str]
    birth: date | None = None
    death: date | None = None
    study: date | None = None
    committed: bool = True
    held: bool = False
    state: str = StudyState.REGISTERED
    changing: bool = False  # a correction is gathered: whose study it is may be about to change

    def event(self, basis: str) -> date | None:
        days = {"birth": self.birth, "death": self.death, "study": self.study}
        return days.get(basis)


@dataclass(frozen=True, slots=True)
class Term:
    """A period that a rule gives: from an event, to its last day."""

    rule: UUID
    basis: str
    basis_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules say: the period, if one is settled, and what keeps the study for ever."""

    term: Term | None
    permanent: UUID | None

    @property
    def keep_until(self) -> date | None:
        """The last day of retention; none: not settled, or for ever."""
        return None if self.term is None or self.permanent else self.term.ends_on


def anniversary(day: date, years: int) -> date:
    """The day of the same number, else the last of its month (Act 150/1930 section 3)."""
    year = min(day.year + years, date.max.year)
    return date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


def believed_study(told: date | None, birth: date | None, received: date) -> date:
    """The day of the study as it is told, unless there was nothing to be imaged then."""
    first = max(FIRST_IMAGES, birth or FIRST_IMAGES)
    return told if told is not None and told >= first else received


def believed_birth(told: date | None, study: date) -> date | None:
    """What is told of somebody without a personal identity code, which would say it."""
    return told if told is not None and study.year - told.year <= OLDEST else None


def believed_death(told: date | None, birth: date | None) -> date | None:
    """Of whom there are images, or was born later, has not died then."""
    first = max(FIRST_IMAGES, birth or FIRST_IMAGES)
    return told if told is not None and told >= first else None


def judge(facts: Facts, rules: Iterable[Rule]) -> Standing:
    """A study of several content types is kept as long as the longest of them demands."""
    fitting = [rule for rule in rules if _fits(rule, facts)]
    lasting = sorted(
        (rule for rule in fitting if rule.permanent), key=lambda rule: (-rule.priority, rule.id)
    )
    contents = facts.content_types or frozenset({ANY_CONTENT})
    terms = [_term(facts, content, fitting) for content in contents]
    settled = [term for term in terms if term is not None]
    term = max(settled, key=_length) if len(settled) == len(terms) else None
    return Standing(term, lasting[0].id if lasting else None)


def _length(term: Term) -> tuple[date, UUID]:
    return term.ends_on, term.rule


def _fits(rule: Rule, facts: Facts) -> bool:
    if rule.register_types and facts.register_type not in rule.register_types:
        return False
    if rule.birth_days and (facts.birth is None or facts.birth.day not in rule.birth_days):
        return False
    # For ever is what one content type demands for the whole study.
    return not rule.content_types or bool(rule.content_types & facts.content_types)


def _term(facts: Facts, content: str, fitting: Iterable[Rule]) -> Term | None:
    """Of the rules of highest priority those of the first known event; of these the longest."""
    periods = [
        rule
        for rule in fitting
        if not rule.permanent and (not rule.content_types or content in rule.content_types)
    ]
    top = max((rule.priority for rule in periods), default=0)
    for basis in ORDER:
        day = facts.event(basis)
        terms = [
            Term(rule.id, basis, day, anniversary(day, rule.years))
            for rule in periods
            if day is not None and rule.basis == basis and rule.priority == top
        ]
        if terms:
            return max(terms, key=_length)
    return None


def has_expired(facts: Facts, rules: Iterable[Rule], on: date) -> bool:
    """Whether the period is over on that day and nothing holds it up."""
    keep_until = judge(facts, rules).keep_until
    return keep_until is not None and keep_until < on and not facts.held


def obstacle(facts: Facts, rules: Iterable[Rule], on: date) -> Spared | None:
    """Why a study may not be destroyed that day; None when it may. The archive destroys only what
    it has the duty to keep: the rest is its sender's.
    """
    standing = judge(facts, rules)
    if facts.held:
        return Spared.HELD
    if standing.permanent is not None:
        return Spared.PERMANENT
    if standing.keep_until is None or standing.keep_until >= on:
        return Spared.NOT_EXPIRED
    if not facts.committed:
        return Spared.UNCOMMITTED
    return Spared.UNSETTLED if facts.changing or facts.state in IN_FLUX else None
