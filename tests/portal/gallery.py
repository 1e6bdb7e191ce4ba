"""A page with every component once: what the accessibility journey looks at, and what a template
author copies from.
"""

from datetime import timedelta
from pathlib import Path

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.utils.translation import gettext_lazy as _

from archive.values import now
from portal import plots
from portal.entries import Entry

TEMPLATE = Path(__file__).with_name("gallery.html")
UID = "1.2.246.10.9000000.1.2026112200417"


class Filters(forms.Form):
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", "–"), ("open", "open")]
    )
    since = forms.DateField(
        label="Since", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    text = forms.CharField(label="Text", required=False)


class Reason(forms.Form):
    reason = forms.CharField(label="Reason", help_text="Case number or who asked.", max_length=200)
    sure = forms.BooleanField(label="I have checked the patient")


def entries() -> list[Entry]:
    at = now() - timedelta(hours=30)
    hours = timedelta(hours=2, minutes=24)
    return [
        Entry(
            at, "DICOM", "212 images stored by ESIM_PACS, 111 MB", "0000", timedelta(seconds=4.1)
        ),
        Entry(
            at + timedelta(seconds=6),
            "DICOM",
            "Commitment reported: all 212",
            took=timedelta(seconds=0.6),
        ),
        Entry(
            at + timedelta(seconds=9),
            "Registration",
            "Waits for the examination note",
            shape="wait",
        ),
        Entry(
            at + hours,
            "XDS",
            "Manifest registered: 2 series",
            "Success",
            timedelta(milliseconds=52),
            raw="<a/>",
        ),
        Entry(
            now(),
            "IAN",
            "Confirmation not delivered, 8 tries",
            shape="needs",
            cause="Its listener is down or moved.",
            step="Tell the technical contact, or change the address.",
            move="the customer’s",
            case_number="E-1042",
            case_url="#",
        ),
    ]


def show(request: HttpRequest) -> HttpResponse:
    wrong = Reason({})
    wrong.auto_id = "id_wrong_%s"
    states = (
        ("registered", "registered"),
        ("waiting_for_documents", "waiting"),
        ("failed", "failed"),
    )
    context = {
        "form": Filters({"state": "open"} | request.GET.dict()),
        "reason_form": Reason(),
        "wrong_form": wrong,
        "entries": entries(),
        "studies": [
            {
                "name": f"AA1AD Pään TT {n}",
                "state": state,
                "word": word,
                "uid": f"{UID}.{n}",
                "images": 212,
                "at": now(),
            }
            for n, (state, word) in enumerate(states)
        ],
        "at": now(),
        "took": timedelta(hours=2, minutes=24),
        "pairs": [("Modality", "CT"), ("Images", "212")],
        "hours": plots.by_hour("h", "By hour", list(range(24)), [0] * 20 + [3] * 4),
        "ages": plots.ages(
            "a", "Ages", [("< 1 h", 3, False), ("< 24 h", 0, False), ("longer", 9, True)]
        ),
    }
    return HttpResponse(
        engines["django"].from_string(TEMPLATE.read_text()).render(context, request)
    )
