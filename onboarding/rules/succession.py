"""What stands in the way of a register's passing to a successor (ON-8)."""

from enum import StrEnum


class Obstacle(StrEnum):
    SAME = "same"  # A is its own successor
    SUCCESSOR = "successor"  # the successor is not in production
    IN_USE = "in-use"  # A's use has not ended before that day
    REGISTERS = "registers"  # A has none
    PLANNED = "planned"  # a succession is planned already
