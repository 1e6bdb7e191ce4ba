"""What can go wrong over HTTP alone; under the families of `base`.

Malformed      RequestUnclear, MultipartBroken
Unacceptable   StudyMismatch, RequestTooLarge
Unsupported    NotAcceptable, MediaTypeUnsupported
Refused        ProxyUntrusted, ClientCertificateWrong
"""

from archive.errors.base import Malformed, Refused, Unacceptable, Unsupported


class RequestUnclear(Malformed):
    code = "HTTP"
    comment = "a parameter of the request cannot be understood"


class MultipartBroken(Malformed):
    code = "HTTP"
    comment = "body is no multipart message, or ends too early"


class StudyMismatch(Unacceptable):
    comment = "object is of another study than the address names"
    offending = (0x0020000D,)


class RequestTooLarge(Unacceptable):
    code = "HTTP"
    comment = "request is larger than is taken"


class NotAcceptable(Unsupported):
    code = "HTTP"
    comment = "object cannot be given in any form that is accepted"


class MediaTypeUnsupported(Unsupported):
    code = "HTTP"
    comment = "body is of a media type that is not taken"


class ProxyUntrusted(Refused):
    code = "HTTP"
    comment = "a certificate is told of by somebody else than the proxy"


class ClientCertificateWrong(Refused):
    code = "HTTP"
    comment = "certificate is not the one of this connection"
