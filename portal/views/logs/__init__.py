"""The logs for those who review them; every look at a log is itself logged (LG-1, LG-3, LG-5)."""
