"""What was asked for: flags first, then the environment, then the defaults."""

import argparse
import errno
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launch.errors import LaunchError

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("web", "dicom", "hl7", "worker", "caller", "beat")
SHARED = ("DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY")  # by machines that run parts of one
WORDS = {"1": True, "true": True, "yes": True, "on": True, "": True}
WORDS |= {"0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True, slots=True)
class Plan:
    data: Path
    web_host: str
    web_port: int
    dicom_host: str
    dicom_port: int
    dicom_tls_port: int  # 0: none
    hl7_port: int
    demo: bool
    given: Mapping[str, str]
    programs: tuple[str, ...] = PROGRAMS  # which this machine runs

    @property
    def is_part(self) -> bool:
        """Other machines run the rest."""
        return len(self.programs) < len(PROGRAMS)

    @property
    def brings_up_to_date(self) -> bool:
        """Of several machines one does: the one that was told the owner of the tables."""
        return not self.is_part or bool(self.given.get("DATABASE_OWNER_URL"))

    @property
    def web_address(self) -> str:
        """Where a browser on this machine finds the portal."""
        return f"http://{bracketed(near(self.web_host))}:{self.web_port}"


def near(host: str) -> str:
    """The address by which this machine finds itself there."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def parser() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(
        prog="./run",
        description="Starts the archive and the portal, and keeps them running until Ctrl-C.",
        epilog="Each flag can also be given in the environment: DATA_DIR, WEB_PORT, DICOM_PORT, "
        "HL7_PORT, WEB_HOST and DICOM_HOST, DEMO, PROGRAMS. DATABASE_URL and CELERY_BROKER_URL "
        "name servers of your own.",
    )
    flags.add_argument("--data", metavar="DIR", help="where everything is kept (./var)")
    flags.add_argument("--port", type=int, help="the portal and its interfaces (8000)")
    flags.add_argument("--dicom-port", type=int, help="the DICOM listener (11112)")
    flags.add_argument("--hl7-port", type=int, help="the HL7 listener (2575)")
    flags.add_argument("--host", help="the address to listen on (127.0.0.1)")
    flags.add_argument("--no-demo", action="store_true", help="without demo data and demo accounts")
    flags.add_argument(
        "--only",
        metavar="NAMES",
        help=f"a part of one system on many machines: {','.join(PROGRAMS)}, or some of them",
    )
    return flags


def read(arguments: Sequence[str], environment: Mapping[str, str]) -> Plan:
    """Raises LaunchError for a value that cannot be used."""
    asked = parser().parse_args(arguments)
    caller = Path(environment.get("INVOKED_FROM") or os.getcwd())
    data = caller / asked.data if asked.data else Path(environment.get("DATA_DIR") or ROOT / "var")
    word = environment.get("DEMO", "").strip().lower()
    if word not in WORDS:
        raise LaunchError("DEMO must be 1 or 0.")

    def port(flag: int | None, key: str, default: int, lowest: int = 1) -> int:
        text = str(flag) if flag is not None else environment.get(key) or str(default)
        if not text.isdecimal() or not lowest <= int(text) < 65536:
            raise LaunchError(f"{key} must be a port number from {lowest} to 65535, not {text!r}.")
        return int(text)

    plan = Plan(
        data=(caller / data).resolve(),
        web_host=asked.host or environment.get("WEB_HOST") or "127.0.0.1",
        web_port=port(asked.port, "WEB_PORT", 8000),
        dicom_host=asked.host or environment.get("DICOM_HOST") or "127.0.0.1",
        dicom_port=port(asked.dicom_port, "DICOM_PORT", 11112),
        dicom_tls_port=port(None, "DICOM_TLS_PORT", 0, lowest=0),
        hl7_port=port(asked.hl7_port, "HL7_PORT", 2575),
        demo=WORDS[word] and not asked.no_demo,
        given=dict(environment),
        programs=_programs(asked.only or environment.get("PROGRAMS") or ",".join(PROGRAMS)),
    )
    if plan.is_part:
        _require_shared(plan)
    used = [plan.web_port, plan.dicom_port, plan.hl7_port]
    used += [plan.dicom_tls_port] if plan.dicom_tls_port else []
    if len(set(used)) < len(used):
        raise LaunchError(
            "The portal, DICOM, HL7 and DICOM over TLS (DICOM_TLS_PORT) each need a port of their "
            "own: see ./run --help"
        )
    return plan


def _programs(names: str) -> tuple[str, ...]:
    """Raises LaunchError for one that there is not."""
    wanted = {name.strip() for name in names.split(",")}
    if strange := sorted(wanted - {*PROGRAMS}):
        raise LaunchError(
            f"There is no program {strange[0]!r} (--only, PROGRAMS): {', '.join(PROGRAMS)}."
        )
    return tuple(name for name in PROGRAMS if name in wanted)


def _require_shared(plan: Plan) -> None:
    """Raises LaunchError: a part by itself would work for nobody."""
    if plan.demo:
        raise LaunchError("A part of the system (--only, PROGRAMS) has no demo: give --no-demo.")
    if missing := [name for name in SHARED if not plan.given.get(name)]:
        raise LaunchError(
            f"A part of the system (--only, PROGRAMS) needs {', '.join(missing)}: the same on "
            "every machine that runs one."
        )


def listeners(plan: Plan) -> list[tuple[str, str, str, int, str]]:
    """On this machine: program, what it is for, host, port, the flag that changes the port."""
    hl7_host = plan.given.get("HL7_HOST") or plan.dicom_host
    known = [
        ("web", "the portal", plan.web_host, plan.web_port, "--port"),
        ("dicom", "DICOM", plan.dicom_host, plan.dicom_port, "--dicom-port"),
        ("hl7", "HL7", hl7_host, plan.hl7_port, "--hl7-port"),
    ]
    if plan.dicom_tls_port:
        port = plan.dicom_tls_port
        known.append(("dicom", "DICOM over TLS", plan.dicom_host, port, "DICOM_TLS_PORT"))
    return [each for each in known if each[0] in plan.programs]


def check_ports(plan: Plan) -> None:
    """Raises LaunchError naming the first port that is taken and the flag that changes it."""
    for _program, what, host, port, flag in listeners(plan):
        try:
            _try(host, port)
        except OSError as error:
            raise LaunchError(
                f"Port {port} on {host}, wanted for {what}, cannot be had "
                f"({error.strerror or error}). {_remedy(error, flag)}."
            ) from None


def _remedy(error: OSError, flag: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"End whoever uses it, or choose another with {flag}"
    if error.errno == errno.EACCES:  # below 1024
        return f"Only root may have it: choose another with {flag}"
    return "Give an address of this machine with --host (WEB_HOST, DICOM_HOST, HL7_HOST)"


def _try(host: str, port: int) -> None:
    """Raises OSError when the port cannot be had. Nobody is called, nor kept from having it."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as trial:
        # As our servers do: a port in TIME_WAIT is free, a listening one is not.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind(address)


def silent(plan: Plan) -> str:
    """What of this machine does not listen yet."""
    found = []
    for _program, what, host, port, _flag in listeners(plan):
        try:
            _try(host, port)
        except OSError:
            continue  # somebody has it, and it was free when we began
        found.append(what)
    return ", ".join(found)


def free_port() -> int:
    """One that nobody listens on, for a server of ours that only our own processes call."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
