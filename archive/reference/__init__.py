"""The dated rows that a new database begins with; from then on they are data, changed by people."""
