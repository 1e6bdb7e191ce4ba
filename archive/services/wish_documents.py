"""Form documents of the Patient Data Repository: each is recorded once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from archive import locks
from archive.errors.wishes import WishDocumentReused
from archive.models import WishDocument


@dataclass(frozen=True, slots=True)
class FormDocument:
    """A form document by its id, and a digest of what it says."""

    oid: str
    digest: bytes

    @classmethod
    def of(cls, oid: str, content: Mapping[str, Any]) -> "FormDocument":
        """`content` holds no identity code but the patient's, which stands in clear beside it: from
        a digest that is kept, any other could be guessed.
        """
        text = json.dumps(content, sort_keys=True, default=str)
        return cls(oid, hashlib.sha256(text.encode()).digest())


def known(environment: str, form: FormDocument) -> UUID | None:
    """The statement that this document was recorded as. Holds the id for the caller's transaction.

    Raises WishDocumentReused.
    """
    locks.hold(f"wish {environment} {form.oid}")
    row = WishDocument.objects.filter(environment=environment, document_oid=form.oid).first()
    if row is None:
        return None
    if bytes(row.content_digest) != form.digest:
        raise WishDocumentReused(facts={"field": "document_oid"})
    return row.statement_id


def keep(environment: str, form: FormDocument, statement_id: UUID, at: datetime) -> None:
    WishDocument.objects.create(
        environment=environment,
        document_oid=form.oid,
        content_digest=form.digest,
        statement_id=statement_id,
        received_at=at,
    )
