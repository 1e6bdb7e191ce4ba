"""Documents on their way out: which may go, where their content is, and the log's word before they
leave (XD-3, LG-1).

In two steps, since an edge may have to fetch a content between them: `choose` finds what the asker
may see, `release` decides once more and writes down what goes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from archive import gate, vault
from archive.config import settings
from archive.errors import ArchiveError, BytesDamaged
from archive.errors.retrieval import ContentDiffers, DocumentUnknown, RepositoryUnknown
from archive.models import Document, DocumentKind, ProvidedDocument
from archive.objects.retrieving import Problem, Wanted
from archive.queries import standing
from archive.rules.access import Action, Decision
from archive.rules.disclosure import What
from archive.services import disclosure
from archive.services.asking import Asking
from archive.services.disclosure import Given
from archive.services.sight import Sight


@dataclass(frozen=True, slots=True)
class Chosen:
    """A document that may be seen, and the request it answers."""

    wanted: Wanted
    document: Document

    @property
    def is_elsewhere(self) -> bool:
        """Its content is the Patient Data Repository's."""
        return self.document.repository_unique_id == settings().document_repository


def choose(asking: Asking, wanted: Sequence[Wanted]) -> tuple[list[Chosen], list[Problem]]:
    """What of it may be seen; the rest, each with its reason. What may not be seen is not there."""
    wanted = list(dict.fromkeys(wanted))
    ids = {each.unique_id for each in wanted}
    rows = Sight(asking.actor, asking.environment).documents().filter(unique_id__in=ids)
    related = ("register__organisation", "patient__survivor", "study")
    found = {row.unique_id: row for row in rows.select_related(*related)}
    chosen, problems = [], []
    for each in wanted:
        try:
            chosen.append(Chosen(each, _found(asking, each, found.get(each.unique_id))))
        except ArchiveError as error:
            problems.append(Problem(each, error))
    return chosen, problems


def wanted_by_id(asking: Asking, document_id: str) -> Wanted:
    """A document by the key of its row, as a retrieval names it. Raises DocumentUnknown."""
    try:
        rows = Sight(asking.actor, asking.environment).documents().filter(id=UUID(document_id))
    except ValueError:
        raise DocumentUnknown() from None
    found = rows.values_list("repository_unique_id", "unique_id").first()
    if found is None:
        raise DocumentUnknown()
    return Wanted(*found)


def _found(asking: Asking, wanted: Wanted, document: Document | None) -> Document:
    """Raises CommunityMissing, CommunityUnknown, RepositoryUnknown, DocumentUnknown."""
    asking.require_home(wanted)
    ours = (settings().manifest_repository, settings().document_repository)
    if wanted.repository not in ours:
        raise RepositoryUnknown()
    if document is None or document.repository_unique_id != wanted.repository:
        raise DocumentUnknown()
    return document


def content(document: Document) -> bytes:
    """Of one that is ours: a manifest, or what a source brought. Raises DocumentUnknown,
    InstanceUnknown, BytesDamaged.
    """
    if document.vault_key:
        digest = bytes.fromhex(document.vault_key)
        data = vault.read_file(document.environment, digest)
        if not vault.is_named(digest, data):
            raise BytesDamaged(facts={"digest": document.vault_key})
        return data
    held = ProvidedDocument.objects.filter(
        environment=document.environment, unique_id=document.unique_id
    ).first()
    if held is None:
        raise DocumentUnknown("the content was removed")
    return bytes(held.content)


def require_as_registered(document: Document, chunks: Iterable[bytes]) -> None:
    """What another holds is given only when it is what was registered. Raises ContentDiffers."""
    found, size = hashlib.sha1(usedforsecurity=False), 0  # ITI TF-3 4.2.3.2.10
    for chunk in chunks:
        found.update(chunk)
        size += len(chunk)
    if found.hexdigest() != document.hash or size != document.size:
        raise ContentDiffers()


def release(asking: Asking, chosen: Sequence[Chosen]) -> tuple[list[Chosen], list[Problem]]:
    """Those that go, written down by now: what cannot be written is not given. The rest was
    withdrawn from sight a moment ago.
    """
    verdicts = gate.decisions(asking.actor, Action.QUERY, [each.document for each in chosen])
    going, problems, items = [], [], []
    for each, verdict in zip(chosen, verdicts, strict=True):
        if verdict.allowed:
            going.append(each)
            items.append(_given(each.document, verdict))
        else:
            problems.append(Problem(each.wanted, DocumentUnknown()))
    if items:
        disclosure.given(
            asking.actor,
            items,
            environment=asking.environment,
            interface=asking.interface,
            message_id=asking.message_id,
            correlation_id=asking.correlation_id,
        )
    return going, problems


def _given(document: Document, verdict: Decision) -> Given:
    manifest = document.kind == DocumentKind.MANIFEST
    return Given(
        ground=verdict.ground,
        fired=verdict.fired,
        register=document.register,
        patient_id=standing.person_id(document.patient),
        what=What.MANIFEST if manifest else What.DOCUMENT,
        study_id=document.study_id,
        document_ids=(document.unique_id,),
        service_event=document.service_event,
        authorisation_id=verdict.authorisation_id,
    )
