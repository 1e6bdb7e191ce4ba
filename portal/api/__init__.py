"""The HTTP API: what the portal does, for other systems (NF-7)."""
