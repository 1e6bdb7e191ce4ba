"""Whole studies are played against peers that answer as told, right and wrong."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pydicom.dataset import Dataset

from archive.management.commands.simulate import Command
from archive.simulation import first_screen, scenes
from archive.simulation.scenes import AFTER, NONE, Outcome, Plan, Run
from archive.simulation.studies import KINDS
from archive.simulation.world import TEST, World, WorldUnknown, read
from archive.simulation.wrongs import RAW_DATA, WRONGS
from archive.values import PersonId
from tests.simulation.conftest import ArchiveDouble, RegistryDouble


def strict(archive: ArchiveDouble) -> None:
    """The double judges as far as the wrongs go."""
    seen: dict[str, str] = {}

    def judge(dataset: Dataset) -> tuple[int, str]:
        try:
            PersonId(dataset.PatientID)
        except ValueError:
            return 0xA777, "A777: PatientID is no valid id of a trusted issuer"
        if dataset.SOPClassUID == RAW_DATA:
            return 0x0122, "0122: SOP class is not archived at present"
        if dataset.StudyDescription.startswith("ZZ9ZZ") or not dataset.AccessionNumber:
            return 0xA900, "A900: no"
        if (
            seen.setdefault(dataset.SOPInstanceUID, dataset.SeriesDescription)
            != dataset.SeriesDescription
        ):
            return 0x0111, "0111: SOP Instance UID is archived with other content"
        return 0x0000, ""

    archive.judge = judge


@pytest.mark.parametrize("kind", KINDS)
def test_a_right_study_goes_through(
    archive: ArchiveDouble, registry: RegistryDouble, found: World, kind: str
) -> None:
    outcome = scenes.play(Run(found), Plan(found.customers[0], kind))
    assert outcome.as_meant, outcome.line
    assert outcome.statuses == {"0000": len(archive.received)}
    assert outcome.commitment == f"{outcome.objects} of {outcome.objects} committed"
    assert list(outcome.documents) == ["request", "study-entry", "report"]
    assert outcome.accession.encode() in registry.posted[0][2]


@pytest.mark.parametrize("wrong", WRONGS)
def test_a_wrong_study_is_as_meant_when_it_is_refused(
    archive: ArchiveDouble, registry: RegistryDouble, found: World, wrong: str
) -> None:
    strict(archive)
    outcome = scenes.play(Run(found), Plan(found.customers[0], "cr", wrong=wrong))
    assert outcome.as_meant, outcome.line
    assert WRONGS[wrong].answer in outcome.statuses
    assert bool(registry.posted) == WRONGS[wrong].documents


def test_a_wrong_study_that_is_taken_is_not_as_meant(archive: ArchiveDouble, found: World) -> None:
    assert not scenes.play(
        Run(found), Plan(found.customers[0], "cr", wrong="no-accession")
    ).as_meant


def test_a_missing_report_is_not_as_meant(archive: ArchiveDouble, found: World) -> None:
    archive.reports = False
    outcome = scenes.play(Run(found, patience=0.1), Plan(found.customers[0], "pdf"))
    assert outcome.commitment == "no report" and not outcome.as_meant


def test_nobody_there_is_an_outcome_and_no_error(found: World, registry: RegistryDouble) -> None:
    gone = World(
        **{**_fields(found), "dicom_port": found.customers[0].port, "web": "http://127.0.0.1:9"}
    )
    outcome = scenes.play(Run(gone), Plan(found.customers[0], "pdf"))
    assert outcome.statuses == {"no connection": 1}
    assert outcome.documents == {
        "request": "no connection",
        "study-entry": "no connection",
        "report": "no connection",
    }
    assert not outcome.as_meant


def test_the_environment_decides_titles_and_credentials(
    archive: ArchiveDouble, registry: RegistryDouble, found: World
) -> None:
    scenes.play(Run(found), Plan(found.customers[0], "pdf", environment=TEST))
    assert archive.titles == {("ESIM_TEST", "KANTATEST")}
    production = {**registry.posted[0][1]}
    scenes.play(Run(found), Plan(found.customers[0], "pdf"))
    assert registry.posted[-1][1]["Authorization"] != production["Authorization"]


@pytest.mark.parametrize(("documents", "count"), [(AFTER, 3), (NONE, 0)])
def test_documents_may_come_after_or_never(
    archive: ArchiveDouble, registry: RegistryDouble, found: World, documents: str, count: int
) -> None:
    assert scenes.play(Run(found), Plan(found.customers[0], "pdf", documents=documents)).as_meant
    assert len(registry.posted) == count


def test_two_runs_with_one_seed_share_no_identifier(found: World) -> None:
    first, second = (Run(found, 5).order(found.customers[0]) for _ in range(2))
    assert first.seed == second.seed and first.patient == second.patient
    assert first.study_uid != second.study_uid and first.accession != second.accession
    assert len(first.accession) <= 16


def test_the_first_screen_has_all_three_customers_and_every_fate(
    archive: ArchiveDouble, registry: RegistryDouble, found: World
) -> None:
    strict(archive)
    told: list[Outcome] = []
    outcomes = first_screen.show(Run(found), told.append, patience=0.1)
    assert told == outcomes
    assert (
        len({outcome.customer for outcome in outcomes}) == 4
    )  # three, and one in the test environment
    late = [outcome for outcome in outcomes if not outcome.as_meant]
    assert late and all(outcome.comments == ["no notice came"] for outcome in late)
    assert sum(bool(outcome.wrong) for outcome in outcomes) >= 5


def test_the_command_tells_one_json_line_a_study(
    archive: ArchiveDouble, registry: RegistryDouble, run_file: Path
) -> None:
    out = io.StringIO()
    call_command(
        Command(stdout=out),
        "--kind",
        "cr,pdf",
        "--count",
        "2",
        "--json",
        "--run-file",
        str(run_file),
    )
    rows = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [row["kind"] for row in rows] == ["cr", "cr", "pdf", "pdf"]
    assert all(row["as_meant"] and row["statuses"]["0000"] for row in rows)


def test_the_command_names_no_patient(
    archive: ArchiveDouble, registry: RegistryDouble, run_file: Path
) -> None:
    strict(archive)
    out = io.StringIO()
    call_command(
        Command(stdout=out),
        "--kind",
        "cr",
        "--wrong",
        ",".join(WRONGS),
        "--run-file",
        str(run_file),
    )
    for patient in read(run_file).patients:
        assert patient.id not in out.getvalue()
        assert patient.name.split("^")[0] not in out.getvalue()


def test_the_command_fails_when_a_study_did_not_go_as_meant(
    archive: ArchiveDouble, registry: RegistryDouble, run_file: Path
) -> None:
    archive.judge = lambda dataset: (0xA700, "A700: out of resources")
    with pytest.raises(CommandError, match="1 of 1"):
        call_command(Command(stdout=io.StringIO()), "--run-file", str(run_file))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--kind", "xx"),
        ("--wrong", "xx"),
        ("--customer", "Muu"),
        ("--kind", "ecg", "--wrong", "unknown-code"),
    ],
)
def test_the_command_says_what_there_is_to_choose(
    run_file: Path, arguments: tuple[str, ...]
) -> None:
    with pytest.raises(CommandError):
        call_command(Command(stdout=io.StringIO()), *arguments, "--run-file", str(run_file))


@pytest.mark.parametrize("wanted", ["rontgen", "RONTGEN_TEST", "röntgen esim"])
def test_a_customer_is_found_by_how_its_name_begins(found: World, wanted: str) -> None:
    assert found.customer(wanted).aet == "RONTGEN_PACS"


def test_without_a_running_system_the_command_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WorldUnknown, match=r"\./run"):
        read(tmp_path / "run.json")


def test_without_demo_customers_the_command_says_so(tmp_path: Path) -> None:
    run_file = tmp_path / "run.json"
    run_file.write_text(json.dumps({"web": "http://127.0.0.1", "customers": [], "pdr": None}))
    with pytest.raises(WorldUnknown, match="names no demo customers"):
        read(run_file)


def _fields(found: World) -> dict[str, object]:
    return {name: getattr(found, name) for name in found.__slots__}
