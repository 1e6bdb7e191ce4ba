"""Settings, typed and read once. A bad value stops the process with the name of its key.

`manage.py` and every process find the running system by DATA_DIR: what `./run` wrote to
DATA_DIR/run.json under `env` fills in for variables that are not set.
"""

import json
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
OPERATOR_OID = "1.2.246.10.2462460"


class ConfigError(Exception):
    """A setting is missing or cannot be read; the message names it and what it should be."""


@dataclass(frozen=True, slots=True)
class Config:
    data_dir: Path
    demo: bool
    secret_key: str
    database_url: str  # the application's role: owns no table
    database_owner_url: str  # the owner's role: migrations only
    broker_url: str
    web_host: str
    web_port: int
    allowed_hosts: tuple[str, ...]
    https: bool
    dicom_host: str
    dicom_port: int
    dicom_processes: int
    dicom_max_associations: int
    dicom_max_object_bytes: int
    dicom_timeout: float
    hl7_host: str
    dicom_tls_port: int  # 0: none
    dicom_tls_certificate: str  # PEM files: ours with its chain,
    dicom_tls_key: str  # its key when that is not in the same file,
    dicom_tls_ca: str  # and the issuers whose certificates we trust
    dicom_find_limit: int  # matches that one C-FIND is answered with
    dicom_find_seconds: float  # that the database may spend on one
    stow_max_request_bytes: int  # of all objects of one DICOMweb request
    hl7_port: int
    hl7_processes: int
    hl7_max_connections: int
    hl7_max_message_bytes: int
    hl7_timeout: float  # seconds for a message to be whole, once begun
    hl7_idle: float  # seconds for which a connection may bring nothing
    hl7_application: str
    hl7_test_application: str
    hl7_facility: str
    hl7_versions: tuple[str, ...]
    hl7_processing_production: tuple[str, ...]  # MSH-11
    hl7_processing_test: tuple[str, ...]
    hl7_certificate: str  # of the listener, with its chain: its port then speaks TLS
    hl7_key: str
    hl7_client_ca: str  # who issues customers' certificates: TLS is then mutual
    hl7_messages_kept_days: int
    soap_messages_kept_days: int  # of those that changed the registry
    soap_queries_kept_days: int  # of all others
    ae_production: str
    ae_test: str
    production_takes_test_patients: bool
    quiet_seconds: float
    backoff_ceiling_seconds: float
    notice_tries: int
    documents_late_hours: float
    operator_oid: str
    home_community: str
    document_repository: str
    manifest_repository: str
    imaging_source: str
    mail_dir: Path
    free_bytes_floor: int
    evidence_max_bytes: int
    pass_opens_production: bool  # else an officer does
    oidc_server: str  # of an OpenID provider; empty: nobody signs on by one
    oidc_client_id: str
    oidc_client_secret: str
    oidc_name: str  # as the sign-in page calls it
    oidc_api_issuer: str  # whose access tokens the API takes; empty: none
    oidc_api_audience: str  # as its tokens call the API
    oidc_api_keys: str  # address of its keys; empty: as its discovery says
    oidc_api_roles: str  # claim that narrows a person's roles; empty: none does
    anchor_mail: tuple[str, ...]  # who gets the ledger's daily anchor; none: nobody
    atna_host: str  # the security monitor's syslog receiver; empty: nothing is sent
    atna_port: int
    atna_ca: str  # files: who signed its certificate, and our own certificate with its key
    atna_cert: str
    atna_key: str
    client_certificate_proxies: tuple[str, ...]  # who may tell of them; none: nobody
    xua_skew_seconds: float  # how far the clocks of an assertion's issuer and ours may differ
    xua_longest_hours: float  # an assertion that is valid for longer is refused
    pdr_url: str  # where the Patient Data Repository takes documents; empty: not known
    test_pdr_url: str
    pdr_secret: str

    def repository_url(self, environment: str) -> str:
        return self.pdr_url if environment == "production" else self.test_pdr_url

    citizen_audience: str  # the claim aud of the citizen service's assertions
    citizen_assertion_seconds: float  # one that is valid for longer is refused
    citizen_skew_seconds: float  # how far its clock and ours may differ
    vault_store: str  # what new objects are written to: files or s3
    s3_endpoint: str  # empty: Amazon's
    s3_region: str
    s3_bucket: str
    s3_prefix: str
    s3_access_key: str
    s3_secret_key: str
    s3_addressing: str
    free_bytes_warning: int
    verify_bytes_per_second: int
    verify_rest_hours: float  # from the end of one round to the beginning of the next
    correction_patience_hours: float  # for the rest of a study of which a part was corrected
    public_url: str  # by which browsers reach the portal, for links in mails; empty: no links
    otlp_endpoint: str  # where OpenTelemetry spans go, over HTTP; empty: nowhere
    process: str  # what this process is, for its log lines; empty: a command by hand

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

    def ae_title(self, environment: str) -> str:
        return self.ae_production if environment == "production" else self.ae_test

    def hl7_processing(self, environment: str) -> tuple[str, ...]:
        production = environment == "production"
        return self.hl7_processing_production if production else self.hl7_processing_test


