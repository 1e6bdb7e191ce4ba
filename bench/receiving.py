"""`bench/ingest`: receiving, against Orthanc, with dcmtk's storescu.

Each round sends the same new objects to everybody; one server runs at a time. Success means that
the object is durable: this archive has synced the file and committed the row, Orthanc has synced
the file (its SQLite index follows every few seconds).
"""

import argparse
import shutil
from functools import partial
from pathlib import Path

from bench import corpus, dcmtk, machine, orthanc
from bench.corpus import SHAPES, SMALL, Folder, Maker, Shape
from bench.frame import flags, main, note, say, turned
from bench.ours import Archive, maker
from bench.results import Results, lined_up, measured
from bench.servers import Server, running

ASSOCIATIONS = (1, 4)
CASE = "{shape}, {associations} assoc."


def parser() -> argparse.ArgumentParser:
    made = flags("bench/ingest", "Receiving, against Orthanc.")
    made.add_argument("--small", type=int, default=2000, help="small objects a case (%(default)s)")
    made.add_argument("--ct", type=int, default=600, help="CT-sized objects a case (%(default)s)")
    made.add_argument(
        "--large", type=int, default=500, metavar="MB", help="the large object (%(default)s)"
    )
    return made


def act(asked: argparse.Namespace, data: Path) -> None:
    orthanc.require()
    archive = Archive(data / "archive")
    makes = maker(archive)
    servers: list[Server] = [archive, *orthanc.both(data)]
    results, memory = Results(), dict.fromkeys((server.name for server in servers), 0)
    for number in range(asked.rounds):
        sent = _corpus(makes, data / "corpus" / str(number), asked)
        for server in turned(servers, number):
            note(f"  round {number + 1} of {asked.rounds}: {server.name}")
            with running(server):
                _warm_up(server, sent)
                _store(server, sent, results)
                memory[server.name] = max(memory[server.name], machine.peak_memory(server.receiver))
    say(results.table(servers[0].name))
    say("\n" + _memory(servers, memory, _large(servers, makes, data, asked.large), asked.large))
    # Not before: ext4 looks at each file deleted in the last minutes when it makes a new one.
    shutil.rmtree(data / "corpus")


Corpus = dict[str, list[Folder]]


def _corpus(makes: Maker, folder: Path, asked: argparse.Namespace) -> Corpus:
    """A list of folders for each case, and something to warm up with."""
    wanted = {"small": asked.small, "ct": asked.ct}
    made = {"warm-up": [makes.write(folder / "warm-up", SMALL, 20)]}
    for name, count in wanted.items():
        for associations in ASSOCIATIONS:
            case = CASE.format(shape=SHAPES[name].name, associations=associations)
            made[case] = _folders(makes, folder / f"{name}-{associations}", SHAPES[name], count)
            if associations == 1:
                made[case] = made[case][:1]
    return made


def _folders(makes: Maker, folder: Path, shape: Shape, count: int) -> list[Folder]:
    """The same number of objects in each of four."""
    share = count // max(ASSOCIATIONS)
    return [makes.write(folder / str(each), shape, share) for each in range(max(ASSOCIATIONS))]


def _warm_up(server: Server, sent: Corpus) -> None:
    for _ in range(4):  # every process that takes associations gets one
        dcmtk.store(server.peer, sent["warm-up"])


def _store(server: Server, sent: Corpus, results: Results) -> None:
    for case, folders in sent.items():
        if case != "warm-up":
            count = corpus.objects_in(folders)
            sample = measured(server, count, partial(dcmtk.store, server.peer, folders))
            results.add(case, server.name, sample)


def _large(servers: list[Server], makes: Maker, data: Path, megabytes: int) -> dict[str, int]:
    """The most memory a receiver holds when one large object comes."""
    found: dict[str, int] = {}
    if megabytes:
        one = corpus.write_large(data / "large", makes.order(), megabytes)
        for server in servers:
            with running(server):
                dcmtk.store(server.peer, [one])
                found[server.name] = machine.peak_memory(server.receiver)
        shutil.rmtree(data / "large")
    return found


def _memory(
    servers: list[Server], usual: dict[str, int], large: dict[str, int], megabytes: int
) -> str:
    rows = [("memory of a receiver, MB", "", "as above", f"one object of {megabytes} MB")]
    for server in servers:
        most = large.get(server.name)
        said = f"{most / 1e6:.0f}" if most else ""
        rows.append(("", server.name, f"{usual[server.name] / 1e6:.0f}", said))
    return lined_up(rows)


if __name__ == "__main__":
    raise SystemExit(main(act, parser()))
