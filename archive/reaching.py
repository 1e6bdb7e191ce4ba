"""Why the database lets nobody in, in one sentence. No message of PostgreSQL's holds a password."""

import psycopg

SECONDS = 5  # as portal.settings gives a connection


def database(url: str) -> str:
    """Empty when it lets us in."""
    try:
        with psycopg.connect(url, connect_timeout=SECONDS):
            return ""
    except psycopg.Error as error:
        return said(error)


def refusal(error: BaseException) -> str:
    """Of what a command ended with; empty when that is something else."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, psycopg.Error):
        cause = cause.__cause__ or cause.__context__  # Django wraps it, sometimes twice
    if isinstance(cause, psycopg.errors.InsufficientPrivilege):
        return f"PostgreSQL does not let this role do that ({said(cause)})"
    if isinstance(cause, psycopg.OperationalError) and cause.pgconn is not None:
        return f"The database lets nobody in ({said(cause)})"
    return ""


def said(error: psycopg.Error) -> str:
    """Its first line: the others are of the same host by other ways, or guesses."""
    first = next(iter(str(error).splitlines()), type(error).__name__)
    return " ".join(first.removeprefix("connection failed: ").split()).rstrip(".")
