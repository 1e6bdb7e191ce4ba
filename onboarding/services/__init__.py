"""Use cases of a customer's road: taken into use, connected, its people named."""
