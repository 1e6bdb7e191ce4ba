"""Who may see what: patients' state, why, rules of access, clients of the citizen API."""
