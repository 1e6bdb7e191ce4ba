"""Pages about programs that work with the archive over its API."""
