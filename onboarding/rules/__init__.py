"""The rules of a customer's road, from facts alone."""

from onboarding.rules.registers import default_register_type

__all__ = ["default_register_type"]
