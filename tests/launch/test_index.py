"""uv is told of the package indexes that pip was told of (launch.index)."""

import os
import subprocess
import sys
from pathlib import Path

from launch import index
from launch.plan import ROOT

TOLD = """\
:env:.cert='/etc/ssl/house.crt'
:env:.find-links='/opt/wheels'
global.extra-index-url='file:///opt/a file:///opt/b'
global.find-links='/opt/older'
global.index-url="https://it's/simple"
install.constraint='/etc/pip/constraints.txt'
"""


def test_each_index_is_named_and_the_environment_comes_first() -> None:
    assert index.options(index.settings(TOLD)) == [
        *index.AS_PIP,
        *("--index-url", "https://it's/simple"),
        *("--extra-index-url", "file:///opt/a", "--extra-index-url", "file:///opt/b"),
        *("--find-links", "/opt/wheels"),
        *("--constraint", "/etc/pip/constraints.txt"),
    ]


def test_who_has_set_nothing_gets_nothing_but_the_choice_of_versions() -> None:
    assert index.options(index.settings("\n")) == [*index.AS_PIP]


def test_certificates_and_proxy_are_in_the_environment() -> None:
    told = index.settings(TOLD + "global.proxy='http://proxy:3128'\n")
    read = index.environment(told)
    assert read["SSL_CERT_FILE"] == "/etc/ssl/house.crt"
    assert read["ALL_PROXY"] == "http://proxy:3128"


def test_the_program_gets_what_pip_says_here(tmp_path: Path) -> None:
    """With pip itself, which reads a file and the environment."""
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://index.example/simple\nfind-links = /older\n")
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    done = subprocess.run(
        [sys.executable, "-m", "launch.index", "/bin/echo", "pip", "install"],
        cwd=ROOT,
        env={**ours, "PIP_CONFIG_FILE": str(file), "PIP_FIND_LINKS": "/wheels"},
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout.split()
    assert said[:2] == ["pip", "install"]
    for option, value in (
        ("--index-url", "https://index.example/simple"),
        ("--find-links", "/wheels"),
    ):
        assert said[said.index(option) + 1] == value
    assert "/older" not in said
