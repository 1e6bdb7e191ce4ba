"""Forms: what people type, as the values that services and queries take."""
