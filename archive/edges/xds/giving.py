"""Handlers of the services that give and take documents and images: decode, one service call,
encode; and the answer when the call fails.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from lxml import etree

from archive.config import settings
from archive.edges.edge import as_archive_error, reply_for
from archive.edges.xds import client, codec, images, mtom, retrieving, soap
from archive.edges.xds.handlers import Call
from archive.edges.xds.mtom import Included
from archive.edges.xds.replies import PROVIDE, RETRIEVE, TABLE
from archive.edges.xds.retrieving import Failure, Sent
from archive.errors import ArchiveError
from archive.errors.retrieval import DocumentUnknown
from archive.objects.retrieving import Problem, Wanted
from archive.services import documents_given, images_given, provided
from archive.services.asking import home_urn
from archive.services.documents_given import Chosen

DICOM = "application/dicom"


@dataclass(frozen=True, slots=True)
class Answer:
    """A body, the documents it includes, and what the desk is to know of those it does not."""

    body: etree._Element
    documents: Sequence[Included] = ()
    problems: Sequence[Problem] = ()
    close: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Ready:
    """One document that can go."""

    chosen: Chosen
    document: Included


# --- ITI-43, ITI-39 -------------------------------------------------------------------------------


def retrieve_documents(call: Call) -> Answer:
    """Fetched where they are another's, then written down, then given."""
    wanted = retrieving.decode_documents(call.message.body)
    chosen, problems = documents_given.choose(call.asking, wanted)
    with ExitStack() as opened:
        ready, missing = _ready(call, chosen, opened)
        going, withdrawn = documents_given.release(call.asking, [each.chosen for each in ready])
        problems = [*problems, *missing, *withdrawn]
        included = {each.chosen: each.document for each in ready}
        sent = [
            Sent(
                each.wanted,
                each.document.mime_type,
                included[each].content_id,
                home_of(call, each.wanted),
            )
            for each in going
        ]
        return Answer(
            retrieving.encode_retrieved(sent, failures(call, problems)),
            [included[each] for each in going],
            problems,
            opened.pop_all().close,
        )


def home_of(call: Call, wanted: Wanted) -> str:
    """A gateway's answer names the community of each; else it is told to whoever named it."""
    return home_urn() if call.through_gateway else wanted.home


def failures(call: Call, problems: Sequence[Problem]) -> list[Failure]:
    location = home_urn() if call.through_gateway else ""
    return [
        Failure(
            reply_for(RETRIEVE, each.error),
            f"{each.wanted.unique_id[:128]}: {each.error.detail}",
            location,
        )
        for each in problems
    ]


def _ready(
    call: Call, chosen: Sequence[Chosen], opened: ExitStack
) -> tuple[list[Ready], list[Problem]]:
    """Those whose content is at hand, and as it was registered."""
    elsewhere = [each for each in chosen if each.is_elsewhere]
    fetched, failed = _fetched(call, elsewhere, opened)
    ready: list[Ready] = []
    problems: list[Problem] = []
    for each in chosen:
        try:
            if failed is not None and each.is_elsewhere:
                raise failed
            content = _content(each, fetched)
            included = Included(mtom.new_content_id(), each.document.mime_type, content)
            ready.append(Ready(each, included))
        except Exception as raised:
            problems.append(Problem(each.wanted, as_archive_error(raised)))
    return ready, problems


def _fetched(
    call: Call, elsewhere: Sequence[Chosen], opened: ExitStack
) -> tuple[Mapping[str, mtom.Attachment], ArchiveError | None]:
    """From the Patient Data Repository, all in one call; or why it gives nothing."""
    if not elsewhere:
        return {}, None
    url = settings().repository_url(call.actor.environment)
    wanted = [Wanted(each.wanted.repository, each.wanted.unique_id) for each in elsewhere]
    try:
        fetched = client.fetch(url, settings().pdr_secret, wanted)
    except ArchiveError as error:
        return {}, error
    opened.callback(fetched.close)
    return fetched.documents, None


