"""Pages about how interfaces fare, and about alarms."""
