"""A rollout test's steps in words, as its pages and its report tell them (ON-4)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language

from archive.models import ContentPolicy
from archive.queries import study_codes
from onboarding.models import RolloutRun, RolloutStep, StepState
from onboarding.queries import rollout as queries
from onboarding.queries.observing import contents_of
from onboarding.rules import rollout as rules
from onboarding.rules.rollout import StepKind
from onboarding.rules.verdicts import bad_by_patient
from portal import rollout_words
from portal.advice import advise
from portal.rollout_words import EXPECTED, UNEXPLAINED


@dataclass(frozen=True, slots=True)
class Shown:
    """A step in the reader's words."""

    step: RolloutStep
    title: str
    shape: str
    word: str
    expected: str
    left_out: str
    came: list[tuple[str, str]]
    cause: str
    change: str


def content_names(codes: Iterable[str]) -> dict[str, str]:
    rows = queries.content_names(codes)
    return {code: _content_name(rows[code]) if code in rows else code for code in codes}


def _content_name(row: ContentPolicy) -> str:
    return str(getattr(row, f"name_{(get_language() or 'fi')[:2]}", "") or row.name_fi)


def told(found: RolloutRun, *, is_staff: bool) -> list[Shown]:
    """The steps of a run in their order."""
    steps = queries.steps(found)
    expected = _Expected(found)
    named = content_names({each.content_type for each in steps if each.content_type})
    shown = []
    for step in steps:
        cause, change = _advice(step, is_staff=is_staff)
        shown.append(
            Shown(
                step=step,
                title=rollout_words.title(step, named.get(step.content_type, "")),
                shape=rollout_words.step_shape(step, found),
                word=rollout_words.step_word(step, found),
                expected=expected.of(step),
                left_out=rollout_words.left_out(step),
                came=rollout_words.came(step),
                cause=cause,
                change=change,
            )
        )
    return shown


class _Expected:
    """What each step of one run asks for."""

    def __init__(self, found: RolloutRun) -> None:
        self.contents = contents_of(found)
        self.codes = study_codes.entries([*rules.EXAMPLES.values(), rules.ANY_EXAMPLE])
        self.bad_accession = rules.bad_accession(found.number)

    def of(self, step: RolloutStep) -> str:
        kind = StepKind(step.kind)
        if kind == StepKind.STORE:
            content = self.contents.get(step.content_type)
            return rollout_words.store_expected(content, self._example(step.content_type))
        if kind == StepKind.REFUSAL:
            by_patient = bad_by_patient(self.contents.values())
            return rollout_words.refusal_expected(self.bad_accession, by_patient=by_patient)
        return str(EXPECTED[kind])

    def _example(self, content_type: str) -> str:
        """A StudyDescription that would do."""
        code = rules.EXAMPLES.get(content_type, rules.ANY_EXAMPLE)
        return f"{code} {self.codes[code].name_fi}" if code in self.codes else code


def _advice(step: RolloutStep, *, is_staff: bool) -> tuple[str, str]:
    """Cause and what to change, for a step that failed: the staff's words or the customer's."""
    if step.state != StepState.FAILED:
        return "", ""
    if not step.cause:
        cause, change = UNEXPLAINED.get(StepKind(step.kind), ("", ""))
        return str(cause), str(change)
    advice = advise(step.cause)
    if is_staff:
        return str(advice.cause), str(advice.step)
    return str(advice.customer_cause), str(advice.customer_step)
