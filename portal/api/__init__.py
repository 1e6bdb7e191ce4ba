"""The HTTP API: JSON in and out, failures as problem details (RFC 9457)."""
