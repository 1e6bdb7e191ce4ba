"""Our calls to the Patient Data Repository: one document a request, JSON over HTTP. No database
here.
"""

import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

from archive.errors.authorisations import RepositoryRejects, RepositoryUnreachable

TIMEOUT = 10.0  # seconds, for connecting and for each answer
FORM = "application/json"


def put_authorisation(url: str, secret: str, document_oid: str, version: int, body: Any) -> None:
    """Keep this version as it is now; the same again is no second document.

    Raises RepositoryUnreachable, RepositoryRejects.
    """
    if not url:
        raise RepositoryUnreachable("it has no address here: see PDR_URL")
    request = Request(
        f"{url}/authorisations/{quote(document_oid, safe='')}/{version}",
        data=json.dumps(body, ensure_ascii=False).encode(),
        headers={"Content-Type": FORM, "Authorization": f"Bearer {secret}"},
        method="PUT",
    )
    try:
        # No proxy, and a PUT is never redirected: it goes to the configured address or nowhere.
        with build_opener(ProxyHandler({})).open(request, timeout=TIMEOUT) as answer:
            answer.read(1)
    except HTTPError as failure:
        with failure:
            raise RepositoryRejects(f"answered with status {failure.code}") from None
    except (URLError, HTTPException, OSError) as failure:
        reason = getattr(failure, "reason", failure)
        raise RepositoryUnreachable(f"{url}: {type(reason).__name__}") from None
