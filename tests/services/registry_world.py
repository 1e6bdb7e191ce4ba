"""A small registry: two customers' documents of one patient, in submission sets and a folder."""

from dataclasses import dataclass

from archive.actors import Actor
from archive.objects.queries import Found, StoredQuery
from archive.services import discovery
from tests.edges.xds import messages
from tests.edges.xds.messages import APND, APPROVED, HAS_MEMBER, Binder, Paper
from tests.services import xds_cast
from tests.services.test_discovery import asked
from tests.services.xds_cast import Cast

DEPRECATED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated"
MATTI = "'010181-900C^^^&1.2.246.21&ISO'"
IN_FORCE = f"('{APPROVED}')"


@dataclass
class World:
    """Oulu's note and image in a folder, where Turku's note is too; Oulu's old note was replaced,
    and an appendix goes with the new one.
    """

    cast: Cast
    old: Paper
    note: Paper
    image: Paper
    appendix: Paper
    turkus: Paper
    binder: Binder

    def ask(self, name: str, *parameters: tuple[str, str], actor: Actor | None = None) -> Found:
        query = parse(name, *parameters)
        asker = actor or self.cast.oulu.consumer.actor
        many = name.endswith("MultiplePatients")
        whole = discovery.leaves(asker, query, environment="production", many=many)
        ids = discovery.references(asker, query, environment="production", many=many)
        assert sorted(ids) == sorted(every_id(whole)), "references and whole objects differ"
        return whole

    def turku(self, name: str, *parameters: tuple[str, str]) -> Found:
        return self.ask(name, *parameters, actor=self.cast.turku.consumer.actor)

    def entries(self, found: Found) -> set[str]:
        """Names of the papers among what was found."""
        return {name for name in NAMES for each in found.entries if self.uuid(name) == each.uuid}

    def uuid(self, name: str) -> str:
        paper: Paper = getattr(self, name)
        return paper.entry


NAMES = ("old", "note", "image", "appendix", "turkus")


def parse(name: str, *parameters: tuple[str, str]) -> StoredQuery:
    return asked(list(parameters), f"urn:uuid:{messages.QUERIES[name]}")


def every_id(found: Found) -> list[str]:
    return [
        *(each.uuid for each in found.entries),
        *(each.id for each in (*found.sets, *found.folders, *found.links)),
    ]


def build() -> World:
    cast = xds_cast.assemble()
    old = xds_cast.paper(cast)
    note = xds_cast.paper(cast, replaces=old.entry)
    image = xds_cast.paper(cast, kind="report", event="GD1AA", confidentiality="1")
    appendix = xds_cast.paper(cast, kind="request")
    turkus = xds_cast.paper(cast, controller=cast.turku.register.controller_oid)
    binder = Binder()
    xds_cast.register(cast, old)
    xds_cast.register(cast, note, image, more=messages.filed(note, binder, note, image))
    xds_cast.register(cast, appendix, more=messages.association(APND, appendix.entry, note.entry))
    link = messages.urn()
    into_folder = messages.association(HAS_MEMBER, binder.entry, turkus.entry, id=link)
    belongs = messages.association(HAS_MEMBER, turkus.submission, link)
    xds_cast.register(cast, turkus, more=into_folder + belongs)
    return World(cast, old, note, image, appendix, turkus, binder)


def uuids(*papers: Paper | Binder) -> str:
    return "(" + ",".join(f"'{paper.entry}'" for paper in papers) + ")"
