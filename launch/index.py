"""`python -m launch.index PROGRAM ...`: PROGRAM, uv, with the package indexes that pip was told of.

Run by launch/setup.sh while nothing is installed yet: only the standard library is there.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Mapping

# Of pip's settings, by its own names: the option of uv, and whether it takes several values.
OPTIONS: Mapping[str, tuple[str, bool]] = {
    "index-url": ("--index-url", False),
    "extra-index-url": ("--extra-index-url", True),
    "find-links": ("--find-links", True),
    "constraint": ("--constraint", True),
    "trusted-host": ("--allow-insecure-host", True),
}
# As pip chooses: the best of what all indexes have, not the first index that has any.
AS_PIP = ("--index-strategy", "unsafe-best-match")
SECTIONS = ("global", "install", ":env:")  # the later one counts


def settings(told: str) -> dict[str, str]:
    """Of what `pip config list` says, by the name without its section."""
    read = [line.partition("=") for line in told.splitlines() if "='" in line or '="' in line]
    found = {name: str(ast.literal_eval(value)) for name, _, value in read}
    return {
        name.removeprefix(f"{section}."): value
        for section in SECTIONS
        for name, value in found.items()
        if name.startswith(f"{section}.")
    }


def options(told: Mapping[str, str]) -> list[str]:
    asked = [
        (option, value)
        for name, (option, several) in OPTIONS.items()
        if name in told
        for value in (told[name].split() if several else [told[name]])
    ]
    return [*AS_PIP, *(part for pair in asked for part in pair)]


def environment(told: Mapping[str, str]) -> dict[str, str]:
    """Its certificates and its proxy, which uv reads from there."""
    named = {"cert": "SSL_CERT_FILE", "proxy": "ALL_PROXY", "default-timeout": "UV_HTTP_TIMEOUT"}
    ours = {variable: told[name] for name, variable in named.items() if told.get(name)}
    return {**os.environ, **ours}


def main(program: str, *arguments: str) -> None:
    pip = [sys.executable, "-m", "pip", "config", "list"]
    told = settings(subprocess.run(pip, capture_output=True, text=True, check=True).stdout)
    os.execve(program, [program, *arguments, *options(told)], environment(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
