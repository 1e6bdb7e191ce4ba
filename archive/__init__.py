"""The archive engine: patients, studies, protocols. Knows no HTML."""
