"""`bench/retrieve`: giving back and finding, against Orthanc, with dcmtk's clients and curl.

Everybody gets the same studies once; then each round has them moved (to a storescp that keeps
nothing), fetched (C-GET, WADO-RS) and found by their UID, one server at a time.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bench import corpus, dcmtk, filling, orthanc, web
from bench.corpus import SHAPES, Folder, Maker
from bench.frame import flags, main, note, say, turned
from bench.orthanc import Orthanc
from bench.ours import Archive, maker
from bench.results import Results, measured
from bench.servers import BenchError, Server, running
from launch.plan import free_port

FINDS = 300


@dataclass(frozen=True, slots=True)
class Way:
    """A way of asking for a study: seconds it takes, and how many things it then gave."""

    name: str
    ask: Callable[[Server, Folder], float]
    by_object: bool = True

    def count(self, study: Folder) -> int:
        return study.objects if self.by_object else FINDS


WAYS = (
    Way("C-MOVE", lambda server, study: dcmtk.move(server.peer, study.study_uid)),
    Way("C-GET", lambda server, study: dcmtk.get(server.peer, study.study_uid)),
    Way("WADO-RS", lambda server, study: web.retrieve(server.web, study)),
    Way(
        "C-FIND",
        lambda server, study: dcmtk.find(server.peer, study.study_uid, FINDS),
        by_object=False,
    ),
)


def parser() -> argparse.ArgumentParser:
    made = flags("bench/retrieve", "Giving back and finding, against Orthanc.")
    made.add_argument("--small", type=int, default=1000, help="objects of the small study")
    made.add_argument("--ct", type=int, default=400, help="objects of the CT study")
    made.add_argument(
        "--archived", type=int, default=0, metavar="N", help="other studies that are there already"
    )
    return made


def act(asked: argparse.Namespace, data: Path) -> None:
    orthanc.require()
    port = free_port()
    archive = Archive(data / "archive", destination_port=port)
    makes = maker(archive)
    orthancs = orthanc.both(data, port)
    servers: list[Server] = [archive, *orthancs]
    studies = {
        SHAPES[name].name: makes.write(data / "corpus" / name, SHAPES[name], count)
        for name, count in (("small", asked.small), ("ct", asked.ct))
    }
    for server in servers:
        note(f"  filling {server.name}")
        with running(server):
            _fill(server, list(studies.values()))
    if asked.archived:
        _crowd(archive, orthancs, asked.archived, makes)
    results = Results()
    with dcmtk.destination(port):
        for number in range(asked.rounds):
            for server in turned(servers, number):
                note(f"  round {number + 1} of {asked.rounds}: {server.name}")
                with running(server):
                    _ask(server, studies, results)
    say(results.table(archive.name))


def _crowd(archive: Archive, orthancs: list[Orthanc], size: int, makes: Maker) -> None:
    """What is found is one of many."""
    with running(archive):
        filling.archive_to(archive, size)
    sample = corpus.slice_of(makes.order(), 1, np.zeros((8, 8), np.uint16))
    for server in orthancs:
        server.syncs = False
        with running(server):
            filling.orthanc_to(server, size, sample)
        server.syncs = True


def _fill(server: Server, studies: list[Folder]) -> None:
    """Raises BenchError when what was stored is not found."""
    dcmtk.store(server.peer, studies)
    for study in studies:
        if not dcmtk.has(server.peer, study.study_uid):
            raise BenchError(f"{server.name} does not find what it has stored")


def _ask(server: Server, studies: dict[str, Folder], results: Results) -> None:
    for shape, study in studies.items():
        for way in WAYS:
            if way.by_object or shape == SHAPES["small"].name:
                dcmtk.find(server.peer, study.study_uid, 5)  # awake
                case = f"{way.name}, {shape}" if way.by_object else f"{way.name}, one study by UID"
                act = partial(way.ask, server, study)
                sample = measured(server, way.count(study), act)
                results.add(case, server.name, sample)


if __name__ == "__main__":
    raise SystemExit(main(act, parser()))
