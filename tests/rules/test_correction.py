"""What a rejection note does, for every title and state (AR-7)."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.errors import ArchiveError, DatasetUnreadable
from archive.errors import corrections as errors
from archive.objects.key_objects import Named
from archive.rules.correction import (
    OVERRIDES,
    TITLES,
    Known,
    Terms,
    Verdict,
    is_refused_again,
    judge,
)

TODAY = date(2026, 11, 26)
CT, SC = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.7"
QUALITY, SAFETY, WORKLIST, RETENTION = "113001", "113037", "113038", "113039"
ALL = Terms(metadata=True, note_first=True, retention=True)


def named(uid: str = "1.1", **changes: str) -> Named:
    return Named(
        **{
            "study_uid": "1.2",
            "series_uid": "1.2.1",
            "class_uid": CT,
            "instance_uid": uid,
            **changes,
        }
    )


def known(rejection: str = "", ended: bool | None = None, class_uid: str = CT) -> Known:
    keep_until = None if ended is None else TODAY - timedelta(days=1 if ended else 0)
    return Known(uuid4(), "1.2", "1.2.1", class_uid, rejection, keep_until)


def outcome(*arguments: object) -> Verdict | type[ArchiveError]:
    try:
        return judge(*arguments)  # type: ignore[arg-type]
    except ArchiveError as error:
        return type(error)


@pytest.mark.parametrize("title", [QUALITY, SAFETY, WORKLIST])
def test_what_is_here_is_hidden_and_what_is_not_is_awaited(title: str) -> None:
    row = known()
    verdict = judge(title, [named(), named("1.9")], {"1.1": row}, {}, ALL, TODAY)
    assert verdict == Verdict((row.id,), (named("1.9"),))


@pytest.mark.parametrize("title", sorted(TITLES))
@pytest.mark.parametrize("before", sorted(TITLES))
def test_a_rejection_becomes_stricter_and_never_milder(title: str, before: str) -> None:
    rows = {"1.1": known(before, ended=True)}
    found = outcome(title, [named()], rows, {}, ALL, TODAY)
    if before in OVERRIDES[title]:
        assert isinstance(found, Verdict)
    else:
        assert found is errors.RejectedAlready


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (named(class_uid=SC), errors.RejectionClassConflict),
        (named(study_uid="1.3"), errors.NothingToReject),
        (named(series_uid="1.2.2"), errors.NothingToReject),
    ],
)
def test_a_note_must_name_the_object_as_it_is(wrong: Named, error: type[ArchiveError]) -> None:
    assert outcome(QUALITY, [wrong], {"1.1": known()}, {}, ALL, TODAY) is error


def test_a_note_that_names_nothing_is_no_note() -> None:
    assert outcome(QUALITY, [], {}, {}, ALL, TODAY) is DatasetUnreadable


def test_a_note_before_its_objects_is_for_those_who_agreed_on_it() -> None:
    strict = Terms(note_first=False)
    assert outcome(QUALITY, [named()], {}, {}, strict, TODAY) is errors.NothingToReject
    assert isinstance(outcome(QUALITY, [named()], {}, {}, ALL, TODAY), Verdict)
    again = outcome(QUALITY, [named()], {}, {"1.1": QUALITY}, ALL, TODAY)
    assert again is errors.RejectedAlready


@pytest.mark.parametrize(
    ("terms", "row", "expected"),
    [
        (Terms(), known(ended=True), errors.RetentionRejectionUnauthorised),
        (ALL, known(ended=None), errors.RetentionNotEnded),
        (ALL, known(ended=False), errors.RetentionNotEnded),  # kept to the end of the day
        (ALL, None, errors.NothingToReject),
    ],
)
def test_retention_ends_by_a_note_only_when_it_has_ended(
    terms: Terms, row: Known | None, expected: type[ArchiveError]
) -> None:
    rows = {"1.1": row} if row else {}
    assert outcome(RETENTION, [named()], rows, {}, terms, TODAY) is expected


def test_retention_that_has_ended_may_be_ended() -> None:
    row = known(ended=True)
    assert judge(RETENTION, [named()], {"1.1": row}, {}, ALL, TODAY).hide == (row.id,)


@pytest.mark.parametrize(
    ("rejection", "refused"),
    [("", False), (QUALITY, False), (SAFETY, True), (WORKLIST, True), (RETENTION, True)],
)
def test_which_rejected_objects_are_refused_again(rejection: str, refused: bool) -> None:
    assert is_refused_again(rejection) is refused


STATES = st.builds(
    Known,
    id=st.uuids(),
    study_uid=st.sampled_from(["1.2", "1.3"]),
    series_uid=st.just("1.2.1"),
    class_uid=st.sampled_from([CT, SC]),
    rejection=st.sampled_from(["", *sorted(TITLES)]),
    keep_until=st.sampled_from([None, TODAY, TODAY - timedelta(days=1)]),
)
ROWS = st.dictionaries(st.sampled_from(["1.1", "1.2", "1.3"]), STATES)
AWAITED = st.dictionaries(st.sampled_from(["1.4", "1.5"]), st.sampled_from(sorted(TITLES)))
NAMED = st.lists(
    st.sampled_from(["1.1", "1.2", "1.3", "1.4", "1.5"]).map(named), min_size=1, unique=True
)
TERMS = st.builds(Terms, st.booleans(), st.booleans(), st.booleans())


@given(st.sampled_from(sorted(TITLES)), NAMED, ROWS, AWAITED, TERMS, st.randoms())
def test_the_order_in_which_objects_are_named_does_not_matter(
    title: str,
    objects: list[Named],
    rows: dict[str, Known],
    awaited: dict[str, str],
    terms: Terms,
    random: object,
) -> None:
    shuffled = list(objects)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = outcome(title, objects, rows, awaited, terms, TODAY)
    other = outcome(title, shuffled, rows, awaited, terms, TODAY)
    if isinstance(found, Verdict):
        assert isinstance(other, Verdict)
        assert set(found.hide) == set(other.hide) and set(found.awaited) == set(other.awaited)
    else:
        assert found is other


@given(st.sampled_from(sorted(TITLES)), NAMED, ROWS, AWAITED, TERMS)
def test_a_note_acts_on_all_that_it_names_or_on_nothing(
    title: str,
    objects: list[Named],
    rows: dict[str, Known],
    awaited: dict[str, str],
    terms: Terms,
) -> None:
    found = outcome(title, objects, rows, awaited, terms, TODAY)
    if not isinstance(found, Verdict):
        return
    hidden: set[UUID] = set(found.hide)
    assert hidden == {rows[each.instance_uid].id for each in objects if each.instance_uid in rows}
    assert set(found.awaited) == {each for each in objects if each.instance_uid not in rows}
    assert terms.note_first or not found.awaited
    if title == RETENTION:
        ends = [row.keep_until for row in rows.values() if row.id in hidden]
        assert terms.retention and all(end is not None and end < TODAY for end in ends)
