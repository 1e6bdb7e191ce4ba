"""One exchange: fresh connections, one kind of error, no patient in the log (NF-3)."""

import errno
import logging

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection, connections

from archive import errors
from archive.edges.dicom.replies import REJECTIONS
from archive.edges.dicom.replies import TABLE as DICOM
from archive.edges.edge import correlation, exchange, reply_for
from archive.values import uuid7


@pytest.fixture(autouse=True)
def no_connection_is_left_over() -> None:
    """Of a test before; an exchange would look after it."""
    connections.close_all()


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (errors.AccessionMissing(), errors.AccessionMissing),
        (OperationalError(), errors.DatabaseGone),
        (InterfaceError(), errors.DatabaseGone),
        (psycopg.OperationalError(), errors.DatabaseGone),
        (OSError(errno.ENOSPC, "full"), errors.StorageFull),
        (OSError(errno.EROFS, "read-only"), errors.StorageGone),
        (OSError(errno.EACCES, "no"), errors.Broken),
        (KeyError("010181-900C"), errors.Broken),
    ],
)
def test_whatever_is_raised_leaves_as_one_of_the_families(
    raised: Exception, expected: type[errors.ArchiveError]
) -> None:
    with pytest.raises(expected), exchange():
        raise raised


def test_the_log_says_where_but_never_who(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(errors.Broken), exchange():
        raise KeyError("010181-900C")
    assert "test_edge.py" in caplog.text and "KeyError" in caplog.text
    assert "010181-900C" not in caplog.text


def test_an_exchange_has_an_id_inside_and_none_outside() -> None:
    given = uuid7()
    with exchange(given) as inside:
        assert inside == given == correlation.get()
    assert correlation.get() is None


@pytest.mark.usefixtures("fresh_database")
def test_a_connection_that_died_is_replaced_by_the_next_exchange() -> None:
    with pytest.raises(errors.DatabaseGone), exchange(), connection.cursor() as cursor:
        connection.connection.close()
        cursor.execute("SELECT 1")
    with exchange(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.parametrize("table", [DICOM, REJECTIONS], ids=["statuses", "rejections"])
def test_a_table_of_replies_covers_every_family(
    table: dict[type[errors.ArchiveError], object],
) -> None:
    assert set(errors.FAMILIES) <= set(table)
    for error in errors.every_error():
        assert reply_for(table, error()) is not None


def test_statuses_are_those_the_codes_of_the_errors_say() -> None:
    for error in errors.every_error():
        codes = reply_for(DICOM, error())
        try:
            said = int(error.code, 16)
        except ValueError:
            continue  # a code of our own, never a status
        told = (codes.store, codes.find, codes.move, codes.commitment)
        assert said in told, error.__name__
