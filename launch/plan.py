"""What was asked for: flags first, then the environment, then the defaults."""

import argparse
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launch.errors import LaunchError

ROOT = Path(__file__).resolve().parent.parent
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

    @property
    def web_address(self) -> str:
        """Where a browser on this machine finds the portal."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.web_host, self.web_host)
        return f"http://{bracketed(host)}:{self.web_port}"


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def parser() -> argparse.ArgumentParser:
    flags = argparse.ArgumentParser(
        prog="./run",
        description="Starts the archive and the portal, and keeps them running until Ctrl-C.",
        epilog="Each flag can also be given in the environment: DATA_DIR, WEB_PORT, DICOM_PORT, "
        "HL7_PORT, WEB_HOST and DICOM_HOST, DEMO. DATABASE_URL and CELERY_BROKER_URL name servers "
        "of your own.",
    )
    flags.add_argument("--data", metavar="DIR", help="where everything is kept (./var)")
    flags.add_argument("--port", type=int, help="the portal and its interfaces (8000)")
    flags.add_argument("--dicom-port", type=int, help="the DICOM listener (11112)")
    flags.add_argument("--hl7-port", type=int, help="the HL7 listener (2575)")
    flags.add_argument("--host", help="the address to listen on (127.0.0.1)")
    flags.add_argument("--no-demo", action="store_true", help="without demo data and demo accounts")
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
    )
    used = [plan.web_port, plan.dicom_port, plan.hl7_port]
    used += [plan.dicom_tls_port] if plan.dicom_tls_port else []
    if len(set(used)) < len(used):
        raise LaunchError(
            "The portal, DICOM, HL7 and DICOM over TLS (DICOM_TLS_PORT) each need a port of their "
            "own: see ./run --help"
        )
    return plan


def check_ports(plan: Plan) -> None:
    """Raises LaunchError naming the first port that is taken and the flag that changes it."""
    wanted = [
        ("the portal", plan.web_host, plan.web_port, "--port"),
        ("DICOM", plan.dicom_host, plan.dicom_port, "--dicom-port"),
        ("HL7", plan.given.get("HL7_HOST") or plan.dicom_host, plan.hl7_port, "--hl7-port"),
    ]
    if plan.dicom_tls_port:
        secured = ("DICOM over TLS", plan.dicom_host, plan.dicom_tls_port, "DICOM_TLS_PORT")
        wanted.append(secured)
    for what, host, port, flag in wanted:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )[0]
            with socket.socket(family, kind, protocol) as trial:
                # As our servers do: a port in TIME_WAIT is free, a listening one is not.
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(address)
                trial.listen(1)
        except OSError as error:
            raise LaunchError(
                f"Port {port} on {host}, wanted for {what}, cannot be had "
                f"({error.strerror or error}). End whoever uses it, or choose another with {flag}."
            ) from None


def free_port() -> int:
    """One that nobody listens on, for a server of ours that only our own processes call."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
