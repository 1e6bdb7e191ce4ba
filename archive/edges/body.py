"""The body of an HTTP request, also of one whose length was not told, or that never comes."""

from django.http import HttpRequest

from archive.config import settings
from archive.objects.multipart import Read


def be_patient(request: HttpRequest) -> None:
    """A caller that neither sends nor takes anything for so long is gone: of a machine that lost
    its power nothing else would be heard, and it would hold one of the few threads for ever.
    """
    socket = request.META.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(settings().dicom_timeout)


def body_of(request: HttpRequest) -> Read:
    """Where the body ends that comes chunked is known to the server alone: Django takes it for
    empty.
    """
    if not request.META.get("CONTENT_LENGTH") and request.META.get("wsgi.input_terminated"):
        chunked: Read = request.META["wsgi.input"].read
        return chunked
    return request.read
