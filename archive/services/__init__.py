"""Use cases: each a function that does one thing in one transaction, whoever asks."""
