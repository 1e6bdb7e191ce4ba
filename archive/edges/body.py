"""The body of an HTTP request, also of one whose length was not told."""

from django.http import HttpRequest

from archive.objects.multipart import Read


def body_of(request: HttpRequest) -> Read:
    """Where the body ends that comes chunked is known to the server alone: Django takes it for
    empty.
    """
    if not request.META.get("CONTENT_LENGTH") and request.META.get("wsgi.input_terminated"):
        chunked: Read = request.META["wsgi.input"].read
        return chunked
    return request.read
