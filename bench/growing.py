"""`bench/scale`: what receiving, finding and the portal's pages cost with more and more archived.

An archive for each size is filled by SQL; then each round asks the same of every one, one at a
time, so that a busy moment of the machine meets all sizes alike. With --data they are kept.
"""

import argparse
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import dcmtk, fill, filling
from bench.corpus import SMALL, Maker
from bench.frame import flags, main, note, say, turned
from bench.ours import Archive, maker
from bench.portal import Session
from bench.results import Results, measured
from bench.servers import DESTINATION, running

SIZES = (10_000, 100_000, 1_000_000)
LOGIN = "archivist"


@dataclass(frozen=True, slots=True)
class Work:
    """How much of each is asked in a round."""

    objects: int = 400
    finds: int = 100
    pages: int = 20


def parser() -> argparse.ArgumentParser:
    made = flags("bench/scale", "What an archive costs as it grows.")
    made.add_argument(
        "--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="studies (%(default)s)"
    )
    return made


def act(asked: argparse.Namespace, data: Path) -> None:
    work = Work()
    archives = [Archive(data / f"archive-{size}", f"{size:,} studies") for size in asked.sizes]
    makes = maker(archives[0])
    for archive, size in zip(archives, asked.sizes, strict=True):
        with running(archive):
            filling.archive_to(archive, size)
    results = Results()
    for number in range(asked.rounds):
        for archive in turned(archives, number):
            note(f"  round {number + 1} of {asked.rounds}: {archive.name}")
            with running(archive):
                folder = data / "corpus" / str(number) / archive.data.name
                _measure(archive, makes, folder, work, results)
    say(results.table(archives[0].name))
    shutil.rmtree(data / "corpus")  # not before: deleted files make new ones dear (bench.receiving)


def _measure(archive: Archive, makes: Maker, folder: Path, work: Work, results: Results) -> None:
    def add(case: str, count: int, act: Callable[[], float]) -> None:
        results.add(case, archive.name, measured(archive, count, act))

    found = _some(archive, 2 * work.pages + 1)
    session = Session(archive.told["web"], archive.told["logins"][LOGIN])
    study_uid = found[-1][1]
    for study_id, _ in found[: work.pages]:  # awake: every process, every kind of page
        session.study(study_id)
        session.studies()
    dcmtk.store(archive.peer, [makes.write(folder / "warm-up", SMALL, 20)])
    dcmtk.find(archive.peer, study_uid, 20)

    new = makes.write(folder / "new", SMALL, work.objects)
    add("receive, an object", work.objects, lambda: dcmtk.store(archive.peer, [new]))
    add("C-FIND, one study", work.finds, lambda: dcmtk.find(archive.peer, study_uid, work.finds))
    add("study list", work.pages, lambda: sum(session.studies() for _ in range(work.pages)))
    looked_at = found[work.pages : 2 * work.pages]  # each once: looks are part of the page
    add("study page", work.pages, lambda: sum(session.study(each) for each, _ in looked_at))


def _some(archive: Archive, count: int) -> list[tuple[str, str]]:
    """Id and UID of studies of the demo customer's, from all over the years."""
    query = (
        "SELECT s.id::text, study_instance_uid FROM archive_study s"
        " JOIN archive_connection c ON c.id = s.connection_id"
        " WHERE c.aet = %s AND s.study_id = %s AND state = 'registered' ORDER BY random() LIMIT %s"
    )
    with archive.database() as connection:
        return connection.execute(query, [DESTINATION, fill.MARK, count]).fetchall()


if __name__ == "__main__":
    raise SystemExit(main(act, parser()))
