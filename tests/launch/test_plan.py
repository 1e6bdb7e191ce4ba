"""What is asked for: flags, then the environment, then the defaults."""

import errno
import socket
from pathlib import Path

import pytest

from launch import plan
from launch.errors import LaunchError
from launch.plan import ROOT

SHARED = {"DATABASE_URL": "x", "CELERY_BROKER_URL": "x", "SECRET_KEY": "x", "DEMO": "0"}


def test_defaults_are_those_of_the_readme() -> None:
    asked = plan.read([], {})
    assert asked.data == ROOT / "var"
    assert (asked.web_port, asked.dicom_port, asked.hl7_port) == (8000, 11112, 2575)
    assert (asked.web_host, asked.dicom_host, asked.demo) == ("127.0.0.1", "127.0.0.1", True)


def test_the_environment_is_heard() -> None:
    values = {"DATA_DIR": "/x/y", "WEB_PORT": "21000", "DICOM_HOST": "::1", "DEMO": "0"}
    asked = plan.read([], values)
    assert asked.data == Path("/x/y")
    assert (asked.web_port, asked.dicom_host, asked.demo) == (21000, "::1", False)


def test_flags_win_over_the_environment() -> None:
    asked = plan.read(
        ["--port", "21001", "--no-demo", "--host", "0.0.0.0"], {"WEB_PORT": "21000", "DEMO": "1"}
    )
    assert (asked.web_port, asked.demo, asked.dicom_host) == (21001, False, "0.0.0.0")
    assert asked.web_address == "http://127.0.0.1:21001"


def test_a_relative_folder_is_the_callers() -> None:
    asked = plan.read(["--data", "here"], {"INVOKED_FROM": "/somewhere"})
    assert asked.data == Path("/somewhere/here")


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "2575"])
def test_a_bad_port_is_named(text: str) -> None:
    with pytest.raises(LaunchError, match="port"):
        plan.read([], {"WEB_PORT": text})


@pytest.mark.parametrize("text", ["-1", "65536", "67298", "tls", "11112", "8000", "2575"])
def test_a_bad_port_of_dicom_over_tls_is_named(text: str) -> None:
    with pytest.raises(LaunchError, match="DICOM_TLS_PORT"):
        plan.read([], {"DICOM_TLS_PORT": text})


@pytest.mark.parametrize(("text", "port"), [("", 0), ("0", 0), ("2762", 2762)])
def test_dicom_over_tls_may_have_a_port_of_its_own(text: str, port: int) -> None:
    assert plan.read([], {"DICOM_TLS_PORT": text}).dicom_tls_port == port


def test_a_free_port_is_no_trouble(free_port: int) -> None:
    flags = ["--port", str(free_port), "--dicom-port", str(free_port + 1)]
    plan.check_ports(plan.read([*flags, "--hl7-port", str(free_port + 2)], {}))


def test_a_port_in_use_is(free_port: int) -> None:
    flags = ["--port", str(free_port), "--dicom-port", str(free_port + 1)]
    with socket.create_server(("127.0.0.1", free_port + 1)):
        with pytest.raises(LaunchError, match="--dicom-port"):
            plan.check_ports(plan.read([*flags, "--hl7-port", str(free_port + 2)], {}))


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_an_address_of_another_machine_is_no_matter_of_ports(host: str, free_port: int) -> None:
    asked = plan.read(["--host", host, "--port", str(free_port)], {})
    with pytest.raises(LaunchError, match="--host") as refused:
        plan.check_ports(asked)
    assert "--port" not in str(refused.value)


def test_a_port_that_only_root_may_have_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(host: str, port: int) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(plan, "_try", bind)
    with pytest.raises(LaunchError, match=r"root.*--port"):
        plan.check_ports(plan.read(["--port", "443"], {}))


def test_the_taken_port_of_dicom_over_tls_is_named(free_port: int) -> None:
    flags = ["--port", str(free_port), "--dicom-port", str(free_port + 1)]
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = str(server.getsockname()[1])
        asked = plan.read([*flags, "--hl7-port", str(free_port + 2)], {"DICOM_TLS_PORT": taken})
        with pytest.raises(LaunchError, match="DICOM_TLS_PORT"):
            plan.check_ports(asked)


def test_hl7_is_looked_for_at_its_own_address(free_port: int) -> None:
    flags = ["--port", str(free_port), "--dicom-port", str(free_port + 1)]
    with socket.create_server(("127.0.0.2", 0)) as server:
        taken = str(server.getsockname()[1])
        asked = plan.read([*flags, "--hl7-port", taken], {"HL7_HOST": "127.0.0.2"})
        with pytest.raises(LaunchError, match=r"127\.0\.0\.2"):
            plan.check_ports(asked)


def test_a_machine_may_run_a_part() -> None:
    asked = plan.read(["--only", "hl7, dicom"], SHARED)
    assert (asked.programs, asked.is_part) == (("dicom", "hl7"), True)
    assert {program for program, *_ in plan.listeners(asked)} == {"dicom", "hl7"}
    assert plan.read([], {**SHARED, "PROGRAMS": "web"}).programs == ("web",)
    assert not plan.read([], SHARED).is_part


def test_one_of_the_machines_brings_the_database_up_to_date() -> None:
    owner = {**SHARED, "DATABASE_OWNER_URL": "x"}
    assert plan.read(["--only", "web"], owner).brings_up_to_date
    assert not plan.read(["--only", "web"], SHARED).brings_up_to_date
    assert plan.read([], {}).brings_up_to_date


@pytest.mark.parametrize(
    ("names", "variables", "named"),
    [
        ("dicom,nonsense", SHARED, "nonsense"),
        ("dicom", {**SHARED, "DEMO": "1"}, "--no-demo"),
        ("dicom", {**SHARED, "SECRET_KEY": ""}, "SECRET_KEY"),
        ("dicom", {"DEMO": "0"}, "DATABASE_URL, CELERY_BROKER_URL"),
    ],
)
def test_a_part_that_would_stand_alone_is_refused(
    names: str, variables: dict[str, str], named: str
) -> None:
    with pytest.raises(LaunchError, match=named):
        plan.read(["--only", names], variables)


def test_ports_of_what_runs_elsewhere_are_not_looked_at(free_port: int) -> None:
    flags = ["--hl7-port", str(free_port), "--port", str(free_port + 1)]
    asked = plan.read(["--only", "hl7", *flags], SHARED)
    assert plan.silent(asked) == "HL7"
    with socket.create_server(("127.0.0.1", free_port)):
        assert plan.silent(asked) == ""
        with pytest.raises(LaunchError, match="--hl7-port"):
            plan.check_ports(asked)
    with socket.create_server(("127.0.0.1", asked.web_port)):
        plan.check_ports(asked)
