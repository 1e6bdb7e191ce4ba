"""The law as pure functions: facts in, decision out. No database, no clock."""
