"""Settings, typed and read once. A bad value stops the process with the name of its key.

`manage.py` and every process find the running system by DATA_DIR: what `./run` wrote to
DATA_DIR/run.json under `env` fills in for variables that are not set.
"""

import json
import os
import socket
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from archive import casts

ROOT = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
OPERATOR_OID = "1.2.246.10.2462460"


class ConfigError(Exception):
    """A setting is missing or cannot be read; the message names it and what it should be."""


def _bucket(known: Mapping[str, Any]) -> str:
    """Raises ConfigError: objects would go to the data folder of whichever machine took them."""
    if known["vault_store"] == "s3":
        raise ConfigError("S3_BUCKET is not set: where objects go, when VAULT_STORE is s3")
    return ""


def _sender(known: Mapping[str, Any]) -> str:
    """Raises ConfigError: what a server sends needs somebody who sends it."""
    if known["mail_server"]:
        raise ConfigError("MAIL_FROM is not set: who mails come from, when MAIL_SERVER is set")
    return "kuva-aineistot@example.invalid"


def _behind_proxy(known: Mapping[str, Any]) -> str:
    """Behind a proxy that ends TLS nobody elsewhere reaches the portal by its own address."""
    first = next(iter(known["allowed_hosts"]), "*")
    return f"https://{first}" if known["https"] and first[0] not in "*." else ""


@dataclass(frozen=True, slots=True)
class Follows:
    """What holds when a variable is not set, worked out from the settings before it."""

    work_out: Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Variable:
    """How a setting is read from the environment, and what holds when it is not there."""

    cast: Callable[[str], Any]
    default: Any
    key: str

    def read(self, name: str, values: Mapping[str, str], known: Mapping[str, Any]) -> Any:
        """Raises ConfigError."""
        key = self.key or name.upper()
        text = values.get(key)
        if text:
            try:
                return self.cast(text)
            except (ValueError, KeyError):
                kind = self.cast.__name__.replace("_", " ")
                raise ConfigError(f"{key} cannot be read as {kind}") from None
        if self.default is None:
            raise ConfigError(
                f"{key} is not set: start the system with ./run (DATA_DIR is its folder), or set "
                "it yourself"
            )
        return self.default.work_out(known) if isinstance(self.default, Follows) else self.default


def variable(cast: Callable[[str], Any], default: Any = None, *, key: str = "") -> Any:
    """A setting of a variable of its own name, or of `key`. Without a default it must be set."""
    return field(metadata={"variable": Variable(cast, default, key)})


