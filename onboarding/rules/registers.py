"""How a customer's identifiers and registers follow from its business id."""

from archive.models import RegisterType, Sector


def default_register_type(sector: str) -> RegisterType:
    """Code system 1.2.246.537.5.40150: a public controller keeps register 2, a private one register
    3.
    """
    return RegisterType.PUBLIC if sector == Sector.PUBLIC else RegisterType.PRIVATE
