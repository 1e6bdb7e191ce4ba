"""Terms and service description: read and accepted by a customer, published by the staff."""

from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from archive.actors import Actor
from archive.errors import ArchiveError, NotFound
from archive.values import today
from onboarding.errors import ActorUnfit
from onboarding.models import Acceptance, TermsDocument, TermsKind
from onboarding.queries import file as queries
from onboarding.queries import terms as all_terms
from onboarding.rules import road
from onboarding.services import terms as services
from onboarding.services.terms import Texts
from portal.forms.joining import AcceptForm, PublishForm
from portal.lists.cells import State
from portal.lists.customers import TERMS, Version
from portal.pages import BY_NAME
from portal.staff import Request, page
from portal.views import lists
from portal.views.joining.opened import Opened, blame, open_file, show

TEXTS = ("text_fi", "text_sv", "text_en")


def in_language(document: TermsDocument) -> str:
    """The text in the reader's language."""
    return str(getattr(document, f"text_{(get_language() or 'fi')[:2]}", document.text_fi))


def _document(document_id: UUID) -> TermsDocument:
    found = TermsDocument.objects.filter(id=document_id).first()
    if found is None:
        raise NotFound()
    return found


# --- a customer's ---------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@page("joining-file")
def accept(request: Request, actor: Actor, organisation_id: UUID, word: str) -> HttpResponseBase:
    """The version in force with its whole text, and who has accepted it."""
    opened = open_file(request, organisation_id)
    if word not in TermsKind.values:
        raise Http404
    row = next(each for each in queries.terms(opened.organisation) if each.kind == word)
    if request.method != "POST":
        return _show(request, opened, row, _form(opened, row))
    if not opened.is_customer_admin:
        raise ActorUnfit()
    form = AcceptForm(request.POST)
    if form.is_valid():
        try:
            services.accept(
                opened.actor,
                _document(form.cleaned_data["document"]),
                opened.organisation,
                authority=form.cleaned_data["authority"],
            )
        except ArchiveError as error:
            blame(form, error, is_staff=opened.is_staff)
        else:
            messages.success(request, _("The acceptance is kept."))
            return redirect("joining-file", organisation_id)
    return _show(request, opened, row, form)


def _form(opened: Opened, row: queries.TermsRow) -> AcceptForm | None:
    """For the customer's administrator, while the version waits to be accepted."""
    waits = row.document is not None and row.acceptance is None
    if not waits or not opened.is_customer_admin or opened.joining.state in road.OVER:
        return None
    return AcceptForm(initial={"document": row.document.id if row.document else None})


def _show(
    request: Request, opened: Opened, row: queries.TermsRow, form: AcceptForm | None
) -> HttpResponse:
    earlier = Acceptance.objects.filter(
        organisation=opened.organisation, document__kind=row.kind
    ).select_related("document")
    context = {
        "title": row.kind.label,
        "row": row,
        "form": form,
        "text": in_language(row.document) if row.document else "",
        "coming": in_language(row.next_document) if row.next_document else "",
        "earlier": earlier.order_by("-accepted_at"),
    }
    return show(request, "joining/terms.html", opened, context)


# --- the staff's ----------------------------------------------------------------------------------


def _trail() -> list[tuple[str, str]]:
    return [(_("Joining"), reverse("joining")), (_("Terms"), reverse("terms-versions"))]


@require_safe
@page("terms-versions")
def versions(request: Request, actor: Actor) -> HttpResponseBase:
    """Every version, with how many have accepted it and how many have not."""
    words = {
        "page_title": _("Terms"),
        "title": _("Terms and service description"),
        "say": _("A new version is accepted anew by every customer."),
        "publishes": BY_NAME["terms-publish"].may_open(actor.roles),
        "trail": _trail()[:1],
    }
    opened, part = _opened_by(request, actor, request.GET), "joining/_terms_versions.html"
    return lists.answer(request, actor, TERMS, opened, part, lambda _rows: words)


def _opened_by(_request: Request, _actor: Actor, _query: QueryDict) -> lists.Opened[Version]:
    """All of them, whatever is asked."""
    return lists.Opened(Form(), [_listed(each) for each in all_terms.versions()])


def _listed(version: all_terms.Version) -> Version:
    row = version.document
    return Version(
        row,
        f"{capfirst(row.get_kind_display())} {row.version}",
        _standing(row, is_in_force=version.is_in_force),
        version.accepted,
        version.missing,
    )


def _standing(row: TermsDocument, *, is_in_force: bool) -> State:
    if row.valid_from > today():
        return State("wait", _("to come"))
    return State("done", _("in force")) if is_in_force else State("stop", _("replaced"))


@require_safe
@page("terms-versions")
def version(request: Request, actor: Actor, document_id: UUID) -> HttpResponse:
    """One version: who has accepted it with what authority, and who has not."""
    document = _document(document_id)
    accepted = Acceptance.objects.filter(document=document).select_related("organisation")
    around = lists.around(request, actor, TERMS, _opened_by, document)
    context = {
        "document": document,
        "standing": _standing(document, is_in_force=services.in_force(document.kind) == document),
        "text": in_language(document),
        "accepted": accepted.order_by("-accepted_at"),
        "missing": services.not_accepted(document).select_related("joining"),
        **around,
        "trail": [*_trail()[:1], (_("Terms"), around["back"])],
    }
    return render(request, "joining/terms_version.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page("terms-publish")
def publish(request: Request, actor: Actor) -> HttpResponseBase:
    form = PublishForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        try:
            document = services.publish(
                actor,
                TermsKind(told["kind"]),
                version=told["version"],
                valid_from=told["valid_from"],
                texts=Texts(told["text_fi"], told["text_sv"], told["text_en"]),
            )
        except ArchiveError as error:
            blame(form, error, is_staff=True)
        else:
            messages.success(request, _("The version is published, and the contacts are told."))
            return redirect("terms-version", document.id)
    context = {"form": form, "trail": _trail()}
    status = 422 if form.is_bound else 200
    return render(request, "joining/terms_publish.html", context, status=status)
