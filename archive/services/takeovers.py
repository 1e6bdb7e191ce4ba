"""Take-over of a local archive before it is closed: its list of studies, from a file or by asking
its system, against what is stored, committed and registered (AR-12).
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import TextIOWrapper
from typing import BinaryIO
from uuid import UUID

from django.db import connection, transaction

from archive import jobs, ledger
from archive.actors import Actor, ActorKind
from archive.errors import ArchiveError, NotFound
from archive.errors.rules import AnswersTooMany, ListTooLarge, TakeoverRuns, Unread
from archive.errors.wishes import StaffRoleUnfit
from archive.models import (
    STAFF_ROLES,
    Connection,
    JobKind,
    Membership,
    Organisation,
    Role,
    Takeover,
    TakeoverSource,
    TakeoverState,
)
from archive.objects.messages import Target
from archive.objects.study_lists import Answers, ListedStudy, Question
from archive.rules import study_lists
from archive.rules.sheets import unread
from archive.rules.study_lists import Problem
from archive.services import error_desk
from archive.services.connections import target_of
from archive.services.error_desk import Place, What, Who
from archive.values import now

STARTERS = frozenset({Role.ADMIN, Role.ARCHIVIST, Role.ONBOARDING})
MOST_BYTES = 200_000_000
MOST_LINES = 1_000_000
FAULTS_KEPT = 200
MOST_ANSWERS = 5_000
ASK_SECONDS = 30.0  # for one question: a job's lease is a minute
WIDEST_SPAN = 366
ASK = Place("dicom", "takeover-query")
COMPARE = Place("job", "takeover-compare")
_COPY = (
    "COPY archive_takeoverline (takeover_id, number, study_instance_uid, accession_number,"
    " study_date, instances, held, outcome) FROM STDIN"
)


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    file: BinaryIO
    size: int


def from_list(
    actor: Actor, organisation: Organisation, environment: str, upload: Upload
) -> Takeover:
    """Read the list and owe its comparison.

    Raises NotFound, StaffRoleUnfit, ListTooLarge, ListUnreadable.
    """
    _require_starter(actor, organisation)
    if upload.size > MOST_BYTES:
        raise ListTooLarge(facts={"field": "file", "limit": str(MOST_BYTES)})
    sha256 = hashlib.file_digest(upload.file, "sha256").hexdigest()  # type: ignore[arg-type]
    upload.file.seek(0)
    with transaction.atomic():
        made = Takeover.objects.create(
            environment=environment,
            organisation=organisation,
            name=upload.name[:200],
            source=TakeoverSource.LIST,
            state=TakeoverState.COMPARING,
            made_by=actor.name,
            made_at=now(),
        )
        faults: list[tuple[int, Problem]] = []
        made.listed = _write(made, _good(_lines(upload.file), faults))
        if not made.listed and not faults:
            raise unread(Unread.EMPTY, "no line below the heading")
        made.faulty, made.faults = len(faults), faults[:FAULTS_KEPT]
        made.save(update_fields=["listed", "faulty", "faults"])
        _record_start(actor, made, {"sha256": sha256, "faulty": made.faulty})
        _owe_comparison(made)
    return made


def from_system(actor: Actor, asked: Connection, first_day: date, last_day: date) -> Takeover:
    """Owe the questions to a customer's system for the studies of these days.

    Raises NotFound, StaffRoleUnfit.
    """
    _require_starter(actor, asked.organisation)
    with transaction.atomic():
        made = Takeover.objects.create(
            environment=asked.environment,
            organisation=asked.organisation,
            connection=asked,
            name=asked.aet,
            source=TakeoverSource.QUERY,
            first_day=first_day,
            last_day=last_day,
            state=TakeoverState.ASKING,
            made_by=actor.name,
            made_at=now(),
        )
        _record_start(actor, made, {"first_day": first_day, "last_day": last_day})
        _owe_question(made)
    return made


def compare_again(actor: Actor, takeover: Takeover) -> None:
    """What was missing may have come since. Raises NotFound, StaffRoleUnfit, TakeoverRuns."""
    _require_starter(actor, takeover.organisation)
    with transaction.atomic():
        rows = Takeover.objects.filter(
            id=takeover.id, state__in=(TakeoverState.COMPARED, TakeoverState.FAILED)
        )
        asks = takeover.source == TakeoverSource.QUERY and takeover.asked_until != takeover.last_day
        state = TakeoverState.ASKING if asks else TakeoverState.COMPARING
        if not rows.update(state=state, compared=0, error=""):
            raise TakeoverRuns()
        _record_start(actor, takeover, {"again": True})
        (_owe_question if asks else _owe_comparison)(takeover)


def _require_starter(actor: Actor, organisation: Organisation) -> None:
    """A customer's own people, in a role that they act in now, or staff who work with it."""
    match actor.kind:
        case ActorKind.STAFF:
            if not actor.roles & STARTERS:
                raise StaffRoleUnfit()
        case ActorKind.CUSTOMER:
            # Whose provider narrows the roles is nothing more to this customer than they say.
            held = Membership.objects.filter(
                organisation=organisation, role__in=actor.roles - STAFF_ROLES
            )
            if actor.id is None or not held.filter(user_id=actor.id).exists():
                raise NotFound()
        case _:
            raise NotFound()


