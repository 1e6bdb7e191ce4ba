"""Numbers of several rounds, and what is made of them: medians, and ratios within each round."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from bench import machine
from bench.servers import Server


@dataclass(frozen=True, slots=True)
class Sample:
    """So many things in so many seconds, and what they have cost."""

    count: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_ms(self) -> float:
        return 1000 * self.cpu_seconds / self.count


def measured(server: Server, count: int, act: Callable[[], float]) -> Sample:
    """`act` tells its seconds; what starting the clients costs is in them, for everybody alike.
    What the corpus, or who was measured before, has left to the disk is written first.
    """
    os.sync()
    before = machine.cpu_seconds(server.workers)
    seconds = act()
    return Sample(count, seconds, machine.cpu_seconds(server.workers) - before)


class Results:
    """Samples by case and by who was measured; one of each a round, in the order of rounds."""

    def __init__(self) -> None:
        self.samples: dict[str, dict[str, list[Sample]]] = defaultdict(lambda: defaultdict(list))

    def add(self, case: str, name: str, sample: Sample) -> None:
        self.samples[case][name].append(sample)

    def ratio(self, case: str, first: str, second: str) -> float:
        """How many times as fast the first is: the median over rounds of the ratio in each."""
        pairs = zip(self.samples[case][first], self.samples[case][second], strict=True)
        return median(one.rate / other.rate for one, other in pairs)

    def spread(self, case: str, name: str) -> float:
        """How noisy it was: the slowest round in percent of the fastest."""
        rates = [sample.rate for sample in self.samples[case][name]]
        return 100 * min(rates) / max(rates)

    def table(self, first: str) -> str:
        """Every case with everybody's medians, and how many times as fast `first` is."""
        head = ("case", "server", "per second", "CPU ms each", "slowest/fastest", f"{first} is")
        rows = [head]
        for case, by_name in self.samples.items():
            for name, samples in by_name.items():
                rows.append(
                    (
                        case,
                        name,
                        f"{median(sample.rate for sample in samples):,.1f}",
                        f"{median(sample.cpu_ms for sample in samples):.2f}",
                        f"{self.spread(case, name):.0f} %",
                        "" if name == first else f"{self.ratio(case, first, name):.2f} x",
                    )
                )
        return lined_up(rows)


def lined_up(rows: Iterable[Sequence[str]]) -> str:
    """Columns: the first two to the left, numbers to the right."""
    listed = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in listed
    )
