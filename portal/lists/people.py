"""The operator's own people."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.queries.staff import Colleague
from portal.lists.cells import State, When
from portal.lists.columns import Column, Listing


def _roles(each: Colleague) -> str:
    return ", ".join(str(role.label) for role in each.roles)


def _state(each: Colleague) -> State:
    return State("done", _("open")) if each.user.is_active else State("stop", _("closed"))


def _factor(each: Colleague) -> State | None:
    if each.factors:
        return State("done", _("in use"))
    return State("needs", _("none")) if each.user.is_active else None


PEOPLE = Listing[Colleague](
    name="people",
    url_name="people",
    pages=("people",),
    detail="person",
    key=lambda each: each.user.id,
    columns=(
        Column(
            "person",
            gettext_lazy("Person"),
            lambda each: each.name,
            under=(Column("email", gettext_lazy("E-mail address"), lambda each: each.user.email),),
            sortable=True,
        ),
        Column("roles", gettext_lazy("Roles"), _roles, sortable=True),
        Column(
            "state",
            gettext_lazy("State"),
            _state,
            under=(
                Column(
                    "demo",
                    gettext_lazy("Kind"),
                    lambda each: _("demo account") if each.user.is_demo else "",
                ),
            ),
            sortable=True,
        ),
        Column("factor", gettext_lazy("Second factor"), _factor, sortable=True),
        Column(
            "last",
            gettext_lazy("Last signed in"),
            lambda each: When(each.user.last_login),
            sortable=True,
        ),
    ),
)
