"""Syslog to a security monitor: RFC 5424 messages over TLS, RFC 5425."""
