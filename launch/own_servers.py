"""Servers that the operator runs: asked before anything is begun, so that one sentence tells of a
wrong address.
"""

import os

from kombu import Connection
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as NobodyThere
from redis.exceptions import TimeoutError as NoAnswer

from archive import reaching
from archive.config import Config
from launch.errors import LaunchError
from launch.plan import Plan

SECONDS = 2.0
HURRY = {"socket_timeout": SECONDS, "socket_connect_timeout": SECONDS, "max_retries": 0}


def check_database(plan: Plan, config: Config) -> None:
    """Raises LaunchError. The owner's role is asked where it is going to be used."""
    _check_folder(config.database_dir)
    roles = {"DATABASE_URL": config.database_url}
    if plan.brings_up_to_date and plan.given.get("DATABASE_OWNER_URL"):
        roles["DATABASE_OWNER_URL"] = config.database_owner_url
    for key, url in roles.items():
        if wrong := reaching.database(url):
            raise LaunchError(
                f"{key} does not lead into a database ({wrong}). Start that PostgreSQL, or mend "
                "the address, role or password, and start again."
            )


def _check_folder(folder: str) -> None:
    """Raises LaunchError: a disk that cannot be looked at would count as watched."""
    try:
        if folder:
            os.statvfs(folder)
    except OSError as error:
        raise LaunchError(
            f"DATABASE_DIR: {folder} cannot be looked at ({error.strerror}). Name a folder on the "
            "database's disk, or none where that is another machine's."
        ) from None


def check_broker(url: str) -> str:
    """What to say of one that is away, without which objects are taken in all the same; raises
    LaunchError for one that will never do.
    """
    try:
        options = {"connect_timeout": SECONDS, "transport_options": HURRY}
        with Connection(url, **options) as link:  # type: ignore[no-untyped-call]
            link.ensure_connection(max_retries=1, interval_start=0, timeout=SECONDS)
    except ValueError as error:
        raise LaunchError(
            f"CELERY_BROKER_URL cannot be used ({error}). Mend the address."
        ) from None
    except (OperationalError, OSError) as error:
        told = f"{error}".rstrip(".")
        if isinstance(error, OSError) or _is_away(error):
            return (
                f"! CELERY_BROKER_URL: that Redis does not answer ({told}). What comes is taken in "
                "and waits until it does: start it, or mend the address and start again."
            )
        raise LaunchError(
            f"CELERY_BROKER_URL: that Redis does not let us in ({told}). Mend the password or the "
            "number of its database, and start again."
        ) from None
    return ""


def _is_away(error: OperationalError) -> bool:
    """A password that it does not take is one of redis-py's errors of connections, too."""
    return type(error.__cause__) in (NobodyThere, NoAnswer)
