"""A thousand failures of a few causes, mixed as a bad morning mixes them: for the support desk to
sort (SD-2).
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archive.simulation import sender, studies
from archive.simulation.scenes import Run
from archive.simulation.sender import Peer, Rejected
from archive.simulation.studies import SyntheticStudy
from archive.simulation.world import PRODUCTION, Customer, World
from archive.simulation.wrongs import UNKNOWN_TITLE, WRONGS

KIND = "us"  # has a study code, and is small
# How often each cause comes; what is nobody's comes from no customer.
SHARES = {
    "unknown-code": 40,
    "no-accession": 25,
    "bad-patient-id": 20,
    "not-allowed-class": 10,
    "unknown-ae": 5,
}
OF_NOBODY = "unknown-ae"
AT_ONCE = 50  # objects of one association


@dataclass(frozen=True, slots=True)
class Failure:
    """One object that will be refused, and why."""

    customer: Customer
    wrong: str

    @property
    def cause(self) -> tuple[str, str]:
        """What makes it one case with others: whose system, and what is wrong."""
        return ("" if self.wrong == OF_NOBODY else self.customer.aet, self.wrong)


@dataclass(slots=True)
class Sent:
    """What the failures of one association were answered with."""

    customer: str
    wrong: str
    count: int
    answers: dict[str, int] = field(default_factory=dict)
    as_meant: bool = False

    def facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def line(self) -> str:
        answers = ", ".join(f"{answer} x{count}" for answer, count in self.answers.items())
        verdict = "" if self.as_meant else "  NOT AS MEANT"
        return f"{self.customer:<13} {self.wrong:<20} {self.count:>4} objects: {answers}{verdict}"


def mixed(world: World, count: int, seed: int = 1) -> list[Failure]:
    """So many failures in their order, the same for the same seed."""
    chance = random.Random(seed)
    wrongs = chance.choices(list(SHARES), list(SHARES.values()), k=count)
    return [Failure(chance.choice(world.customers), wrong) for wrong in wrongs]


def causes(failures: Sequence[Failure]) -> Counter[tuple[str, str]]:
    """The cases that they are to fall into, with how many each."""
    return Counter(failure.cause for failure in failures)


def made(run: Run, failure: Failure) -> SyntheticStudy:
    """A study of one object with its error in it."""
    study = studies.make(KIND, run.order(failure.customer))
    return WRONGS[failure.wrong].alter(replace(study, datasets=study.datasets[:1]))


def send(run: Run, failures: Sequence[Failure], say: Callable[[Sent], None]) -> list[Sent]:
    """Over the real sockets, in their order; neighbours of one system and cause share an
    association.
    """
    sent = []
    for part in _parts(failures):
        sent.append(_send(run, part))
        say(sent[-1])
    return sent


def _parts(failures: Sequence[Failure]) -> Iterator[list[Failure]]:
    """As a sender collects them: by system and cause, an association when there are enough."""
    kept: dict[tuple[str, str], list[Failure]] = {}
    for failure in failures:
        key = (failure.customer.aet, failure.wrong)
        part = kept.setdefault(key, [])
        part.append(failure)
        if len(part) == AT_ONCE or failure.wrong == OF_NOBODY:
            yield kept.pop(key)
    yield from kept.values()


def _send(run: Run, part: Sequence[Failure]) -> Sent:
    first, world = part[0], run.world
    calling = UNKNOWN_TITLE if first.wrong == OF_NOBODY else first.customer.calling(PRODUCTION)
    peer = Peer(world.dicom_host, world.dicom_port, calling, world.called(PRODUCTION))
    told = Sent(calling, first.wrong, len(part))
    datasets = [made(run, failure).datasets[0] for failure in part]
    try:
        told.answers = dict(sender.store(peer, datasets).statuses)
    except Rejected as refusal:
        told.answers = {refusal.answer: len(part)}
    told.as_meant = told.answers == {WRONGS[first.wrong].answer: len(part)}
    return told
