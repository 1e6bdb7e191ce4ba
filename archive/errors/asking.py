"""Queries of customers' systems, and where they have studies sent."""

from archive.errors.base import NotFound, Unacceptable


class IdentifierMismatch(Unacceptable):
    comment = "identifier does not match the SOP class"


class QueryTooBroad(Unacceptable):
    code = "A700"
    comment = "more matches than are given, narrow the query"


class DestinationUnknown(NotFound):
    code = "A801"
    comment = "move destination is not configured"
