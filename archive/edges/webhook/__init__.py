"""Our calls to the receivers of webhooks."""
