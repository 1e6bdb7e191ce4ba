"""How settings are read from their texts: each raises ValueError or KeyError for one that it cannot
be, and is named as the setting should be.
"""

import re
from ipaddress import ip_network
from math import isfinite
from pathlib import Path
from urllib.parse import urlsplit

from archive.values import Oid

DATABASES = ("postgresql", "postgres")
BROKERS = ("redis", "rediss", "redis+socket", "memory")
MAIL_PORTS = {"starttls": 587, "tls": 465, "none": 25}  # RFC 6409, RFC 8314, RFC 5321


def flag(text: str) -> bool:
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


def listed(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def positive_whole_number(text: str) -> int:
    return int(_within(1, int(text)))


def whole_number(text: str) -> int:
    return int(_within(0, int(text)))


def number(text: str) -> float:
    """Of seconds, hours: neither below nought nor without an end."""
    return _within(0, float(text))


def positive_number(text: str) -> float:
    found = number(text)
    if not found:
        raise ValueError(text)
    return found


def _within(least: int, found: float) -> float:
    if not (isfinite(found) and found >= least):
        raise ValueError(found)
    return found


def port(text: str) -> int:
    if not 0 <= int(text) < 65536:
        raise ValueError(text)
    return int(text)


def oid(text: str) -> str:
    return Oid(text)


def application_entity_title(text: str) -> str:
    """PS3.5 section 6.2, AE."""
    if not re.fullmatch(r"(?=.*[^ ])[ -\[\]-~]{1,16}", text):
        raise ValueError(text)
    return text


def address_of_postgresql(text: str) -> str:
    """With the name of the database, and a port that is one."""
    parts = urlsplit(text)
    if parts.scheme not in DATABASES or not parts.path.strip("/") or parts.port == 0:
        raise ValueError(text)
    return text


def address_of_redis(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in BROKERS or parts.port == 0:
        raise ValueError(text)
    return text


def networks(text: str) -> tuple[str, ...]:
    """Addresses and networks, in normal form."""
    return tuple(str(ip_network(each)) for each in listed(text))


def store(text: str) -> str:
    return {"files": "files", "s3": "s3"}[text.strip().lower()]


def addressing(text: str) -> str:
    return {each: each for each in ("auto", "path", "virtual")}[text.strip().lower()]


def mail_security(text: str) -> str:
    word = text.strip().lower()
    MAIL_PORTS[word]
    return word


def web_address(text: str) -> str:
    """Without the stroke at its end."""
    return address(text).rstrip("/")


def address(text: str) -> str:
    """As it was given: with issuers each sign counts."""
    if not text.startswith(("https://", "http://")):
        raise ValueError(text)
    return text


def folder(text: str) -> Path:
    return Path(text).resolve()