def _content(
    chosen: Chosen, fetched: Mapping[str, mtom.Attachment]
) -> Callable[[], Iterable[bytes]]:
    """Raises DocumentUnknown, ContentDiffers, InstanceUnknown, BytesDamaged."""
    if not chosen.is_elsewhere:
        data = documents_given.content(chosen.document)
        return lambda: (data,)
    attachment = fetched.get(chosen.wanted.unique_id)
    if attachment is None:
        raise DocumentUnknown("the Patient Data Repository does not give it")
    documents_given.require_as_registered(chosen.document, attachment.chunks())
    return attachment.chunks


# --- RAD-69, RAD-75 -------------------------------------------------------------------------------


def retrieve_images(call: Call) -> Answer:
    """Written down, then given, object after object as the peer takes them."""
    request = retrieving.decode_images(call.message.body)
    chosen, problems = images_given.choose(call.asking, request)
    with ExitStack() as opened:
        ready, unmade = images.ready(call.asking, chosen, opened)
        going, withdrawn = images_given.release(call.asking, [each.chosen for each in ready])
        problems = [*problems, *unmade, *withdrawn]
        contents = {each.chosen.wanted: each.content for each in ready}
        included = [Included(mtom.new_content_id(), DICOM, contents[each.wanted]) for each in going]
        sent = [
            Sent(each.wanted, DICOM, part.content_id, home_of(call, each.wanted))
            for each, part in zip(going, included, strict=True)
        ]
        body = retrieving.encode_retrieved(sent, failures(call, problems))
        return Answer(body, included, problems, opened.pop_all().close)


# --- ITI-41, RAD-68, ITI-86 -----------------------------------------------------------------------


def provide_documents(call: Call) -> Answer:
    submitted, contents = retrieving.decode_provided(call.message.body, call.received)
    submission = codec.decode_submission(submitted)
    call.asker.require_patients([submission.submission_set.patient])
    provided.provide(
        call.actor,
        submission,
        contents,
        environment=call.actor.environment,
        message_id=call.message.message_id,
        correlation_id=call.correlation_id,
    )
    return Answer(codec.encode_registered())


def remove_documents(call: Call) -> Answer:
    removed, problems = provided.remove(
        call.actor,
        retrieving.decode_documents(call.message.body),
        correlation_id=call.correlation_id,
    )
    body = retrieving.encode_outcome(bool(removed), failures(call, problems))
    return Answer(body, problems=problems)


HANDLERS: Mapping[str, Callable[[Call], Answer]] = {
    soap.PROVIDE: provide_documents,
    soap.RETRIEVE: retrieve_documents,
    soap.REMOVE_DOCUMENTS: remove_documents,
    soap.GATEWAY_RETRIEVE: retrieve_documents,
    soap.RETRIEVE_IMAGES: retrieve_images,
    soap.GATEWAY_IMAGES: retrieve_images,
}


def code_of(action: str, error: ArchiveError) -> str:
    """The errorCode of what could not be done, of one document or of all."""
    if action != soap.PROVIDE:
        return reply_for(RETRIEVE, error)
    kind = next(each for each in type(error).__mro__ if each in PROVIDE or each in TABLE)
    return PROVIDE.get(kind) or TABLE[kind].register


def refusal(call: Call, error: ArchiveError) -> Answer:
    """The answer to a request of which nothing could be done."""
    action = call.message.action
    code = code_of(action, error)
    if action == soap.PROVIDE:
        return Answer(codec.encode_registered((code, error.detail)))
    location = home_urn() if call.through_gateway else ""
    told = [Failure(code, error.detail, location)]
    if action == soap.REMOVE_DOCUMENTS:
        return Answer(retrieving.encode_outcome(False, told))
    return Answer(retrieving.encode_retrieved((), told))
