"""DICOM objects as bytes: pure, without sockets and without a database."""
