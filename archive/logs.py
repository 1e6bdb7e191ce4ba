"""Log lines for operators: modules call `logging.getLogger(__name__)`, and what they and the
libraries say comes out alike, as one JSON object a line, or as text for a terminal.

What happened to material stands in the ledger. Here stands nobody: values that have a person's
code in them lose it, keys that could name one are dropped, exceptions tell where and never what.
"""

import logging
import logging.config
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any
from uuid import UUID

import structlog

from archive import conversation
from archive.config import settings
from archive.values import without_codes

Event = MutableMapping[str, Any]
Processor = structlog.typing.Processor

# Of keys the letters and digits alone are compared: PatientID is patient_id.
UNTOLD = frozenset(
    """address args assertion authorization birthdate birthday body citizen content cookie data
    dataset email givenname familyname hetu hl7 identifier kwargs message name otherpatientids
    password patient patientid patientname payload person personid personalidentitycode phone
    pid query raw secret sex ssn subject token username""".split()
)
# These print values of data sets and assertions, a patient's among them, and letters of names.
SILENT = ("fontTools", "fpdf", "pydicom", "pynetdicom", "signxml")
ORDER = ("time", "level", "event", "process", "correlation_id", "connection", "organisation")


def configuration() -> dict[str, Any]:
    """For `logging.config`. A terminal reads lines, everything else JSON."""
    shown = _for_people() if sys.stderr.isatty() else _for_programs()
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [structlog.stdlib.ExtraAdder()],
        "processors": [
            _of_record,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _only_places,
            _without_persons,
            _circumstances,
            *shown,
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "filters": {"speaks": {"()": lambda: _speaks}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["speaks"],
            }
        },
        "loggers": {
            **{name: {"level": "CRITICAL"} for name in SILENT},
            "celery": {"level": "WARNING"},  # else each task of each second
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
    }


def _speaks(record: logging.LogRecord) -> bool:
    """pydicom sets the level of its logger itself, when it is imported after ours was."""
    return record.name.split(".")[0] not in SILENT or record.levelno >= logging.CRITICAL


def hush() -> None:
    """Warnings of the libraries that read objects quote values; pynetdicom leaves sockets lying."""
    for name in SILENT:
        warnings.filterwarnings("ignore", module=name)


def set_up(given: dict[str, Any] | None = None) -> None:
    """For the whole process, once it runs: also of what nobody caught and of warnings."""
    logging.config.dictConfig(given or configuration())
    logging.captureWarnings(True)
    hush()
    if settings().process:
        sys.excepthook = _uncaught
        threading.excepthook = _uncaught_in_thread


def places(raised: BaseException) -> Iterator[str]:
    """A traceback without the exception's text, source lines or values: they may name a patient."""
    trace = raised.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        yield f"  {code.co_filename}:{trace.tb_lineno} {code.co_name}\n"
        trace = trace.tb_next
    cause = raised.__cause__ or raised.__context__
    if cause is not None:
        yield f"  from {type(cause).__name__}\n"
        yield from places(cause)


# --- what a line is made of -----------------------------------------------------------------------


def _of_record(logger: Any, method: str, event: Event) -> Event:
    record: logging.LogRecord = event["_record"]
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    facts = {"time": at, "level": method, "logger": record.name, "process_id": record.process}
    return {**event, **facts}


def _only_places(logger: Any, method: str, event: Event) -> Event:
    """An exception as its class and where it was raised; what it says is left out, also where a
    library repeats it.
    """
    event.pop("stack_info", None)
    raised = (event.pop("exc_info", None) or (None, None, None))[1]
    if raised is not None and _is_of_no_database(raised):
        said = event["event"].partition(" raised ")[0].partition("\n")[0]
        event["event"], event["level"] = f"{said}: the database does not answer", "warning"
    elif raised is not None:
        event["exception"] = f"{type(raised).__name__}\n{''.join(places(raised))}"
        event["event"] = _without_texts(event["event"], raised)
    return event


def _is_of_no_database(raised: BaseException | None) -> bool:
    """Nobody could connect: where that was is no news, and each who misses it says so again and
    again. psycopg keeps the connection that failed; it is not imported here for the clock's sake.
    """
    while raised is not None:
        if getattr(raised, "pgconn", None) is not None:
            return True
        raised = raised.__cause__
    return False


def _without_texts(said: str, raised: BaseException | None) -> str:
    while raised is not None:
        if text := str(raised).strip():
            said = said.replace(text, "…")
        raised = raised.__cause__ or raised.__context__
    return said


def _without_persons(logger: Any, method: str, event: Event) -> Event:
    return {key: _told(value) for key, value in event.items() if _is_told(key, value)}


def _is_told(key: str, value: object) -> bool:
    plain = "".join(letter for letter in key.lower() if letter.isalnum())
    return plain not in UNTOLD and isinstance(value, _PLAIN)


_PLAIN = (str, int, float, UUID, date, Mapping, list, tuple, type(None))


def _told(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _told(each) for key, each in value.items() if _is_told(str(key), each)}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_told(each) for each in value if isinstance(each, _PLAIN)]
    if isinstance(value, str):
        return without_codes(value)
    return str(value) if isinstance(value, (UUID, date)) else value


def _circumstances(logger: Any, method: str, event: Event) -> Event:
    """When, where, in which conversation and with whom; the first words of each line."""
    here = conversation.current()
    about = {
        "correlation_id": here.id if here else None,
        "connection": here.connection if here else None,
        "organisation": here.organisation if here else None,
    }
    first = {"process": settings().process or "command"}
    first |= {key: str(value) for key, value in about.items() if value is not None}
    line = {**event, **first}
    return {key: line[key] for key in dict.fromkeys((*ORDER, *line)) if key in line}


def _for_programs() -> list[Processor]:
    return [structlog.processors.JSONRenderer(ensure_ascii=False)]


def _for_people() -> list[Processor]:
    return [structlog.dev.ConsoleRenderer(timestamp_key="time", sort_keys=False)]


# --- what nobody caught ---------------------------------------------------------------------------


def _uncaught(
    kind: type[BaseException], raised: BaseException, trace: TracebackType | None
) -> None:
    logging.getLogger("archive").critical("ends", exc_info=(kind, raised, trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None and given.exc_type is not SystemExit:
        _uncaught(given.exc_type, given.exc_value, given.exc_traceback)
