"""Reads about customers: the list, the pipeline, one customer's file, the public list."""

from onboarding.queries.customers import (
    Counts,
    CustomerRow,
    alphabet_key,
    connections,
    counts,
    customer_rows,
    customers,
    customers_of,
    people,
    registers,
)

__all__ = [
    "Counts",
    "CustomerRow",
    "alphabet_key",
    "connections",
    "counts",
    "customer_rows",
    "customers",
    "customers_of",
    "people",
    "registers",
]
