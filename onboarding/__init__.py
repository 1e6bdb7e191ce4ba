"""A customer's road in and out of the service."""