@dataclass(frozen=True, slots=True)
class Config:
    data_dir: Path = variable(casts.folder, (ROOT / "var").resolve())
    demo: bool = variable(casts.flag, False)
    secret_key: str = variable(str)
    # the application's role: owns no table
    database_url: str = variable(casts.address_of_postgresql)
    # the owner's role: migrations only
    database_owner_url: str = variable(
        casts.address_of_postgresql, Follows(lambda known: known["database_url"])
    )
    # a folder on its disk; empty: it is another machine's, and watched there
    database_dir: str = variable(str, "")
    broker_url: str = variable(casts.address_of_redis, key="CELERY_BROKER_URL")
    web_host: str = variable(str, "127.0.0.1")
    web_port: int = variable(casts.port, 8000)
    allowed_hosts: tuple[str, ...] = variable(
        casts.listed, Follows(lambda known: (known["web_host"], "127.0.0.1", "localhost"))
    )
    https: bool = variable(casts.flag, False)
    dicom_host: str = variable(str, "127.0.0.1")
    dicom_port: int = variable(casts.port, 11112)
    dicom_processes: int = variable(casts.positive_whole_number, 2)
    dicom_max_associations: int = variable(casts.positive_whole_number, 100)
    dicom_max_object_bytes: int = variable(casts.positive_whole_number, 8 << 30)
    dicom_timeout: float = variable(casts.positive_number, 60.0)
    hl7_host: str = variable(str, Follows(lambda known: known["dicom_host"]))
    dicom_tls_port: int = variable(casts.port, 0)  # 0: none
    dicom_tls_certificate: str = variable(str, "")  # PEM files: ours with its chain,
    dicom_tls_key: str = variable(str, "")  # its key when that is not in the same file,
    dicom_tls_ca: str = variable(str, "")  # and the issuers whose certificates we trust
    # matches that one C-FIND is answered with
    dicom_find_limit: int = variable(casts.positive_whole_number, 10_000)
    # that the database may spend on one
    dicom_find_seconds: float = variable(casts.positive_number, 10.0)
    # of a data set that came deflated
    inflated_max_bytes: int = variable(casts.positive_whole_number, 1 << 30)
    # of all objects of one DICOMweb request
    stow_max_request_bytes: int = variable(casts.positive_whole_number, 64 << 30)
    hl7_port: int = variable(casts.port, 2575)
    hl7_processes: int = variable(casts.positive_whole_number, 2)
    hl7_max_connections: int = variable(casts.positive_whole_number, 100)
    hl7_max_message_bytes: int = variable(casts.positive_whole_number, 1 << 20)
    # seconds for a message to be whole, once begun
    hl7_timeout: float = variable(casts.positive_number, 30.0)
    # seconds for which a connection may bring nothing
    hl7_idle: float = variable(casts.positive_number, 3600.0)
    hl7_application: str = variable(str, "KANTA")
    hl7_test_application: str = variable(str, "KANTATEST")
    hl7_facility: str = variable(str, "KELA")
    hl7_versions: tuple[str, ...] = variable(
        casts.listed, ("2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6")
    )
    hl7_processing_production: tuple[str, ...] = variable(casts.listed, ("P",))  # MSH-11
    hl7_processing_test: tuple[str, ...] = variable(casts.listed, ("T", "D", "P"))
    # of the listener, with its chain: its port then speaks TLS
    hl7_certificate: str = variable(str, "")
    hl7_key: str = variable(str, "")
    hl7_client_ca: str = variable(str, "")  # who issues customers' certificates: TLS is then mutual
    hl7_messages_kept_days: int = variable(casts.positive_whole_number, 730)
    # of those that changed the registry
    soap_messages_kept_days: int = variable(casts.positive_whole_number, 730)
    soap_queries_kept_days: int = variable(casts.positive_whole_number, 30)  # of all others
    ae_production: str = variable(casts.application_entity_title, "KANTA")
    ae_test: str = variable(casts.application_entity_title, "KANTATEST")
    production_takes_test_patients: bool = variable(
        casts.flag, Follows(lambda known: known["demo"])
    )
    quiet_seconds: float = variable(
        casts.number, Follows(lambda known: 5.0 if known["demo"] else 60.0)
    )
    backoff_ceiling_seconds: float = variable(
        casts.number, Follows(lambda known: 10.0 if known["demo"] else 600.0)
    )
    notice_tries: int = variable(casts.positive_whole_number, 8)
    documents_late_hours: float = variable(casts.number, 24.0)
    operator_oid: str = variable(casts.oid, OPERATOR_OID)
    home_community: str = variable(casts.oid, f"{OPERATOR_OID}.1")
    document_repository: str = variable(casts.oid, f"{OPERATOR_OID}.40")
    manifest_repository: str = variable(casts.oid, f"{OPERATOR_OID}.42")
    imaging_source: str = variable(casts.oid, f"{OPERATOR_OID}.43")
    # after which a person who does nothing is signed out, and after which anybody is
    session_idle_seconds: int = variable(casts.positive_whole_number, 1800)
    session_longest_hours: float = variable(casts.positive_number, 12.0)
    mail_dir: Path = variable(Path, Follows(lambda known: known["data_dir"] / "mail"))
    mail_server: str = variable(str, "")  # by SMTP; empty: mails are files in mail_dir
    mail_security: str = variable(casts.mail_security, "starttls")
    mail_port: int = variable(
        casts.port, Follows(lambda known: casts.MAIL_PORTS[known["mail_security"]])
    )
    mail_user: str = variable(str, "")  # empty: without signing in
    mail_password: str = variable(str, "")
    mail_from: str = variable(str, Follows(_sender))
    free_bytes_floor: int = variable(casts.whole_number, 256 << 20)
    # of 16 MB, for each environment: where small objects land before they have files; 0: nowhere
    landing_segments: int = variable(casts.whole_number, 16)
    evidence_max_bytes: int = variable(casts.positive_whole_number, 20 << 20)
    pass_opens_production: bool = variable(casts.flag, False)  # else an officer does
    # of an OpenID provider; empty: nobody signs on by one
    oidc_server: str = variable(casts.address, "")
    oidc_client_id: str = variable(str, "")
    oidc_client_secret: str = variable(str, "")
    oidc_name: str = variable(str, "OpenID Connect")  # as the sign-in page calls it
    oidc_api_issuer: str = variable(str, "")  # whose access tokens the API takes; empty: none
    oidc_api_audience: str = variable(str, "urn:idr:api")  # as its tokens call the API
    # address of its keys; empty: as its discovery says
    oidc_api_keys: str = variable(casts.address, "")
    oidc_api_roles: str = variable(str, "")  # claim that narrows a person's roles; empty: none does
    # how people reach the operator: its support, and who answers for joining (S1's contact details)
    support_email: str = variable(str, "tekninentuki@kanta.fi")
    support_phone: str = variable(str, "020 634 7787")
    joining_email: str = variable(str, "kanta@kanta.fi")
    # who gets the ledger's daily anchor; none: nobody
    anchor_mail: tuple[str, ...] = variable(casts.listed, ())
    # the security monitor's syslog receiver; empty: nothing is sent
    atna_host: str = variable(str, "")
    atna_port: int = variable(casts.port, 6514)
    # files: who signed its certificate, and our own certificate with its key
    atna_ca: str = variable(str, "")
    atna_cert: str = variable(str, "")
    atna_key: str = variable(str, "")
    # who may tell of them; none: nobody
    client_certificate_proxies: tuple[str, ...] = variable(casts.networks, ())
    # how far the clocks of an assertion's issuer and ours may differ
    xua_skew_seconds: float = variable(casts.number, 60.0)
    # an assertion that is valid for longer is refused
    xua_longest_hours: float = variable(casts.positive_number, 12.0)
    # where the Patient Data Repository takes documents; empty: not known
    pdr_url: str = variable(casts.web_address, "")
    test_pdr_url: str = variable(casts.web_address, "")
    pdr_secret: str = variable(str, "")

    # the claim aud of the citizen service's assertions
    citizen_audience: str = variable(str, "urn:idr:citizen-api")
    # one that is valid for longer is refused
    citizen_assertion_seconds: float = variable(casts.positive_number, 300.0)
    # how far its clock and ours may differ
    citizen_skew_seconds: float = variable(casts.number, 30.0)
    # what new objects are written to: files or s3
    vault_store: str = variable(casts.store, "files")
    s3_endpoint: str = variable(casts.address, "")  # empty: Amazon's
    s3_region: str = variable(str, "eu-north-1")
    s3_bucket: str = variable(str, Follows(_bucket))
    s3_prefix: str = variable(str, "")
    s3_access_key: str = variable(str, "")
    s3_secret_key: str = variable(str, "")
    s3_addressing: str = variable(casts.addressing, "auto")
    free_bytes_warning: int = variable(casts.whole_number, 10 << 30)
    verify_bytes_per_second: int = variable(casts.positive_whole_number, 20 << 20)
    # from the end of one round to the beginning of the next
    verify_rest_hours: float = variable(casts.number, 24.0)
    # worked out anew by a survey
    retention_studies_per_second: int = variable(casts.positive_whole_number, 300)
    # for the rest of a study of which a part was corrected
    correction_patience_hours: float = variable(casts.number, 1.0)
    # by which browsers reach the portal, for links in mails; empty: no links
    public_url: str = variable(casts.web_address, Follows(_behind_proxy))
    # where OpenTelemetry spans go, over HTTP; empty: nowhere
    otlp_endpoint: str = variable(casts.address, "", key="OTEL_EXPORTER_OTLP_ENDPOINT")
    # by which heartbeats know this machine's processes
    machine: str = variable(str, Follows(lambda known: socket.gethostname()[:40]))
    # what this process is, for its log lines; empty: a command by hand
    process: str = variable(str, "")

    @property
    def vault_dir(self) -> Path:
        return self.data_dir / "vault"

    @property
    def evidence_dir(self) -> Path:
        return self.data_dir / "evidence"

    @property
    def anchors_dir(self) -> Path:
        return self.data_dir / "anchors"

    @property
    def retired_dir(self) -> Path:
        return self.data_dir / "retired"

    def repository_url(self, environment: str) -> str:
        return self.pdr_url if environment == "production" else self.test_pdr_url

    def ae_title(self, environment: str) -> str:
        return self.ae_production if environment == "production" else self.ae_test

    def hl7_processing(self, environment: str) -> tuple[str, ...]:
        production = environment == "production"
        return self.hl7_processing_production if production else self.hl7_processing_test


def _environment() -> dict[str, str]:
    """The process's variables, and those of the running system for what is not set. Raises
    ConfigError.
    """
    given = dict(os.environ)
    if "DATABASE_URL" in given:
        return given
    return {**_of_running(Path(given.get("DATA_DIR") or ROOT / "var") / "run.json"), **given}


def _of_running(run_file: Path) -> dict[str, str]:
    """Raises ConfigError."""
    try:
        kept: dict[str, str] = json.loads(run_file.read_text())["env"]
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(
            f"{run_file} cannot be read ({error.strerror}): give the command as the user whose "
            "archive it is, with its DATA_DIR"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{run_file} is not as ./run writes it: stop the system and start it again"
        ) from None
    return kept


def read(values: Mapping[str, str]) -> Config:
    """Build the settings from variables. Raises ConfigError."""
    known: dict[str, Any] = {}
    for each in fields(Config):
        how: Variable = each.metadata["variable"]
        known[each.name] = how.read(each.name, values, known)
    return Config(**known)


@cache
def settings() -> Config:
    """The settings of this process."""
    return read(_environment())
