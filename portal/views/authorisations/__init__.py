"""Purchased-service authorisations: orders, assignments, follow-up (AC-3)."""