def _record_start(actor: Actor, takeover: Takeover, facts: dict[str, object]) -> None:
    told = {"how": takeover.source, "listed": takeover.listed, **facts}
    ledger.record(ledger.Kind.TAKEOVER_STARTED, about(takeover), told, actor=actor)


def about(takeover: Takeover) -> ledger.About:
    return ledger.About(
        environment=takeover.environment,
        organisation_id=takeover.organisation_id,
        subject_id=takeover.id,
    )


def _owe_question(takeover: Takeover) -> None:
    jobs.defer(
        JobKind.TAKEOVER_QUERY,
        takeover.id,
        environment=takeover.environment,
        organisation_id=takeover.organisation_id,
        peer_id=takeover.connection_id,
    )


def _owe_comparison(takeover: Takeover) -> None:
    jobs.defer(
        JobKind.TAKEOVER_COMPARE,
        takeover.id,
        environment=takeover.environment,
        organisation_id=takeover.organisation_id,
    )


# --- a list as a file -----------------------------------------------------------------------------


def _lines(file: BinaryIO) -> Iterator[tuple[int, ListedStudy | Problem]]:
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield from study_lists.read(text)
    except UnicodeDecodeError as error:
        raise unread(Unread.NOT_UTF8, "not in UTF-8") from error
    finally:
        text.detach()


def _good(
    lines: Iterable[tuple[int, ListedStudy | Problem]], faults: list[tuple[int, Problem]]
) -> Iterator[ListedStudy]:
    """The studies; what is faulty is put aside. Raises ListTooLarge."""
    for count, (number, found) in enumerate(lines):
        if count >= MOST_LINES:
            raise ListTooLarge(facts={"field": "file"})
        if isinstance(found, Problem):
            faults.append((number, found))
        else:
            yield found


def _write(takeover: Takeover, studies: Iterable[ListedStudy]) -> int:
    """After the lines that are there; how many there are then."""
    number = takeover.listed
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for each in studies:
            number += 1
            names = each.study_instance_uid, each.accession_number
            copy.write_row((takeover.id, number, *names, each.study_date, each.instances, 0, ""))
    return number


# --- asking its system ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """The next question with where it goes, ready for the edge."""

    target: Target
    question: Question


def question(takeover_id: UUID) -> Asked | None:
    """The days that come next; None when all have been answered."""
    takeover = Takeover.objects.select_related("connection").get(id=takeover_id)
    last_day, asked = takeover.last_day, takeover.connection
    if takeover.state not in (TakeoverState.ASKING, TakeoverState.FAILED):
        return None
    if asked is None or last_day is None or takeover.asked_until == last_day:
        return None
    first = _next_day(takeover)
    last = min(first + timedelta(days=takeover.span_days - 1), last_day)
    return Asked(target_of(asked), Question(first, last, MOST_ANSWERS, ASK_SECONDS))


def _next_day(takeover: Takeover) -> date:
    if takeover.asked_until is not None:
        return takeover.asked_until + timedelta(days=1)
    assert takeover.first_day is not None
    return takeover.first_day


def answered(takeover_id: UUID, asked: Question, answers: Answers) -> datetime | None:
    """Keep what was answered and say when to ask on; None when that was all. An answer given twice
    changes nothing. Raises AnswersTooMany when one day is too much.
    """
    with transaction.atomic():
        takeover = Takeover.objects.select_for_update().get(id=takeover_id)
        if _next_day(takeover) != asked.first_day:
            return now()
        days = (asked.last_day - asked.first_day).days + 1
        if not answers.whole:
            if days == 1:
                raise AnswersTooMany(facts={"day": asked.first_day.isoformat()})
            takeover.span_days = max(days // 2, 1)
        else:
            takeover.listed = _write(takeover, answers.studies)
            takeover.faulty += answers.faulty
            takeover.asked_until = asked.last_day
            if len(answers.studies) < asked.most // 4:
                takeover.span_days = min(takeover.span_days * 2, WIDEST_SPAN)
        ends = takeover.asked_until == takeover.last_day
        takeover.state = TakeoverState.COMPARING if ends else TakeoverState.ASKING
        takeover.error = ""
        takeover.save()
        if ends:
            _owe_comparison(takeover)
            error_desk.settle(takeover_id, ASK.step)
    return None if ends else now()


def not_done(takeover_id: UUID, error: ArchiveError) -> None:
    """One more try has failed."""
    rows = Takeover.objects.filter(id=takeover_id)
    rows.update(error=error.detail[:200], last_reason=error.reason())


def give_up_asking(takeover_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    _give_up(takeover_id, job_id, error, ASK)


def give_up_comparing(takeover_id: UUID, job_id: UUID, error: ArchiveError) -> None:
    _give_up(takeover_id, job_id, error, COMPARE)


def _give_up(takeover_id: UUID, job_id: UUID, error: ArchiveError, place: Place) -> None:
    """All tries failed: the page says so, and the support desk has it."""
    with transaction.atomic():
        takeover = Takeover.objects.select_for_update().get(id=takeover_id)
        takeover.state, takeover.error = TakeoverState.FAILED, error.detail[:200]
        takeover.last_reason = error.reason()
        takeover.save(update_fields=["state", "error", "last_reason"])
        error_desk.report(
            error,
            environment=takeover.environment,
            place=place,
            who=Who(takeover.organisation_id, takeover.connection_id),
            what=What(subject_id=takeover_id, job_id=job_id),
            once=True,
        )
