"""What programs come with and are told: tokens of the API, webhooks and what is sent to them."""

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from archive.models import ApiToken, Webhook, WebhookDelivery
from archive.queries.keyset import Key, moment
from archive.values import civil_day
from portal.advice import told
from portal.lists.cells import Act, Code, Press, State, Value, When, lines
from portal.lists.columns import Column, Listing, acts

NEWEST = (Key("made_at", moment, True), Key("id", UUID, True))


@dataclass(frozen=True, slots=True)
class Held:
    row: ApiToken
    is_live: bool


def _hint(each: Held) -> str:
    return _("by the sign-on provider") if each.row.external_id else f"{each.row.hint}…"


def _holder(each: Held) -> str:
    row = each.row
    if row.organisation:
        return row.organisation.name
    return (row.user.get_full_name() or row.user.get_username()) if row.user else ""


def _as(each: Held) -> str:
    if not each.row.organisation:
        return ""
    return f"{each.row.get_role_display()}, {each.row.get_environment_display()}"


def _standing(each: Held) -> State:
    if each.is_live:
        return State("done", _("in use"))
    return State("stop", _("revoked") if each.row.revoked_at else _("ended"))


def _scopes(each: Held) -> str:
    told = _("as each access token says") if each.row.external_id and each.row.user else ""
    return " ".join(filter(None, (told, ", ".join(each.row.scopes))))


def _used(each: Held) -> Value:
    return When(each.row.last_used_at, "brief") if each.row.last_used_at else _("never")


def _revoke(each: Held) -> Act | None:
    if not each.is_live:
        return None
    return Act(_("Revoke"), reverse("token-revoke", args=[each.row.id]), each.row.name)


TOKENS = Listing[Held](
    name="tokens",
    url_name="tokens",
    pages=("tokens",),
    key=lambda each: each.row.id,
    columns=(
        Column(
            "name",
            gettext_lazy("Name"),
            lambda each: each.row.name,
            under=(Column("hint", gettext_lazy("Beginning"), _hint),),
        ),
        Column(
            "holder",
            gettext_lazy("Holder"),
            _holder,
            under=(Column("as", gettext_lazy("Role"), _as),),
        ),
        Column("state", gettext_lazy("State"), _standing),
        Column("scopes", gettext_lazy("What it may be used for"), _scopes),
        Column("used", gettext_lazy("Last used"), _used),
        Column(
            "until",
            gettext_lazy("Good until"),
            lambda each: civil_day(each.row.expires_at),
        ),
        Column(
            "made",
            gettext_lazy("Made"),
            lambda each: When(each.row.made_at),
            under=(Column("by", gettext_lazy("Made by"), lambda each: each.row.made_by_name),),
            order=NEWEST,
            shown=False,
        ),
        acts(_revoke),
    ),
)


@dataclass(frozen=True, slots=True)
class Called:
    """A webhook, its last call, and whether the reader speaks for whose it is."""

    row: Webhook
    last: WebhookDelivery | None
    is_bound: bool


def _state(each: Called) -> State:
    if each.row.is_on:
        return State("done", _("on"))
    return State("needs", _("switched off"))


def _why_off(each: Called) -> str:
    return "" if each.row.is_on else _("its receiver did not answer")


def _last(each: Called) -> When | None:
    last = each.last
    return When(last.delivered_at or last.at, "brief") if last else None


def _error(each: Called) -> str:
    return _failure(each.last) if each.last else ""


def _failure(row: WebhookDelivery) -> str:
    return "" if row.delivered_at else told(row.last_reason, row.last_error)


def _deliveries(each: Called) -> Act:
    query = urlencode({"webhook": each.row.id})
    return Act(_("Deliveries"), f"{reverse('webhook-deliveries')}?{query}", each.row.name)


def _acts(each: Called) -> Value:
    row = each.row
    if not each.is_bound:
        return ""
    end = Act(_("End"), reverse("webhook-end", args=[row.id]), row.name)
    if row.is_on:
        return end
    on = Press(_("Switch on"), reverse("webhook-on", args=[row.id]), row.name)
    return lines((on, end))


WEBHOOKS = Listing[Called](
    name="webhooks",
    url_name="webhooks",
    pages=("webhooks",),
    key=lambda each: each.row.id,
    columns=(
        Column(
            "name",
            gettext_lazy("Name"),
            lambda each: each.row.name,
            under=(Column("url", gettext_lazy("Address"), lambda each: each.row.url),),
        ),
        Column(
            "state",
            gettext_lazy("State"),
            _state,
            under=(Column("why", gettext_lazy("Reason"), _why_off),),
        ),
        Column(
            "events",
            gettext_lazy("What it is told of"),
            lambda each: ", ".join(each.row.events),
        ),
        Column(
            "last",
            gettext_lazy("Last call"),
            _last,
            under=(Column("error", gettext_lazy("Error"), _error),),
        ),
        Column("calls", gettext_lazy("Deliveries"), _deliveries, page_only=True),
        acts(_acts),
    ),
)


def _delivered(row: WebhookDelivery) -> State:
    if row.delivered_at:
        return State("done", _("delivered"))
    return State("needs", _("failed")) if row.last_error else State("wait", _("waiting"))


DELIVERIES = Listing[WebhookDelivery](
    name="webhook-deliveries",
    url_name="webhook-deliveries",
    pages=("webhooks",),
    key=lambda row: row.id,
    columns=(
        Column("event", gettext_lazy("Event"), lambda row: Code(row.event)),
        Column("webhook", gettext_lazy("Webhook"), lambda row: row.webhook.name),
        Column(
            "state",
            gettext_lazy("State"),
            _delivered,
            under=(Column("error", gettext_lazy("Error"), _failure),),
        ),
        Column("at", gettext_lazy("Happened"), lambda row: When(row.at)),
        Column("delivered", gettext_lazy("Delivered"), lambda row: When(row.delivered_at)),
        Column("tries", gettext_lazy("Tries"), lambda row: row.tries, css="num"),
    ),
)
