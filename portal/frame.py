"""What the frame of a page shows: rail, environment, person. Asked only when a template draws
it.
"""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from archive.config import settings
from archive.models import Environment
from archive.queries import overview, reviews
from portal.pages import BY_NAME, Group, rail
from portal.staff import Person, enter, person_of


@dataclass(frozen=True, slots=True)
class EnvironmentWord:
    value: str
    word: str
    current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    person: Person | None = None
    environment: str = ""
    environments: tuple[EnvironmentWord, ...] = ()
    rail: tuple[Group, ...] = ()
    rail_path: str = "/"
    search_url: str = ""
    studies_url: str = ""
    idle_seconds: int = 0  # after which nobody is signed in any more


@dataclass(frozen=True, slots=True)
class Reached:
    """How people reach the operator."""

    support_email: str
    support_phone: str
    joining_email: str

    @property
    def dialled(self) -> str:
        return "".join(sign for sign in self.support_phone if sign.isdigit() or sign == "+")


def frame(request: HttpRequest) -> dict[str, object]:
    """Context processor: `frame` and `operator` in every template."""
    return {"frame": SimpleLazyObject(lambda: _frame(request)), "operator": _operator()}


def _operator() -> Reached:
    config = settings()
    return Reached(config.support_email, config.support_phone, config.joining_email)


def _frame(request: HttpRequest) -> Frame:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Frame()
    if not hasattr(request, "person"):  # a page without a door: an error, an account page
        enter(request, person_of(user), "")
    person: Person = request.person  # type: ignore[attr-defined]
    environment: str = request.environment  # type: ignore[attr-defined]
    current: str = request.page  # type: ignore[attr-defined]
    counts = {}
    if BY_NAME["desk"].may_open(person.roles):
        counts["desk"] = overview.open_case_count(environment)
    if BY_NAME["review"].may_open(person.roles):
        counts["review"] = reviews.open_count(person.actor(), environment)
    groups = rail(person.roles, current, counts)
    here = [link.url for group in groups for link in group.links if link.current]
    return Frame(
        person=person,
        environment=environment,
        environments=tuple(
            EnvironmentWord(each.value, str(each.label), each.value == environment)
            for each in Environment
        ),
        rail=groups,
        rail_path=here[0] if here else "/",
        search_url=_open_url("search", person),
        studies_url=_open_url("studies", person),
        idle_seconds=settings().session_idle_seconds,
    )


def _open_url(name: str, person: Person) -> str:
    """The page's address, when this person may open it."""
    row = BY_NAME[name]
    return row.url if row.may_open(person.roles) else ""