def _flag(text: str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    return words[text.strip().lower()]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _networks(text: str) -> tuple[str, ...]:
    """Addresses and networks, in normal form."""
    return tuple(str(ip_network(each)) for each in _listed(text))


def _store(text: str) -> str:
    return {"files": "files", "s3": "s3"}[text.strip().lower()]


def _web_address(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError(text)
    return text


class Reader:
    """Reads named values from a mapping and says which one is wrong."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def get(self, key: str, cast: Callable[[str], T], default: T | None = None) -> T:
        text = self.values.get(key)
        if text is None or text == "":
            if default is None:
                raise ConfigError(
                    f"{key} is not set: start the system with ./run, or set it yourself"
                )
            return default
        try:
            return cast(text)
        except (ValueError, KeyError):
            raise ConfigError(f"{key} cannot be read as {cast.__name__.strip('_')}") from None


def _environment() -> dict[str, str]:
    """The process's variables, and those of the running system for what is not set."""
    given = dict(os.environ)
    data_dir = Path(given.get("DATA_DIR") or ROOT / "var")
    run_file = data_dir / "run.json"
    if "DATABASE_URL" not in given and run_file.is_file():
        given = {**json.loads(run_file.read_text())["env"], **given}
    return given


def read(values: Mapping[str, str]) -> Config:
    """Build the settings from variables. Raises ConfigError."""
    reader = Reader(values)
    get = reader.get
    demo = get("DEMO", _flag, False)
    data_dir = Path(get("DATA_DIR", str, str(ROOT / "var"))).resolve()
    database_url = get("DATABASE_URL", str)
    web_host = get("WEB_HOST", str, "127.0.0.1")
    return Config(
        data_dir=data_dir,
        demo=demo,
        secret_key=get("SECRET_KEY", str),
        database_url=database_url,
        database_owner_url=get("DATABASE_OWNER_URL", str, database_url),
        broker_url=get("CELERY_BROKER_URL", str),
        web_host=web_host,
        web_port=get("WEB_PORT", int, 8000),
        allowed_hosts=tuple(
            get("ALLOWED_HOSTS", str, f"{web_host},127.0.0.1,localhost").split(",")
        ),
        https=get("HTTPS", _flag, False),
        dicom_host=get("DICOM_HOST", str, "127.0.0.1"),
        dicom_port=get("DICOM_PORT", int, 11112),
        dicom_processes=get("DICOM_PROCESSES", int, 2),
        dicom_max_associations=get("DICOM_MAX_ASSOCIATIONS", int, 100),
        dicom_max_object_bytes=get("DICOM_MAX_OBJECT_BYTES", int, 8 << 30),
        dicom_timeout=get("DICOM_TIMEOUT", float, 60.0),
        hl7_host=get("HL7_HOST", str, get("DICOM_HOST", str, "127.0.0.1")),
        dicom_tls_port=get("DICOM_TLS_PORT", int, 0),
        dicom_tls_certificate=get("DICOM_TLS_CERTIFICATE", str, ""),
        dicom_tls_key=get("DICOM_TLS_KEY", str, ""),
        dicom_tls_ca=get("DICOM_TLS_CA", str, ""),
        dicom_find_limit=get("DICOM_FIND_LIMIT", int, 10_000),
        dicom_find_seconds=get("DICOM_FIND_SECONDS", float, 10.0),
        stow_max_request_bytes=get("STOW_MAX_REQUEST_BYTES", int, 64 << 30),
        hl7_port=get("HL7_PORT", int, 2575),
        hl7_processes=get("HL7_PROCESSES", int, 2),
        hl7_max_connections=get("HL7_MAX_CONNECTIONS", int, 100),
        hl7_max_message_bytes=get("HL7_MAX_MESSAGE_BYTES", int, 1 << 20),
        hl7_timeout=get("HL7_TIMEOUT", float, 30.0),
        hl7_idle=get("HL7_IDLE", float, 3600.0),
        hl7_application=get("HL7_APPLICATION", str, "KANTA"),
        hl7_test_application=get("HL7_TEST_APPLICATION", str, "KANTATEST"),
        hl7_facility=get("HL7_FACILITY", str, "KELA"),
        hl7_versions=get("HL7_VERSIONS", _listed, ("2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6")),
        hl7_processing_production=get("HL7_PROCESSING_PRODUCTION", _listed, ("P",)),
        hl7_processing_test=get("HL7_PROCESSING_TEST", _listed, ("T", "D", "P")),
        hl7_certificate=get("HL7_CERTIFICATE", str, ""),
        hl7_key=get("HL7_KEY", str, ""),
        hl7_client_ca=get("HL7_CLIENT_CA", str, ""),
        hl7_messages_kept_days=get("HL7_MESSAGES_KEPT_DAYS", int, 730),
        soap_messages_kept_days=get("SOAP_MESSAGES_KEPT_DAYS", int, 730),
        soap_queries_kept_days=get("SOAP_QUERIES_KEPT_DAYS", int, 30),
        ae_production=get("AE_PRODUCTION", str, "KANTA"),
        ae_test=get("AE_TEST", str, "KANTATEST"),
        production_takes_test_patients=get("PRODUCTION_TAKES_TEST_PATIENTS", _flag, demo),
        quiet_seconds=get("QUIET_SECONDS", float, 5.0 if demo else 60.0),
        backoff_ceiling_seconds=get("BACKOFF_CEILING_SECONDS", float, 10.0 if demo else 600.0),
        notice_tries=get("NOTICE_TRIES", int, 8),
        documents_late_hours=get("DOCUMENTS_LATE_HOURS", float, 24.0),
        operator_oid=get("OPERATOR_OID", str, OPERATOR_OID),
        home_community=get("HOME_COMMUNITY", str, f"{OPERATOR_OID}.1"),
        document_repository=get("DOCUMENT_REPOSITORY", str, f"{OPERATOR_OID}.40"),
        manifest_repository=get("MANIFEST_REPOSITORY", str, f"{OPERATOR_OID}.42"),
        imaging_source=get("IMAGING_SOURCE", str, f"{OPERATOR_OID}.43"),
        mail_dir=Path(get("MAIL_DIR", str, str(data_dir / "mail"))),
        free_bytes_floor=get("FREE_BYTES_FLOOR", int, 256 << 20),
        evidence_max_bytes=get("EVIDENCE_MAX_BYTES", int, 20 << 20),
        pass_opens_production=get("PASS_OPENS_PRODUCTION", _flag, False),
        oidc_server=get("OIDC_SERVER", str, ""),
        oidc_client_id=get("OIDC_CLIENT_ID", str, ""),
        oidc_client_secret=get("OIDC_CLIENT_SECRET", str, ""),
        oidc_name=get("OIDC_NAME", str, "OpenID Connect"),
        oidc_api_issuer=get("OIDC_API_ISSUER", str, ""),
        oidc_api_audience=get("OIDC_API_AUDIENCE", str, "urn:idr:api"),
        oidc_api_keys=get("OIDC_API_KEYS", str, ""),
        oidc_api_roles=get("OIDC_API_ROLES", str, ""),
        anchor_mail=tuple(filter(None, get("ANCHOR_MAIL", str, "").replace(" ", "").split(","))),
        atna_host=get("ATNA_HOST", str, ""),
        atna_port=get("ATNA_PORT", int, 6514),
        atna_ca=get("ATNA_CA", str, ""),
        atna_cert=get("ATNA_CERT", str, ""),
        atna_key=get("ATNA_KEY", str, ""),
        client_certificate_proxies=get("CLIENT_CERTIFICATE_PROXIES", _networks, ()),
        xua_skew_seconds=get("XUA_SKEW_SECONDS", float, 60.0),
        xua_longest_hours=get("XUA_LONGEST_HOURS", float, 12.0),
        pdr_url=get("PDR_URL", str, "").rstrip("/"),
        test_pdr_url=get("TEST_PDR_URL", str, "").rstrip("/"),
        pdr_secret=get("PDR_SECRET", str, ""),
        citizen_audience=get("CITIZEN_AUDIENCE", str, "urn:idr:citizen-api"),
        citizen_assertion_seconds=get("CITIZEN_ASSERTION_SECONDS", float, 300.0),
        citizen_skew_seconds=get("CITIZEN_SKEW_SECONDS", float, 30.0),
        vault_store=get("VAULT_STORE", _store, "files"),
        s3_endpoint=values.get("S3_ENDPOINT", ""),
        s3_region=get("S3_REGION", str, "eu-north-1"),
        s3_bucket=values.get("S3_BUCKET", ""),
        s3_prefix=values.get("S3_PREFIX", ""),
        s3_access_key=values.get("S3_ACCESS_KEY", ""),
        s3_secret_key=values.get("S3_SECRET_KEY", ""),
        s3_addressing=get("S3_ADDRESSING", str, "auto"),
        free_bytes_warning=get("FREE_BYTES_WARNING", int, 10 << 30),
        verify_bytes_per_second=get("VERIFY_BYTES_PER_SECOND", int, 20 << 20),
        verify_rest_hours=get("VERIFY_REST_HOURS", float, 24.0),
        correction_patience_hours=get("CORRECTION_PATIENCE_HOURS", float, 1.0),
        public_url=get("PUBLIC_URL", _web_address, "").rstrip("/"),
        otlp_endpoint=get("OTEL_EXPORTER_OTLP_ENDPOINT", str, ""),
        process=get("PROCESS", str, ""),
    )


@cache
def settings() -> Config:
    """The settings of this process."""
    return read(_environment())
