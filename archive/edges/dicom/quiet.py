"""pynetdicom and pydicom write identifiers of people into their logs by default; nothing of ours
may.
"""

from pynetdicom import _config

from archive import logs


def keep_identifiers_out_of_logs() -> None:
    """For a process that talks DICOM; what went wrong stands on the desk and in the trace
    instead.
    """
    _config.LOG_REQUEST_IDENTIFIERS = False
    _config.LOG_RESPONSE_IDENTIFIERS = False
    _config.LOG_HANDLER_LEVEL = "none"
    logs.hush()
